import CPNG
import CTurboJPEG
import NetworkGraph

/// An image of 8-bit pixels, decoded by libpng or libjpeg-turbo.
struct DecodedImage {
  let resolution: ImageResolution
  /// 1 for grey, 3 for red, green and blue.
  let channels: Int
  /// Row by row, the channels of a pixel together.
  let pixels: [UInt8]

  /// Tells the two formats apart by the bytes they begin with, whatever the file is called.
  init(_ bytes: [UInt8], file: String, limits: ReadLimits) throws(DatasetError) {
    if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = try PNGDecoder.image(bytes, file: file, limits: limits)
    } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = try JPEGDecoder.image(bytes, file: file, limits: limits)
    } else {
      throw .malformed(
        .init(file: file, byteOffset: 0),
        problem: bytes.isEmpty ? "the file is empty" : "neither a PNG nor a JPEG image")
    }
  }

  fileprivate init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    resolution = ImageResolution(height: height, width: width)
    self.channels = channels
    self.pixels = pixels
  }

  /// One channel row by row; that of a grey image stands for any.
  func plane(_ channel: Int) -> some Sequence<UInt8> {
    stride(from: min(channel, channels - 1), to: pixels.count, by: channels).lazy.map { pixels[$0] }
  }

  /// Adds a row of one channel to numbers, `weight` times each; that of a grey image stands for any.
  func add(row: Int, ofChannel channel: Int, times weight: Double, to line: inout [Double]) {
    var place = row * resolution.width * channels + min(channel, channels - 1)
    for column in line.indices {
      line[column] += weight * Double(pixels[place])
      place += channels
    }
  }

  /// The bytes of such an image, checked before anything is allocated.
  fileprivate static func byteCount(
    width: Int, height: Int, channels: Int, file: String, limits: ReadLimits
  ) throws(DatasetError) -> Int {
    guard width > 0, height > 0 else {
      throw .malformed(.init(file: file), problem: "an image of \(width) × \(height) pixels")
    }
    let count = checkedProduct([width, height, channels])
    guard let count, count <= limits.maximumBytes, width < 1 << 20, height < 1 << 20 else {
      throw .tooLarge(.init(file: file), bytes: count, limit: limits.maximumBytes)
    }
    return count
  }
}

/// libpng's simplified interface, which reports errors without long jumps. Colours are brought to 8-bit sRGB;
/// transparent pixels lie over black.
private enum PNGDecoder {
  static func image(_ bytes: [UInt8], file: String, limits: ReadLimits) throws(DatasetError) -> DecodedImage {
    // From the first call to the last the library holds the address of the file's bytes.
    let result = bytes.withUnsafeBytes { source in
      Result { () throws(DatasetError) in try image(source, file: file, limits: limits) }
    }
    return try result.get()
  }

  private static func image(
    _ source: UnsafeRawBufferPointer, file: String, limits: ReadLimits
  ) throws(DatasetError) -> DecodedImage {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0 else {
      throw malformed(image, file)
    }
    // Without a gamma of their own, 16-bit values would be taken for amounts of light, unlike 8-bit ones.
    image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    let isColored = image.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
    image.format = isColored ? png_uint_32(PNG_FORMAT_FLAG_COLOR) : 0
    let (width, height, channels) = (Int(image.width), Int(image.height), isColored ? 3 : 1)
    var pixels = [UInt8](
      repeating: 0,
      count: try DecodedImage.byteCount(
        width: width, height: height, channels: channels, file: file, limits: limits))
    let succeeded = pixels.withUnsafeMutableBytes {
      png_image_finish_read(&image, nil, $0.baseAddress, 0, nil)
    }
    guard succeeded != 0 else { throw malformed(image, file) }
    return DecodedImage(width: width, height: height, channels: channels, pixels: pixels)
  }

  private static func malformed(_ image: png_image, _ file: String) -> DatasetError {
    let message = withUnsafeBytes(of: image.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return .malformed(.init(file: file), problem: "not a whole PNG image: \(message)")
  }
}

/// libjpeg-turbo, with its exact inverse cosine transform: the same pixels on every processor.
private enum JPEGDecoder {
  static func image(_ bytes: [UInt8], file: String, limits: ReadLimits) throws(DatasetError) -> DecodedImage {
    guard let decoder = tjInitDecompress() else {
      throw .unreadable(file: file, reason: "libjpeg-turbo could not start")
    }
    defer { tjDestroy(decoder) }
    func malformed() -> DatasetError {
      let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
      return .malformed(.init(file: file), problem: "not a whole JPEG image: \(message)")
    }
    var (width, height, subsampling, colorspace): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let header = bytes.withUnsafeBufferPointer {
      tjDecompressHeader3(
        decoder, $0.baseAddress, UInt($0.count), &width, &height, &subsampling, &colorspace)
    }
    guard header == 0 else { throw malformed() }
    guard colorspace != Int32(TJCS_CMYK.rawValue), colorspace != Int32(TJCS_YCCK.rawValue) else {
      throw .malformed(
        .init(file: file), problem: "a JPEG image of printing inks (CMYK); expected RGB or grey")
    }
    let channels = colorspace == Int32(TJCS_GRAY.rawValue) ? 1 : 3
    let count = try DecodedImage.byteCount(
      width: Int(width), height: Int(height), channels: channels, file: file, limits: limits)
    var pixels = [UInt8](repeating: 0, count: count)
    let format = Int32(channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue)
    let result = bytes.withUnsafeBufferPointer { source in
      pixels.withUnsafeMutableBufferPointer {
        tjDecompress2(
          decoder, source.baseAddress, UInt(source.count), $0.baseAddress, width, 0, height, format,
          Int32(TJFLAG_ACCURATEDCT))
      }
    }
    // A file that is cut short is a warning to the library, which fills the rest with grey.
    guard result == 0 else { throw malformed() }
    return DecodedImage(width: Int(width), height: Int(height), channels: channels, pixels: pixels)
  }
}
