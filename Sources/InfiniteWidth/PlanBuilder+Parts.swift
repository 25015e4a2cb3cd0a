import NetworkGraph

/// Parts of values: neighbouring channels of one law.
extension PlanBuilder {
  /// The inputs of a node with the covariances that it needs: of positions with themselves, unless it needs all pairs.
  mutating func inputs(of index: Int) -> [Value] {
    let operands = network.nodes[index].inputs.map { values[$0] }
    return needsPairs[index] ? operands : operands.map { diagonal($0) }
  }

  mutating func diagonal(_ value: Value) -> Value {
    guard value.layout.isFull else { return value }
    var result = value
    result.layout = value.layout.diagonal
    for part in result.parts.indices {
      let source = value.parts[part].covariance
      result.parts[part].covariance = add(result.layout) { .diagonal(target: $0, source: source) }
    }
    return result
  }

  /// The mean over a range of channels, as shares of parts.
  func mean(of value: Value, over range: Range<Int>, _ index: Int) throws(InfiniteWidthError) -> [(
    Int, Double
  )] {
    var terms: [(Int, Double)] = []
    var start = 0
    for part in value.parts {
      let end = start + part.channels
      let overlap = range.clamped(to: start..<end).count
      if overlap > 0 {
        guard overlap == part.channels || value.isHomogeneous else {
          throw unsupported(index, "it divides the channels of the input where no group ends")
        }
        terms.append((part.covariance, Double(overlap) / Double(range.count)))
      }
      start = end
    }
    return terms
  }

  /// Each part's share of all numbers, a position's at a time.
  func weights(of value: Value) -> [(source: Int, weight: Double)] {
    let total = Double(value.channels)
    return value.parts.map { (source: $0.covariance, weight: Double($0.channels) / total) }
  }

  mutating func combine(_ parts: [(channels: Int, terms: [(Int, Double)])], _ layout: TileLayout)
    -> [Part]
  {
    parts.map { Part(channels: $0.channels, covariance: combined($0.terms, layout)) }
  }

  mutating func combined(_ terms: [(Int, Double)], _ layout: TileLayout) -> Int {
    if terms.count == 1, terms[0].1 == 1 { return terms[0].0 }
    return add(layout) { .combine(target: $0, terms: terms.map { (source: $0.0, factor: $0.1) }) }
  }

  /// The output of a layer with weights of its own.
  func fresh(_ index: Int, _ parts: [Part], _ layout: TileLayout) -> Value {
    Value(
      parts: parts, layout: layout, isGaussian: true, isHomogeneous: true, isZeroMean: true, sources: [index])
  }

  mutating func add(_ layout: TileLayout, _ step: (Int) -> KernelPlan.Step) -> Int {
    covariances.append(.init(layout: layout))
    steps.append(step(covariances.count - 1))
    return covariances.count - 1
  }

  func unsupported(_ index: Int, _ reason: String) -> InfiniteWidthError {
    .unsupportedAtInfiniteWidth(
      node: names[index], operation: network.nodes[index].operation.name, reason: reason)
  }
}
