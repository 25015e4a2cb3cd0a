/// One backward pass over the whole batch: which outputs of which samples it starts from.
struct Direction {
  /// Summed.
  let outputs: Range<Int>
  /// Nil for every sample at once: where samples are independent, each keeps to its own lane.
  let sample: Int?
}

/// The backward passes that a kernel needs, in rounds that run together.
struct BackwardRounds {
  let rounds: [[Direction]]
  /// Blocks of sixteen rows that the Gram matrix of one round has.
  let gramBlocks: Int
  private let reduction: OutputReduction
  private let outputs: Int
  private let blocks: Int
  private let isCoupled: Bool

  /// - Parameters:
  ///   - samples: of the first set of inputs; a second set has no rows where samples are coupled.
  ///   - blocks: of all inputs.
  init(_ reduction: OutputReduction, outputs: Int, samples: Int, blocks: Int, isCoupled: Bool) {
    self.reduction = reduction
    self.outputs = outputs
    self.blocks = blocks
    self.isCoupled = isCoupled
    let selections =
      switch reduction {
      case .sum: [0..<outputs]
      case .trace, .full: (0..<outputs).map { $0..<$0 + 1 }
      }
    let samplesOfDirections: [Int?] = isCoupled ? (0..<samples).map { $0 } : [nil]
    // The output is innermost, as in the kernel's rows.
    let ofEachSample = samplesOfDirections.map { sample in
      selections.map { Direction(outputs: $0, sample: sample) }
    }
    switch reduction {
    // One output at a time: the memory of gradients is what limits a round.
    case .trace: rounds = selections.indices.map { output in ofEachSample.map { $0[output] } }
    case .sum, .full: rounds = [Array(ofEachSample.joined())]
    }
    let directions = rounds.first?.count ?? 0
    gramBlocks = isCoupled ? (directions + 15) / 16 : (reduction == .full ? directions : 1) * blocks
  }

  /// Directions of one round.
  var directionsPerRound: Int { rounds.first?.count ?? 0 }

  /// Where row `row` of the kernel (sample · outputs + output for `full`, else the sample) stands in the Gram matrix.
  ///
  /// - Parameter firstBlock: of the set of inputs that the row is of.
  func lane(ofRow row: Int, firstBlock: Int) -> Int {
    if isCoupled { return row }
    let perSample = reduction == .full ? outputs : 1
    return row % perSample * blocks * 16 + firstBlock * 16 + row / perSample
  }
}
