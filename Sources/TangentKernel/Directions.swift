/// One backward pass over the whole batch: which outputs of which samples it starts from.
struct Direction {
  /// Summed.
  let outputs: Range<Int>
  /// Nil for every sample at once: where samples are independent, each keeps to its own lane.
  let sample: Int?
}

/// The backward passes that a kernel needs, in rounds that run together. Counts stop at `largestCount`: what needs
/// more cannot be computed, and an estimate must say so without overflowing.
struct BackwardRounds {
  static let largestCount = 1 << 40

  /// (direction, block) pairs of a round of vectors.
  private static let mostColumns = 64

  let count: Int
  let directionsPerRound: Int
  /// Blocks of sixteen rows that the Gram matrix of one round has.
  let gramBlocks: Int
  private let reduction: OutputReduction
  private let outputs: Int
  private let outputsPerRound: Int
  private let samples: Int
  private let blocks: Int
  private let isCoupled: Bool

  /// - Parameters:
  ///   - samples: of the first set of inputs; a second set has no rows where samples are coupled.
  ///   - blocks: of all inputs.
  ///   - hasMaps: whether gradients are maps: where they are not, weights outweigh them by far.
  init(
    _ reduction: OutputReduction, outputs: Int, samples: Int, blocks: Int, isCoupled: Bool, hasMaps: Bool
  ) {
    self.reduction = reduction
    self.outputs = outputs
    self.samples = samples
    self.blocks = blocks
    self.isCoupled = isCoupled
    // For `trace`, maps come one output at a time: the memory of their gradients is what limits a round. Vectors come
    // together, so that each weight is read once for all of them; rounds are of equal size.
    let outputsPerRound =
      switch reduction {
      case .sum: 1
      case .full: outputs
      case .trace where isCoupled || hasMaps: 1
      case .trace:
        (1...max(1, min(outputs, Self.mostColumns / max(1, blocks)))).last(where: outputs.isMultiple(of:))
          ?? 1
      }
    self.outputsPerRound = outputsPerRound
    count = reduction == .trace ? outputs / outputsPerRound : 1
    directionsPerRound = Self.product(outputsPerRound, isCoupled ? samples : 1)
    gramBlocks =
      isCoupled
      ? (directionsPerRound + 15) / 16 : Self.product(reduction == .full ? directionsPerRound : 1, blocks)
  }

  /// (direction, block) pairs of a round.
  var columns: Int { Self.product(directionsPerRound, blocks) }

  /// Samples outermost and outputs innermost, as in the kernel's rows.
  func directions(ofRound round: Int) -> [Direction] {
    let selections =
      switch reduction {
      case .sum: [0..<outputs]
      case .trace: (round * outputsPerRound..<(round + 1) * outputsPerRound).map { $0..<$0 + 1 }
      case .full: (0..<outputs).map { $0..<$0 + 1 }
      }
    let samplesOfDirections: [Int?] = isCoupled ? (0..<samples).map { $0 } : [nil]
    return samplesOfDirections.flatMap { sample in
      selections.map { Direction(outputs: $0, sample: sample) }
    }
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? largestCount : min(product, largestCount)
  }

  /// Where row `row` of the kernel (sample · outputs + output for `full`, else the sample) stands in the Gram matrix.
  ///
  /// - Parameter firstBlock: of the set of inputs that the row is of.
  func lane(ofRow row: Int, firstBlock: Int) -> Int {
    if isCoupled { return row }
    let perSample = reduction == .full ? outputs : 1
    return row % perSample * blocks * 16 + firstBlock * 16 + row / perSample
  }
}
