import Foundation

/// MNIST's IDX files (LeCun et al. 1998): two zero bytes, an element type, a number of axes, each axis'
/// length in four big-endian bytes, and the elements; unsigned bytes here.
enum IDXFiles {
  static let imageNames = ["train-images-idx3-ubyte", "train-images.idx3-ubyte"]
  static let labelNames = ["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"]

  static func rows(_ path: String, labels: String?, limits: ReadLimits) throws(DatasetError) -> SampleRows {
    var imagePath = path
    var labelPath = labels
    if FileBytes.isDirectory(path) {
      let present = Set(try FileBytes.names(inFolder: path))
      func find(_ names: [String]) -> String? {
        names.flatMap { [$0, $0 + ".gz"] }.first { present.contains($0) }.map { path + "/" + $0 }
      }
      guard let images = find(imageNames) else {
        throw .unreadable(file: path, reason: "the folder holds no \(imageNames[0]) or \(imageNames[0]).gz")
      }
      imagePath = images
      labelPath = labels ?? find(labelNames)
    }
    let images = try read(imagePath, axes: 3, what: "images", limits: limits)
    var classes: [Int]?
    if let labelPath {
      let array = try read(labelPath, axes: 1, what: "labels", limits: limits)
      guard array.shape[0] == images.shape[0] else {
        throw .malformed(
          .init(file: labelPath),
          problem: "\(array.shape[0]) labels for the \(images.shape[0]) images of \(imagePath)")
      }
      classes = array.values(0..<array.elementCount).map { Int($0) }
    }
    return try SampleRows(array: images, labels: classes, divisor: 255, name: imagePath)
  }

  private static func read(
    _ path: String, axes: Int, what: String, limits: ReadLimits
  ) throws(DatasetError) -> EncodedArray {
    let file = try FileBytes.read(path, limits: limits)
    let isCompressed = file.starts(with: [0x1f, 0x8b])
    let headerLength = 4 + 4 * axes
    // The header says how long the rest is, so a bomb is never inflated.
    let header = isCompressed ? try inflate(file, path, bound: headerLength) : file
    guard header.count >= headerLength else {
      throw .malformed(
        .init(file: path, byteOffset: header.count), problem: "the file ends inside its header")
    }
    guard header[0] == 0, header[1] == 0, header[2] == 0x08, Int(header[3]) == axes else {
      throw .malformed(
        .init(file: path, byteOffset: 0),
        problem: "not an IDX file of \(what): expected bytes 0, 0, 8 (unsigned bytes) and \(axes) (axes)")
    }
    let shape = (0..<axes).map { Int(header.integer(at: 4 + 4 * $0, width: 4, bigEndian: true) ?? 0) }
    guard let count = checkedProduct(shape), count <= limits.maximumBytes else {
      throw .tooLarge(.init(file: path), bytes: checkedProduct(shape), limit: limits.maximumBytes)
    }
    // One more byte than there should be tells whether there is more.
    let bytes = isCompressed ? try inflate(file, path, bound: headerLength + count + 1) : file
    guard bytes.count == headerLength + count,
      let array = EncodedArray(shape: shape, elementType: .uint8, bytes: bytes, start: headerLength)
    else {
      let present = bytes.count - headerLength
      throw .malformed(
        .init(file: path, byteOffset: min(bytes.count, headerLength + count)),
        problem: present < count
          ? "the file ends here: shape \(shape) needs \(count) bytes and \(present) are there"
          : "bytes follow the \(count) of shape \(shape)")
    }
    return array
  }

  private static func inflate(_ file: [UInt8], _ path: String, bound: Int) throws(DatasetError) -> [UInt8] {
    do {
      return try Inflation.inflate(file[...], .gzip, bound: bound).bytes
    } catch {
      throw error.datasetError(path, base: 0)
    }
  }
}
