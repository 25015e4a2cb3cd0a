extension TileComputation {
  /// Divides by the deviations of both samples, and adds what shifts β give to Θ.
  func normalize(
    _ pairs: [(target: Int, source: Int)], _ terms: [(source: Int, weight: Double)], _ table: Int,
    _ epsilon: Double, trainsShift: Bool, _ tile: PairTile
  ) {
    let lanes = tile.lanes
    switch tile {
    case .itself(let samples, let isSecondSet):
      let tables = isSecondSet ? context.secondTables : context.firstTables
      average(terms, .kernel, into: scratch, tile)
      for (lane, sample) in samples.enumerated() {
        let inverse = 1 / (scratch[lane] + epsilon).squareRoot()
        tables.first(table)[sample] = inverse
        scratch[lane] = inverse * inverse
      }
    case .cross(let firsts, let seconds):
      for (row, first) in firsts.enumerated() {
        let inverse = context.firstTables.first(table)[first]
        for (lane, second) in seconds.enumerated() {
          scratch[row * seconds.count + lane] = inverse * context.secondTables.first(table)[second]
        }
      }
    }
    for pair in pairs {
      let entries = layout(pair.target).entries
      forEachKind { kind in
        let (out, from) = (place(pair.target, kind), place(pair.source, kind))
        for entry in 0..<entries {
          for lane in 0..<lanes { out[entry * lanes + lane] = from[entry * lanes + lane] * scratch[lane] }
        }
      }
      guard context.hasTangent, trainsShift else { continue }
      let tangent = place(pair.target, .tangent)
      for place in 0..<entries * lanes { tangent[place] += 1 }
    }
  }
}
