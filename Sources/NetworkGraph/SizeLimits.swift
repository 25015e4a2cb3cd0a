/// Sizes that no network may pass. They lie far above anything that can be computed, and low enough that sums
/// and products of what is below them never overflow.
enum SizeLimits {
  /// Numbers per sample at one node, and trainable numbers of one node: 2⁴⁰.
  static let elements = 1 << 40
  /// One attribute (units, kernel, stride, …): what 32 bits hold.
  static let attribute = Int(Int32.max)
  /// Multiply–adds of a whole network per image: 2⁶⁰.
  static let multiplyAdds = 1 << 60
  /// Nodes of a network, and inputs of all its nodes together.
  static let nodes = 100_000
  static let edges = 1_000_000
  /// UTF-8 bytes of a node's name.
  static let nameBytes = 256
}

/// The product, or `Int.max` when it does not fit.
func saturatingProduct(_ factors: Int...) -> Int {
  var product = 1
  for factor in factors {
    let (partial, overflow) = product.multipliedReportingOverflow(by: factor)
    if overflow { return .max }
    product = partial
  }
  return product
}
