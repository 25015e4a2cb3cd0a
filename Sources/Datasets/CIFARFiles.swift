import Foundation

/// CIFAR's binary versions (Krizhevsky 2009): records of one label byte (CIFAR-10, from 0 to 9) or two (CIFAR-100:
/// a superclass from 0 to 19 and a class from 0 to 99), and 3 × 32 × 32 bytes, red, green, blue, each row by row.
struct CIFARFiles {
  /// For messages.
  let name: String
  /// How many values each label byte of a record takes, in their order.
  let labelCounts: [Int]
  /// Which of the label bytes is the class.
  let labelIndex: Int
  /// A folder's files that hold training images.
  let isTrainingFile: @Sendable (String) -> Bool
  /// What those are called, for messages.
  let trainingFiles: String

  static let cifar10 = CIFARFiles(
    name: "CIFAR-10", labelCounts: [10], labelIndex: 0,
    isTrainingFile: { $0.hasPrefix("data_batch_") && $0.hasSuffix(".bin") },
    trainingFiles: "data_batch_*.bin")

  static func cifar100(coarseLabels: Bool) -> CIFARFiles {
    CIFARFiles(
      name: "CIFAR-100", labelCounts: [20, 100], labelIndex: coarseLabels ? 0 : 1,
      isTrainingFile: { $0 == "train.bin" }, trainingFiles: "train.bin")
  }

  private static let imageLength = 3 * 32 * 32
  private var recordLength: Int { labelCounts.count + Self.imageLength }

  func rows(_ path: String, limits: ReadLimits) throws(DatasetError) -> SampleRows {
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
        for (place, count) in labelCounts.enumerated() where Int(bytes[start + place]) >= count {
          let kind = labelCounts.count == 1 ? "label" : place == 0 ? "coarse label" : "fine label"
          throw .malformed(
            .init(file: file, byteOffset: start + place, row: start / recordLength),
            problem: "the \(kind) \(bytes[start + place]); \(name)'s are 0 to \(count - 1)")
        }
        labels.append(Int(bytes[start + labelIndex]))
        pixels += bytes[start + labelCounts.count..<start + recordLength]
      }
    }
    guard
      let array = EncodedArray(shape: [labels.count, 3, 32, 32], elementType: .uint8, bytes: pixels)
    else { throw .malformed(.init(file: path), problem: "the images do not fill their records") }
    return try SampleRows(array: array, labels: labels, divisor: 255, name: path)
  }

  /// A folder's training files in the order of their names.
  private func files(at path: String) throws(DatasetError) -> [String] {
    guard FileBytes.isDirectory(path) else { return [path] }
    let training = try FileBytes.names(inFolder: path).filter(isTrainingFile)
    guard !training.isEmpty else {
      throw .unreadable(file: path, reason: "the folder holds no \(trainingFiles)")
    }
    return training.map { path + "/" + $0 }
  }
}
