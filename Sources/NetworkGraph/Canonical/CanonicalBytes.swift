/// The byte string that is hashed: everything that decides a network's kernel. Numbers are little-endian
/// 64-bit, reals by bit pattern, texts and lists preceded by their length, so that no two networks share a
/// string.
enum CanonicalBytes {
  /// Change it with the format, so that hashes of different formats never meet.
  private static let header = "NTKScorer network 1"

  static func of(_ network: Network) -> [UInt8] {
    var bytes: [UInt8] = []
    append(header, to: &bytes)
    append(network.nodes.count, to: &bytes)
    for node in network.nodes {
      bytes += label(node.operation, node.shape)
      append(node.inputs, to: &bytes)
    }
    append(network.output, to: &bytes)
    return bytes
  }

  /// A node without its edges.
  static func label(_ operation: Operation, _ shape: TensorShape) -> [UInt8] {
    let rule = operation.rule
    var bytes: [UInt8] = []
    append(rule.name, to: &bytes)
    for attribute in rule.attributes {
      append(attribute.key, to: &bytes)
      append(attribute.value, to: &bytes)
    }
    append(shape.dimensions, to: &bytes)
    return bytes
  }

  private static func append(_ value: OperationAttribute.Value, to bytes: inout [UInt8]) {
    switch value {
    case .absent: bytes.append(0)
    case .integer(let value):
      bytes.append(1)
      append(value, to: &bytes)
    case .integers(let values):
      bytes.append(2)
      append(values, to: &bytes)
    case .real(let value):
      bytes.append(3)
      // −0 equals 0 as an attribute.
      append(Int(bitPattern: UInt(truncatingIfNeeded: (value == 0 ? 0 : value).bitPattern)), to: &bytes)
    case .boolean(let value): bytes += [4, value ? 1 : 0]
    case .text(let text):
      bytes.append(5)
      append(text, to: &bytes)
    }
  }

  private static func append(_ value: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: Int64(value).littleEndian) { bytes += $0 }
  }

  private static func append(_ values: [Int], to bytes: inout [UInt8]) {
    append(values.count, to: &bytes)
    for value in values { append(value, to: &bytes) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(text.utf8.count, to: &bytes)
    bytes += text.utf8
  }
}
