import Foundation

/// CIFAR-10's binary version (Krizhevsky 2009): records of one label byte, from 0 to 9, and 3 × 32 × 32
/// bytes, red, green, blue, each row by row.
enum CIFAR10Files {
  static let imageLength = 3 * 32 * 32
  static let recordLength = imageLength + 1

  static func rows(_ path: String, limits: ReadLimits) throws(DatasetError) -> SampleRows {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    for file in try files(at: path) {
      let bytes = try FileBytes.read(file, limits: limits)
      guard bytes.count % recordLength == 0, !bytes.isEmpty else {
        throw .malformed(
          .init(
            file: file, byteOffset: bytes.count / recordLength * recordLength, row: bytes.count / recordLength
          ),
          problem: bytes.isEmpty
            ? "the file is empty"
            : "\(bytes.count % recordLength) bytes where a record has \(recordLength)")
      }
      guard pixels.count + bytes.count <= limits.maximumBytes else {
        throw .tooLarge(.init(file: path), bytes: pixels.count + bytes.count, limit: limits.maximumBytes)
      }
      pixels.reserveCapacity(pixels.count + bytes.count)
      for start in stride(from: 0, to: bytes.count, by: recordLength) {
        guard bytes[start] < 10 else {
          throw .malformed(
            .init(file: file, byteOffset: start, row: start / recordLength),
            problem: "the label \(bytes[start]); CIFAR-10's are 0 to 9")
        }
        labels.append(Int(bytes[start]))
        pixels += bytes[start + 1..<start + recordLength]
      }
    }
    guard
      let array = EncodedArray(shape: [labels.count, 3, 32, 32], elementType: .uint8, bytes: pixels)
    else { throw .malformed(.init(file: path), problem: "the images do not fill their records") }
    return try SampleRows(array: array, labels: labels, divisor: 255, name: path)
  }

  /// A folder's batches in the order of their names.
  private static func files(at path: String) throws(DatasetError) -> [String] {
    guard FileBytes.isDirectory(path) else { return [path] }
    let batches = try FileBytes.names(inFolder: path).filter {
      $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin")
    }
    guard !batches.isEmpty else {
      throw .unreadable(file: path, reason: "the folder holds no data_batch_*.bin")
    }
    return batches.map { path + "/" + $0 }
  }
}
