import Datasets
import Foundation
import RandomStreams

/// A folder that lasts as long as the value.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/datasets-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// An NPY file with a header written out by hand.
func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let text = Array(header.utf8)
  let length = version == 1 ? 2 : 4
  let lengthBytes: [UInt8] = (0..<length).map { UInt8(text.count >> (8 * $0) & 0xff) }
  return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + text + elements
}

func littleEndian<Integer: FixedWidthInteger>(_ values: [Integer]) -> [UInt8] {
  values.flatMap { (value: Integer) -> [UInt8] in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

func bigEndian<Integer: FixedWidthInteger>(_ values: [Integer]) -> [UInt8] {
  values.flatMap { (value: Integer) -> [UInt8] in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}

func bytes(base64: String) throws -> [UInt8] {
  guard let data = Data(base64Encoded: base64) else { throw BadFixture() }
  return Array(data)
}

struct BadFixture: Error {}

/// The error that reading throws; nil when it does not.
func datasetError(_ body: () throws -> Void) -> DatasetError? {
  do {
    try body()
    return nil
  } catch {
    return error as? DatasetError
  }
}

/// `count` CIFAR-10 records: record i has label i mod 10, and byte k of its image is (i + 7k) mod 256.
func cifarRecords(_ count: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  for record in 0..<count {
    bytes.append(UInt8(record % 10))
    for index in 0..<3072 { bytes.append(UInt8((record + 7 * index) % 256)) }
  }
  return bytes
}

/// `count` images of 4 × 3 pixels in IDX form: pixel k of image i is 16·i + k.
func idxImages(_ count: Int) -> [UInt8] {
  var bytes = bigEndian([0x0803, UInt32(count), 4, 3])
  for image in 0..<count {
    for pixel in 0..<12 { bytes.append(UInt8((16 * image + pixel) % 256)) }
  }
  return bytes
}

func idxLabels(_ labels: [UInt8]) -> [UInt8] {
  bigEndian([0x0801, UInt32(labels.count)]) + labels
}
