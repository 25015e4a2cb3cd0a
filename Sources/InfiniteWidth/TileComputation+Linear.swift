import CLaneKernels

/// Steps that are the same for every sample: sums, means and layers.
extension TileComputation {
  func combine(_ target: Int, _ terms: [(source: Int, factor: Double)], _ tile: PairTile) {
    let count = count(target, tile)
    forEachKind { kind in
      let out = place(target, kind)
      for (index, term) in terms.enumerated() {
        let source = place(term.source, kind)
        if index == 0 {
          for i in 0..<count { out[i] = term.factor * source[i] }
        } else {
          for i in 0..<count { out[i] += term.factor * source[i] }
        }
      }
    }
  }

  func diagonal(_ target: Int, _ source: Int, _ tile: PairTile) {
    let (layout, lanes) = (layout(source), tile.lanes)
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      for position in 0..<layout.positions {
        (out + position * lanes).update(from: from + layout.diagonalEntry(of: position) * lanes, count: lanes)
      }
    }
  }

  func patches(
    _ target: Int, _ source: Int, _ sum: PatchSum, _ factors: LayerFactors, _ tile: PairTile
  ) {
    let lanes = Int64(tile.lanes)
    if sum.scratchEntries > 0 { scratch.initialize(repeating: 0, count: sum.scratchEntries * tile.lanes) }
    let zero: [Int64] = [0]
    sum.blockTerms.withUnsafeBufferPointer { blockTerms in
      sum.gatherRuns.withUnsafeBufferPointer { gatherRuns in
        sum.sumRuns.withUnsafeBufferPointer { sumRuns in
          sum.sumTerms.withUnsafeBufferPointer { sumTerms in
            zero.withUnsafeBufferPointer { zero in
              /// One block of the target.
              func add(
                _ block: PatchSum.Block, _ from: UnsafeMutablePointer<Double>,
                _ to: UnsafeMutablePointer<Double>,
                weight: Double, constant: Double, addend: UnsafeMutablePointer<Double>? = nil,
                share: Double = 0
              ) {
                var padded = from
                if sum.scratchEntries > 0 {
                  var gather = LaneRunSum(
                    lanes: lanes, runs: Int64(gatherRuns.count), terms: Int64(block.terms.count),
                    term: blockTerms.baseAddress.map { $0 + block.terms.lowerBound } ?? zero.baseAddress,
                    factor: 1, constant: 0, addendFactor: 0)
                  context.variant.pointee.sumRuns(&gather, gatherRuns.baseAddress, from, nil, scratch)
                  padded = scratch
                }
                var columns = LaneRunSum(
                  lanes: lanes, runs: Int64(sumRuns.count), terms: Int64(sumTerms.count),
                  term: sumTerms.baseAddress,
                  factor: weight * block.factor, constant: constant, addendFactor: share)
                let offset = block.target * tile.lanes
                context.variant.pointee.sumRuns(
                  &columns, sumRuns.baseAddress, padded, addend.map { $0 + offset }, to + offset)
              }
              let (fromKernel, toKernel) = (place(source, .kernel), place(target, .kernel))
              for block in sum.blocks {
                add(block, fromKernel, toKernel, weight: factors.kernelWeight, constant: factors.kernelBias)
                guard context.hasTangent else { continue }
                let (from, to) = (place(source, .tangent), place(target, .tangent))
                if factors.kernelWeight == 0 {
                  add(block, fromKernel, to, weight: factors.tangentWeight, constant: factors.tangentBias)
                } else {
                  // A(T) is taken from the kernel that was just made of it.
                  let ratio = factors.tangentWeight / factors.kernelWeight
                  add(
                    block, from, to, weight: factors.kernelWeight,
                    constant: factors.tangentBias - ratio * factors.kernelBias, addend: toKernel, share: ratio
                  )
                }
              }
            }
          }
        }
      }
    }
  }

  func dense(
    _ target: Int, _ terms: [(source: Int, weight: Double)], _ factors: LayerFactors, _ tile: PairTile
  ) {
    let lanes = tile.lanes
    if terms.count == 1, layout(terms[0].source).entries == 1, factors.kernelWeight != 0 {
      denseOnFeatures(target, terms[0].source, terms[0].weight, factors, lanes)
      return
    }
    let (kernel, tangent) = (scratch, scratch + lanes)
    average(terms, .kernel, into: kernel, tile)
    let out = place(target, .kernel)
    for lane in 0..<lanes { out[lane] = factors.kernelWeight * kernel[lane] + factors.kernelBias }
    guard context.hasTangent else { return }
    average(terms, .tangent, into: tangent, tile)
    let tangentOut = place(target, .tangent)
    for lane in 0..<lanes {
      tangentOut[lane] =
        factors.kernelWeight * tangent[lane] + factors.tangentWeight * kernel[lane] + factors.tangentBias
    }
  }

  /// A dense layer after another, or after global pooling, in one pass.
  private func denseOnFeatures(
    _ target: Int, _ source: Int, _ weight: Double, _ factors: LayerFactors, _ lanes: Int
  ) {
    let run = LaneRun(target: 0, source: 0, length: 1, factor: weight)
    var term: Int64 = 0
    withUnsafePointer(to: &term) { term in
      var sum = LaneRunSum(
        lanes: Int64(lanes), runs: 1, terms: 1, term: term, factor: factors.kernelWeight,
        constant: factors.kernelBias, addendFactor: 0)
      let call = context.variant.pointee.sumRuns
      withUnsafePointer(to: run) { run in
        call?(&sum, run, place(source, .kernel), nil, place(target, .kernel))
        guard context.hasTangent else { return }
        let ratio = factors.tangentWeight / factors.kernelWeight
        (sum.constant, sum.addendFactor) = (factors.tangentBias - ratio * factors.kernelBias, ratio)
        call?(&sum, run, place(source, .tangent), place(target, .kernel), place(target, .tangent))
      }
    }
  }

  /// The weighted mean over parts and positions.
  func average(
    _ terms: [(source: Int, weight: Double)], _ kind: Kind, into sum: UnsafeMutablePointer<Double>,
    _ tile: PairTile
  ) {
    let lanes = tile.lanes
    sum.initialize(repeating: 0, count: lanes)
    for term in terms {
      let positions = layout(term.source).entries
      let source = place(term.source, kind)
      let weight = term.weight / Double(positions)
      for position in 0..<positions {
        let row = source + position * lanes
        for lane in 0..<lanes { sum[lane] += weight * row[lane] }
      }
    }
  }

  func mean(_ target: Int, _ source: Int, _ tile: PairTile) {
    let (layout, lanes) = (layout(source), tile.lanes)
    let (blocks, block) = (layout.blocks, layout.blockEntries)
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      // Whole blocks first, then within the one that is left: long loops, and a fixed order.
      scratch.update(from: from, count: block * lanes)
      for index in 1..<max(1, blocks) {
        let row = from + index * block * lanes
        for i in 0..<block * lanes { scratch[i] += row[i] }
      }
      let share = 1 / Double(layout.entries)
      for lane in 0..<lanes {
        var sum = 0.0
        for entry in 0..<block { sum += scratch[entry * lanes + lane] }
        out[lane] = sum * share
      }
    }
  }
}
