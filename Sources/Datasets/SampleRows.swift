import Crypto
import Foundation
import NetworkGraph

/// The samples of a file, encoded, and how a stored number becomes an input.
struct SampleRows: Sendable {
  /// The shape of one row.
  let shape: TensorShape
  let array: EncodedArray
  let labels: [Int]?
  /// What stored numbers are divided by: 255 for images.
  let divisor: Double
  /// Per channel, subtracted and divided by after `divisor`; empty for no standardization.
  private var means: [Double] = []
  private var deviations: [Double] = []

  /// At least one.
  var count: Int { array.shape[0] }

  /// - Parameter array: rows × anything; its rows are samples.
  init(array: EncodedArray, labels: [Int]?, divisor: Double, name: String) throws(DatasetError) {
    let row = Array(array.shape.dropFirst())
    switch row.count {
    case 0: shape = .features(1)
    case 1: shape = .features(row[0])
    case 2: shape = .maps(channels: 1, height: row[0], width: row[1])
    case 3: shape = .maps(channels: row[0], height: row[1], width: row[2])
    default:
      throw .malformed(
        .init(file: name),
        problem: "inputs of shape \(array.shape); expected n × features, n × height × width or "
          + "n × channels × height × width")
    }
    guard !array.shape.isEmpty, array.elementCount > 0 else {
      throw .malformed(.init(file: name), problem: "inputs of shape \(array.shape) hold no sample")
    }
    if let labels, labels.count != array.shape[0] {
      throw .malformed(
        .init(file: name), problem: "\(array.shape[0]) samples and \(labels.count) labels")
    }
    self.array = array
    self.labels = labels
    self.divisor = divisor
  }

  func values(ofRow row: Int) -> [Float] {
    let length = array.rowLength
    let stored = array.values(row * length..<(row + 1) * length)
    guard !means.isEmpty else { return stored.map { Float($0 / divisor) } }
    let positions = shape.positions
    return stored.enumerated().map { index, value in
      Float((value / divisor - means[index / positions]) / deviations[index / positions])
    }
  }

  /// A NaN among the inputs would make every candidate fail, without a word about the cause.
  func checkFinite(name: String) throws(DatasetError) {
    guard array.elementType.isFloatingPoint else { return }
    for row in 0..<count {
      // Inputs are float32 in the end: what overflows there is no number either.
      if let bad = values(ofRow: row).first(where: { !$0.isFinite }) {
        throw .malformed(
          .init(file: name, row: row), problem: "a value is \(bad); inputs have to be finite float32")
      }
    }
  }

  mutating func standardizePerChannel() {
    let channels = shape.channels
    let positions = shape.positions
    let observations = Double(count) * Double(positions)
    // Two passes, in file order: the sums of squares of deviations do not cancel.
    var sums = [Double](repeating: 0, count: channels)
    forEachValue { index, value in sums[index / positions] += value }
    let means = sums.map { $0 / observations }
    var squares = [Double](repeating: 0, count: channels)
    forEachValue { index, value in
      let deviation = value - means[index / positions]
      squares[index / positions] += deviation * deviation
    }
    self.means = means
    deviations = squares.map { $0 > 0 ? ($0 / observations).squareRoot() : 1 }
  }

  /// Each number after division, with its index in its row.
  private func forEachValue(_ body: (Int, Double) -> Void) {
    let length = array.rowLength
    for row in 0..<count {
      for (index, value) in array.values(row * length..<(row + 1) * length).enumerated() {
        body(index, value / divisor)
      }
    }
  }

  func contentHash(_ standardization: Standardization) -> String {
    var hash = ContentHash("sample rows 1")
    hash.update("shape \(array.shape) type \(array.elementType.rawValue) divisor \(divisor)")
    hash.update("big-endian \(array.bigEndian) fortran order \(array.fortranOrder)")
    hash.update("standardization \(standardization.rawValue)")
    array.withElementBytes { hash.update($0) }
    hash.update("labels \(labels.map { $0.map(String.init).joined(separator: " ") } ?? "none")")
    return hash.hex()
  }
}

/// SHA-256 over parts, each preceded by its length, so that no two sequences of parts share their bytes.
struct ContentHash {
  private var function = SHA256()

  init(_ kind: String) { update(kind) }

  mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { function.update(bufferPointer: $0) }
    function.update(bufferPointer: bytes)
  }

  /// Lowercase hexadecimal digits.
  func hex() -> String {
    function.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
