import GaussianDuals
import NetworkGraph

/// A canonical network as steps on covariances, with the places they stand in. Nothing in it depends on the inputs.
struct KernelPlan {
  /// Covariances of one value (or of some of its channels) between two samples.
  struct Covariance {
    var layout: TileLayout
    /// Where it stands: covariances that are not needed at the same time share a slot.
    var slot = 0
  }

  enum Step {
    /// x·x′ over channels, divided by how many there are.
    case input(target: Int, channels: Range<Int>)
    case zero(target: Int)
    /// Σ factor · source, of one layout.
    case combine(target: Int, terms: [(source: Int, factor: Double)])
    /// A position with itself, out of all pairs.
    case diagonal(target: Int, source: Int)
    case activate(target: Int, source: Int, table: Int)
    /// Divided by both samples' deviations over all of `terms`, weighted; `pairs` are divided. Θ then gains 1
    /// where shifts β are trained, which no width scales.
    case normalize(
      pairs: [(target: Int, source: Int)], terms: [(source: Int, weight: Double)], table: Int,
      epsilon: Double, trainsShift: Bool)
    case patches(target: Int, source: Int, sum: Int, factors: LayerFactors)
    /// The weighted mean over variances of positions, then a dense layer.
    case dense(target: Int, terms: [(source: Int, weight: Double)], factors: LayerFactors)
    /// The mean over all covariances.
    case mean(target: Int, source: Int)
  }

  /// What an activation or a normalization has to know of each sample: found on the way through the samples with
  /// themselves.
  struct Table {
    /// The node's name in the original network.
    var name: String
    /// Nil for a normalization.
    var dual: GaussianDual?
    var positions: Int

    /// Whether pairs are computed by a series where it converges.
    var hasSeries: Bool { dual.map { $0.closedForm == nil } ?? false }
  }

  private(set) var covariances: [Covariance] = []
  private(set) var steps: [Step] = []
  private(set) var tables: [Table] = []
  private(set) var patches: [PatchShape] = []
  /// Entries of each slot.
  private(set) var slots: [Int] = []
  /// Channels of the input as this plan reads it, and its positions: one, when nothing but a flatten reads maps.
  let inputChannels: Int
  let inputPositions: Int
  /// The covariance that is the kernel.
  private(set) var output = 0

  /// - Throws: `InfiniteWidthError.unsupportedAtInfiniteWidth`.
  init(_ network: CanonicalNetwork, settings: InfiniteWidthSettings) throws(InfiniteWidthError) {
    var builder = PlanBuilder(network, settings)
    try builder.build()
    (covariances, steps, tables, patches) =
      (builder.covariances, builder.steps, builder.tables, builder.patches)
    (inputChannels, inputPositions, output) =
      (builder.inputChannels, builder.inputLayout.positions, builder.output)
    assignSlots()
  }

  /// True when some covariances are between different positions.
  var hasPositionPairs: Bool { covariances.contains { $0.layout.hasPairs } }

  /// True when nothing has positions, so that a tile may hold several first samples.
  var isOfVectors: Bool { inputPositions == 1 && covariances.allSatisfy { $0.layout == .single } }

  /// Into how many parts the input's channels are divided, each with inner products of its own.
  var inputParts: Int { steps.count { if case .input = $0 { true } else { false } } }

  var largestEntries: Int { covariances.reduce(1) { max($0, $1.layout.entries) } }
  var largestScratch: Int { patches.reduce(1) { max($0, $1.scratchEntries) } }
  var largestPositions: Int { tables.reduce(inputPositions) { max($0, $1.positions) } }

  /// Covariances written by all steps for one pair of samples: what time grows with.
  var entriesPerPair: Int {
    saturatingSum(steps.lazy.flatMap(\.targets).map { covariances[$0].layout.entries })
  }

  /// Each covariance gets the smallest free slot that holds it; an elementwise step works in place where its source is
  /// not needed again.
  private mutating func assignSlots() {
    var lastUse = [Int](repeating: -1, count: covariances.count)
    for (index, step) in steps.enumerated() { for source in step.sources { lastUse[source] = index } }
    lastUse[output] = steps.count
    var free: [Int] = []
    for (index, step) in steps.enumerated() {
      var released = Set(step.sources.filter { lastUse[$0] == index })
      for (position, target) in step.targets.enumerated() {
        let entries = covariances[target].layout.entries
        if let source = step.inPlaceSource(of: position), released.remove(source) != nil {
          covariances[target].slot = covariances[source].slot
          continue
        }
        let fitting = free.filter { slots[$0] >= entries }.min { slots[$0] < slots[$1] }
        if let slot = fitting ?? free.max(by: { slots[$0] < slots[$1] }) {
          free.removeAll { $0 == slot }
          slots[slot] = max(slots[slot], entries)
          covariances[target].slot = slot
        } else {
          covariances[target].slot = slots.count
          slots.append(entries)
        }
        // A value that nothing reads leaves its slot at once.
        if lastUse[target] < 0 { free.append(covariances[target].slot) }
      }
      free += released.map { covariances[$0].slot }.sorted()
    }
  }
}

extension KernelPlan.Step {
  var targets: [Int] {
    switch self {
    case .input(let target, _), .zero(let target), .combine(let target, _), .diagonal(let target, _),
      .activate(let target, _, _), .patches(let target, _, _, _), .dense(let target, _, _),
      .mean(let target, _):
      [target]
    case .normalize(let pairs, _, _, _, _): pairs.map(\.target)
    }
  }

  var sources: [Int] {
    switch self {
    case .input, .zero: []
    case .combine(_, let terms): terms.map(\.source)
    case .diagonal(_, let source), .activate(_, let source, _), .patches(_, let source, _, _),
      .mean(_, let source):
      [source]
    case .dense(_, let terms, _): terms.map(\.source)
    case .normalize(let pairs, let terms, _, _, _): pairs.map(\.source) + terms.map(\.source)
    }
  }

  /// The source that a target may overwrite.
  func inPlaceSource(of position: Int) -> Int? {
    switch self {
    case .activate(_, let source, _): source
    case .normalize(let pairs, _, _, _, _):
      // Two parts may be of one covariance: the second still reads what the first would overwrite.
      pairs.count { $0.source == pairs[position].source } == 1 ? pairs[position].source : nil
    default: nil
    }
  }
}
