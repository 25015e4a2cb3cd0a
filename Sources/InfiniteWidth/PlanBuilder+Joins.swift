import NetworkGraph

/// Sums and concatenations of values.
extension PlanBuilder {
  mutating func sum(_ node: Node, _ index: Int) throws(InfiniteWidthError) -> Value {
    // The same value m times is m times the value.
    let distinct = Array(Set(node.inputs)).sorted()
    let operands = inputs(of: index)
    var result = operands[0]
    var merged: [(value: Value, factor: Double)] = []
    for input in distinct {
      let operand = operands[node.inputs.firstIndex(of: input) ?? 0]
      let count = Double(node.inputs.count { $0 == input })
      for (other, _) in merged {
        if !operand.sources.isDisjoint(with: other.sources) {
          let shared = operand.sources.intersection(other.sources).min() ?? 0
          throw unsupported(
            index,
            "its inputs share the random values of node '\(names[shared])', and covariance between branches is "
              + "not computed")
        }
        if !operand.isZeroMean, !other.isZeroMean {
          throw unsupported(
            index,
            "the means of two of its inputs are not zero, so they covary; let a dense layer or a convolution end "
              + "at least one of each two branches")
        }
      }
      merged.append((operand, count * count))
      guard result.layout == operand.layout, result.channels == operand.channels else {
        throw unsupported(index, "it adds features whose positions differ: flattened maps of different sizes")
      }
      result.isGaussian = result.isGaussian && operand.isGaussian
      result.isHomogeneous = result.isHomogeneous && operand.isHomogeneous
      result.isZeroMean = result.isZeroMean && operand.isZeroMean
      result.sources.formUnion(operand.sources)
    }
    // Channels are divided wherever any operand's are.
    var ends = Set<Int>()
    for (value, _) in merged {
      var end = 0
      for part in value.parts {
        end += part.channels
        ends.insert(end)
      }
    }
    var start = 0
    var parts: [(channels: Int, terms: [(Int, Double)])] = []
    for end in ends.sorted() {
      var terms: [(Int, Double)] = []
      for (value, factor) in merged {
        terms += try mean(of: value, over: start..<end, index).map { ($0.0, $0.1 * factor) }
      }
      parts.append((end - start, terms))
      start = end
    }
    result.parts = combine(parts, result.layout)
    return result
  }

  mutating func concatenation(_ index: Int) throws(InfiniteWidthError) -> Value {
    let operands = inputs(of: index)
    var result = operands[0]
    for operand in operands.dropFirst() {
      guard operand.layout == result.layout else {
        throw unsupported(
          index, "it joins features whose positions differ: flattened maps of different sizes")
      }
      result.parts += operand.parts
      result.isGaussian = result.isGaussian && operand.isGaussian
      result.isHomogeneous = result.isHomogeneous && operand.isHomogeneous
      result.isZeroMean = result.isZeroMean && operand.isZeroMean
      result.sources.formUnion(operand.sources)
    }
    return result
  }
}
