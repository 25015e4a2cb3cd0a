import YAMLDocuments

/// One layer of a network file, or the file's top level: `YAMLMappingReader` with the checks that attributes
/// of operations share. Every mistake is reported; the getters then give nil.
struct LayerReader {
  let mapping: YAMLMappingReader

  /// An integer attribute from `low` to what 32 bits hold.
  func count(_ key: String, from low: Int = 1) -> Int? {
    mapping.integer(key, in: low...SizeLimits.attribute)
  }

  func requiredCount(_ key: String) -> Int? {
    mapping.required(key) == nil ? nil : count(key)
  }

  /// `3` for a square, or `[height, width]`.
  func requiredKernel(_ key: String) -> (height: Int, width: Int)? {
    guard let node = mapping.required(key) else { return nil }
    let sizes = (node.elements ?? [node, node]).compactMap(\.integer)
    if sizes.count == 2, node.elements?.count ?? 2 == 2, sizes.allSatisfy((1...SizeLimits.attribute).contains)
    {
      return (sizes[0], sizes[1])
    }
    report(
      "'\(key)' is \(node.shown); expected an integer of at least 1 or a list [height, width] of two",
      at: node)
    return nil
  }

  func boolean(_ key: String) -> Bool? { mapping.boolean(key) }

  /// A finite number.
  func real(_ key: String, atLeast low: Double = -.infinity) -> Double? {
    guard let node = mapping.value(key) else { return nil }
    if let value = node.real, value >= low { return value }
    let expected = low.isFinite ? "a number of at least \(low)" : "a number"
    report("'\(key)' is \(node.shown); expected \(expected)", at: node)
    return nil
  }

  func choice<Value>(_ key: String, among names: [(name: String, value: Value)]) -> Value? {
    mapping.choice(key, among: names)
  }

  /// `[features]` or `[channels, height, width]`.
  func shape(_ node: YAMLNode, _ key: String) -> TensorShape? {
    let sizes = (node.elements ?? []).compactMap(\.integer)
    if let elements = node.elements, elements.count == sizes.count,
      sizes.allSatisfy((1...SizeLimits.attribute).contains), let shape = TensorShape(dimensions: sizes)
    {
      return shape
    }
    let shown = node.elements.map { "[" + $0.map { $0.text ?? $0.shown }.joined(separator: ", ") + "]" }
    report(
      "'\(key)' is \(shown ?? node.shown); expected [features] or [channels, height, width], "
        + "integers of at least 1",
      at: node)
    return nil
  }

  func report(_ message: String, at node: YAMLNode, suggestion: String? = nil) {
    mapping.collector.report(message, at: node.location, suggestion: suggestion)
  }

  /// Where the value of a key stands, else the whole mapping.
  func location(of key: String?) -> SourceLocation {
    let entry = mapping.node.entries?.first { $0.key.text == key }
    return entry?.value.location ?? mapping.node.location
  }
}
