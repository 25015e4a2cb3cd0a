import CPNG
import CTurboJPEG
import Datasets
import Foundation
import NetworkGraph
import Testing

/// Files as libpng and libjpeg-turbo write them.
private enum ImageFile {
  /// - Parameter pixels: row by row, the channels of a pixel together.
  static func png(_ pixels: [UInt8], width: Int, height: Int, format: UInt32) throws -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = format
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else { throw BadFixture() }
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0 else { throw BadFixture() }
    return Array(bytes.prefix(size))
  }

  /// Grey values of 16 bits, of which the file does not say what they mean.
  static func png(_ values: [UInt16], width: Int, height: Int) throws -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_LINEAR)
    var size = 4096
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, values, 0, nil) != 0 else { throw BadFixture() }
    // Chunks after the signature: length, name, contents, checksum. Optional ones have a lowercase name.
    var (kept, place) = (Array(bytes[..<8]), 8)
    while place < size {
      let end = place + 12 + bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      if bytes[place + 4] < UInt8(ascii: "a") { kept += bytes[place..<end] }
      place = end
    }
    return kept
  }

  static let (grey, red) = (UInt32(0), UInt32(PNG_FORMAT_FLAG_COLOR))
  static let transparent = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)

  static func jpeg(_ pixels: [UInt8], width: Int, height: Int, isGrey: Bool) throws -> [UInt8] {
    guard let encoder = tjInitCompress() else { throw BadFixture() }
    defer { tjDestroy(encoder) }
    var (buffer, size): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    let result = pixels.withUnsafeBufferPointer {
      tjCompress2(
        encoder, $0.baseAddress, Int32(width), 0, Int32(height),
        Int32(isGrey ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), &buffer, &size,
        Int32(isGrey ? TJSAMP_GRAY.rawValue : TJSAMP_444.rawValue), 95, 0)
    }
    defer { tjFree(buffer) }
    guard result == 0, let buffer else { throw BadFixture() }
    return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
  }
}

@Suite struct ImageFolderTests {
  let folder: TemporaryFolder
  init() throws {
    folder = try TemporaryFolder()
    for name in ["cat", "dog"] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/" + name, withIntermediateDirectories: false)
    }
  }

  private func open(_ resolution: ImageResolution? = nil, limits: ReadLimits = .init()) throws -> Dataset {
    try Dataset.open(.images(path: folder.path), resolution: resolution, limits: limits)
  }

  private var message: String? {
    datasetError { _ = try open() }?.description.replacing(folder.path + "/", with: "")
  }

  @Test func pngImagesAreReadExactlyAndNumberedByTheirFolders() throws {
    // Two pixels: (10, 20, 30) and (40, 50, 60).
    let color = try ImageFile.png([10, 20, 30, 40, 50, 60], width: 2, height: 1, format: ImageFile.red)
    let grey = try ImageFile.png([7, 9], width: 2, height: 1, format: ImageFile.grey)
    try folder.write("dog/b.PNG", grey)
    try folder.write("cat/a.png", color)
    try folder.write("cat/notes.txt", [1, 2, 3])
    let dataset = try open()
    #expect(dataset.sampleShape == .maps(channels: 3, height: 1, width: 2))
    let batch = try dataset.batch(count: 2, seed: 0)
    let order = try #require(batch.labels).first == 0
    let images = [batch.values[..<6], batch.values[6...]].map { $0.map { Int(($0 * 255).rounded()) } }
    #expect(images[order ? 0 : 1] == [10, 40, 20, 50, 30, 60])
    #expect(images[order ? 1 : 0] == [7, 9, 7, 9, 7, 9])
  }

  @Test func greyImagesAloneHaveOneChannel() throws {
    for name in ["cat/a.png", "dog/a.png"] {
      try folder.write(name, try ImageFile.png([1, 2, 3, 4], width: 2, height: 2, format: ImageFile.grey))
    }
    try folder.write(
      "dog/b.jpg",
      try ImageFile.jpeg([UInt8](repeating: 90, count: 4), width: 2, height: 2, isGrey: true))
    #expect(try open().sampleShape == .maps(channels: 1, height: 2, width: 2))
  }

  /// A grey image that is met before a coloured one is the same as one after it.
  @Test(arguments: [nil, ImageResolution(height: 2, width: 2)])
  func theOrderOfGreyAndColourDoesNotMatter(resolution: ImageResolution?) throws {
    let grey = try ImageFile.png([1, 2, 3, 4], width: 2, height: 2, format: ImageFile.grey)
    let same = try ImageFile.png(
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], width: 2, height: 2, format: ImageFile.red)
    try folder.write(
      "dog/z.png", try ImageFile.png(Array(0..<12), width: 2, height: 2, format: ImageFile.red))
    try folder.write("cat/a.png", grey)
    let hash = try open(resolution).contentHash
    try folder.write("cat/a.png", same)
    #expect(try open(resolution).contentHash == hash)
  }

  @Test func jpegImagesAreReadCloseToWhatWasWritten() throws {
    var pixels: [UInt8] = []
    for index in 0..<256 { pixels += [UInt8(index % 16 * 10), UInt8(index / 16 * 12), 128] }
    let jpeg = try ImageFile.jpeg(pixels, width: 16, height: 16, isGrey: false)
    // The name does not decide how it is read.
    try folder.write("cat/a.png", jpeg)
    try folder.write("dog/a.jpeg", jpeg)
    let batch = try open().batch(count: 2, seed: 0)
    for channel in 0..<3 {
      for index in 0..<256 {
        let value = Int((batch.values[256 * channel + index] * 255).rounded())
        #expect(abs(value - Int(pixels[3 * index + channel])) < 16)
      }
    }
  }

  @Test func transparentPixelsLieOverBlack() throws {
    let image = try ImageFile.png(
      [200, 100, 50, 0, 200, 100, 50, 255], width: 2, height: 1, format: ImageFile.transparent)
    try folder.write("cat/a.png", image)
    try folder.write("dog/a.png", image)
    let values = try open().batch(count: 1, seed: 0).values.map { Int(($0 * 255).rounded()) }
    #expect(values == [0, 200, 0, 100, 0, 50])
  }

  @Test func sixteenBitsAreReadAsEightAre() throws {
    let values: [UInt16] = [0, 16, 64, 128, 200, 255]
    let wide = try ImageFile.png(values.map { $0 * 257 }, width: 6, height: 1)
    #expect(wide[24] == 16)
    for name in ["cat/a.png", "dog/a.png"] { try folder.write(name, wide) }
    #expect(try open().batch(count: 1, seed: 0).values.map { UInt16(($0 * 255).rounded()) } == values)
  }

  @Test func imagesOfSeveralSizesNeedAResolution() throws {
    let small = try ImageFile.png([8, 8, 8, 8], width: 2, height: 2, format: ImageFile.grey)
    let wide = try ImageFile.png([0, 4, 8, 12], width: 4, height: 1, format: ImageFile.grey)
    try folder.write("cat/a.png", small)
    try folder.write("dog/a.png", wide)
    #expect(
      message
        == "dog/a.png: 1 × 4 pixels where cat/a.png has 2 × 2; `resize: [height, width]` makes them alike")
    let dataset = try open(ImageResolution(height: 1, width: 2))
    let batch = try dataset.batch(count: 2, seed: 0)
    let values: [Int] = batch.values.map { Int(($0 * 255).rounded()) }
    #expect(values == (batch.labels?.first == 1 ? [2, 10, 8, 8] : [8, 8, 2, 10]))
  }

  @Test func whatIsNoWholeImageIsNamed() throws {
    let pixels: [UInt8] = (0..<300).map { UInt8($0 * 7 % 256) }
    let png = try ImageFile.png(pixels, width: 10, height: 10, format: ImageFile.red)
    let jpeg = try ImageFile.jpeg(pixels, width: 10, height: 10, isGrey: false)
    let cases: [(String, [UInt8], String)] = [
      ("dog/a.png", Array(png.dropLast(40)), "dog/a.png: not a whole PNG image: "),
      ("dog/a.jpg", Array(jpeg.dropLast(40)), "dog/a.jpg: not a whole JPEG image: "),
      ("dog/a.png", Array("GIF89a".utf8), "dog/a.png: byte 0: neither a PNG nor a JPEG image"),
      ("dog/a.png", [], "dog/a.png: byte 0: the file is empty"),
      ("dog/a.png", Array(png.prefix(10)), "dog/a.png: not a whole PNG image: "),
    ]
    try folder.write("cat/a.png", png)
    for (name, bytes, words) in cases {
      let path = try folder.write(name, bytes)
      #expect(message?.hasPrefix(words) == true, "\(message ?? "nothing")")
      try FileManager.default.removeItem(atPath: path)
    }
    // Every byte of a PNG is checked, by one checksum or another.
    var damaged = png
    damaged[png.count / 2] ^= 0x10
    try folder.write("dog/a.png", damaged)
    #expect(message?.hasPrefix("dog/a.png: not a whole PNG image: ") == true)
  }

  @Test func foldersWithoutImagesAreNamed() throws {
    try folder.write("cat/a.png", try ImageFile.png([1], width: 1, height: 1, format: ImageFile.grey))
    #expect(message == "dog: cannot be read: the class has no .png, .jpg or .jpeg file")
    let empty = try TemporaryFolder()
    try empty.write("a.png", [])
    #expect(
      datasetError { _ = try Dataset.open(.images(path: empty.path)) }?.description
        == "\(empty.path): cannot be read: the folder holds no folder; expected one for each class")
    #expect(
      datasetError { _ = try Dataset.open(.images(path: empty.path + "/a.png")) }?.description
        .hasSuffix("expected a folder with a folder of images for each class") == true)
  }

  @Test func anImageThatDeclaresMoreThanTheLimitIsNotDecoded() throws {
    let image = try ImageFile.png(
      [UInt8](repeating: 0, count: 1_000_000), width: 1000, height: 1000, format: ImageFile.grey)
    #expect(image.count < 10_000)
    try folder.write("cat/a.png", image)
    let error = datasetError { _ = try open(limits: .init(maximumBytes: 100_000)) }
    #expect(
      error == .tooLarge(.init(file: folder.path + "/cat/a.png"), bytes: 1_000_000, limit: 100_000))
  }
}
