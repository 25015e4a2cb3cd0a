import LaneKernels
import NetworkGraph

extension BackwardSweeps {
  /// An upper bound of the bytes that gradients, and what is gathered from them until a sweep's end, take at once.
  func peakBytes(scalarBytes: Int, _ rounds: BackwardRounds) -> Double {
    var peak = 0.0
    var change = [Double](repeating: 0, count: sweeps.count + 1)
    for storage in storages where !storage.isLocal {
      let bytes = columnBytes(storage, scalarBytes: scalarBytes) * Double(rounds.columns)
      change[storage.sweeps.lowerBound] += bytes
      change[storage.sweeps.upperBound + 1] -= bytes
    }
    var whole = 0.0
    for (level, sweep) in sweeps.enumerated() {
      let columns = columnsAtOnce(sweep, scalarBytes: scalarBytes, rounds)
      whole += change[level]
      var (local, mostLocal, gathered) = (0.0, 0.0, 0.0)
      for work in sweep.work {
        for index in work.opens { local += columnBytes(storages[index], scalarBytes: scalarBytes) * columns }
        mostLocal = max(mostLocal, local)
        for index in work.closes { local -= columnBytes(storages[index], scalarBytes: scalarBytes) * columns }
        gathered += gatheredBytes(work, scalarBytes: scalarBytes, rounds)
      }
      peak = max(peak, whole + mostLocal + gathered)
    }
    return peak
  }

  /// For as many workers as there can be.
  private func columnsAtOnce(_ sweep: Sweep, scalarBytes: Int, _ rounds: BackwardRounds) -> Double {
    let largest = Double(sweep.largestGradient(plan)) * Double(laneCount * scalarBytes)
    let bytes = Int(exactly: largest.rounded()) ?? .max
    return Double(min(rounds.columns, Self.columnsAtOnce(bytesPerColumn: bytes, workers: gramSlotCount)))
  }

  private func columnBytes(_ storage: Storage, scalarBytes: Int) -> Double {
    var elements = Double(storage.shape.elementCount)
    if case .maps(let channels, let rows, let columns) = storage.shape, !storage.border.isEmpty {
      elements = Double(channels) * storage.border.positions(rows: rows, columns: columns)
    }
    return elements * Double(laneCount * scalarBytes)
  }

  /// A batch norm's sums of each column; a convolution's gradients by its parameters, unless they are kept from round to
  /// round.
  private func gatheredBytes(_ work: Work, scalarBytes: Int, _ rounds: BackwardRounds) -> Double {
    switch work.action {
    case .measure(let time):
      return Double(plan.steps[time].node.shape.channels) * Double(rounds.columns)
        * Double(2 * laneCount * MemoryLayout<Double>.stride)
    case .propagate(let propagation):
      let step = plan.steps[propagation.step]
      guard rounds.roundsPerGram == 1, case .convolution(let layer) = step.node.operation else { return 0 }
      let chunks = WeightGradientChunks(
        layer, input: plan.inputShapes(of: step)[0], output: step.node.shape, columns: rounds.gramBlocks,
        scalarBytes: scalarBytes)
      let biases = Double(layer.bias ? layer.filters : 0) * Double(rounds.gramBlocks)
      return (chunks.gatheredVectors(blocks: rounds.gramBlocks, samples: rounds.samples) + biases)
        * Double(laneCount * scalarBytes)
    }
  }
}
