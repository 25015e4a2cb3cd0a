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

  /// What decides how many directions run together.
  struct Sizes {
    /// Scalars of the network's largest gradient for one sample.
    let largestGradient: Int
    /// Whether gradients are maps: where they are not, weights outweigh them by far.
    let hasMaps: Bool
    let parameters: Int
  }

  let count: Int
  let directionsPerRound: Int
  /// Rounds whose directions share one Gram matrix of the parameters' gradients: those of each round are kept until
  /// the last of them. 1 unless samples are coupled.
  let roundsPerGram: Int
  /// Blocks of sixteen rows that one Gram matrix has.
  let gramBlocks: Int
  private let reduction: OutputReduction
  private let outputs: Int
  private let outputsPerRound: Int
  /// Of the first set of inputs.
  let samples: Int
  private let blocks: Int
  private let isCoupled: Bool

  /// - Parameters:
  ///   - samples: of the first set of inputs; a second set has no rows where samples are coupled.
  ///   - blocks: of all inputs.
  init(
    _ reduction: OutputReduction, outputs: Int, samples: Int, blocks: Int, isCoupled: Bool, sizes: Sizes
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
      case .trace where isCoupled || sizes.hasMaps: 1
      case .trace:
        (1...max(1, min(outputs, Self.mostColumns / max(1, blocks)))).last(where: outputs.isMultiple(of:))
          ?? 1
      }
    self.outputsPerRound = outputsPerRound
    let directionsPerGram = Self.product(outputsPerRound, isCoupled ? samples : 1)
    gramBlocks =
      isCoupled
      ? (directionsPerGram + 15) / 16 : Self.product(reduction == .full ? directionsPerGram : 1, blocks)
    directionsPerRound =
      isCoupled
      ? Self.coupledDirectionsPerRound(of: directionsPerGram, samples: samples, sizes) : directionsPerGram
    roundsPerGram = (directionsPerGram + directionsPerRound - 1) / directionsPerRound
    count = Self.product(reduction == .trace ? outputs / outputsPerRound : 1, roundsPerGram)
  }

  /// (direction, block) pairs of a round of vectors.
  private static let mostColumns = 64

  /// Scalars of the largest gradient of a round of coupled directions: what stays in cache from pass to pass.
  private static let cachedScalars = 4096 << 10

  /// A direction of coupled samples is a whole batch of maps; all of them together stream from memory. Few blocks of
  /// sixteen at a time take less, at the price of keeping each one's gradients by the parameters, which must be the
  /// smaller.
  private static func coupledDirectionsPerRound(of all: Int, samples: Int, _ sizes: Sizes) -> Int {
    let gradient = Double(sizes.largestGradient) * Double(samples)
    guard sizes.hasMaps, Double(sizes.parameters) < 4 * gradient else { return all }
    return min(all, 16 * max(1, Int(Double(cachedScalars) / (16 * gradient))))
  }

  /// Columns of a round's gradients.
  var columns: Int {
    isCoupled
      ? Self.product((directionsPerRound + 15) / 16, samples) : Self.product(directionsPerRound, blocks)
  }

  /// The place of a round's first direction among the rows of its Gram matrix, and whether it completes them.
  func place(ofRound round: Int) -> (firstDirection: Int, completesGram: Bool) {
    let part = round % roundsPerGram
    return (part * directionsPerRound, part == roundsPerGram - 1)
  }

  /// Samples outermost and outputs innermost, as in the kernel's rows.
  func directions(ofRound round: Int) -> [Direction] {
    let (gram, part) = round.quotientAndRemainder(dividingBy: roundsPerGram)
    let selections =
      switch reduction {
      case .sum: [0..<outputs]
      case .trace: (gram * outputsPerRound..<(gram + 1) * outputsPerRound).map { $0..<$0 + 1 }
      case .full: (0..<outputs).map { $0..<$0 + 1 }
      }
    let samplesOfDirections: [Int?] = isCoupled ? (0..<samples).map { $0 } : [nil]
    let all = samplesOfDirections.flatMap { sample in
      selections.map { Direction(outputs: $0, sample: sample) }
    }
    return Array(all[part * directionsPerRound..<min((part + 1) * directionsPerRound, all.count)])
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
