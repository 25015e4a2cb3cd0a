import NetworkGraph

/// How candidates are scored. The values have the raw names of the engine's own settings.
public struct ScoringSettings: Hashable, Sendable {
  /// What of the outputs × outputs block of two samples enters the kernel.
  public enum OutputReduction: String, Sendable, CaseIterable { case sum, trace, full }
  /// Where batch normalization takes its statistics from, and whether gradients pass through them.
  public enum NormalizationMode: String, Sendable, CaseIterable { case frozen, batch, running, removed }
  /// The parameters that the kernel sums over.
  public enum ParameterFilter: String, Sendable, CaseIterable { case all, weights, kernels }
  /// The arithmetic of the passes.
  public enum Precision: String, Sendable, CaseIterable { case single, double }

  /// Canonical names (`conditionNumber`), distinct; the condition number first, then the file's own in their order,
  /// then those that only the ranking names.
  public let metrics: [String]
  /// Distinct, at least one.
  public let seeds: [UInt64]
  /// `output_reduction`.
  public let outputReduction: OutputReduction
  /// `batch_norm`.
  public let normalizationMode: NormalizationMode
  /// `parameters`.
  public let parameterFilter: ParameterFilter
  /// Standard, or NTK: stored weights of variance 1 that are scaled in the forward pass.
  public let parameterization: Parameterization
  /// One of the known names.
  public let initialization: String
  /// What was asked for; a score that needs it is computed in double precision all the same.
  public let precision: Precision
}

/// How candidates are put in order. Metric names are canonical, and every metric named is computed.
public enum RankingRule: Hashable, Sendable {
  case metric(String)
  /// The sum of the ranks by each of these.
  case rankSum([String])

  /// The metrics that decide, in the order of the file.
  public var metrics: [String] {
    switch self {
    case .metric(let name): [name]
    case .rankSum(let names): names
    }
  }
}

/// The names that a search space may use and that this room does not define.
public struct KnownNames: Sendable {
  /// Canonical metric names, `camelCase`; a file may write them in `snake_case` too. `conditionNumber` must be among
  /// them.
  public let metrics: [String]
  /// Names of initializations; `default` must be among them.
  public let initializations: [String]

  /// Both lists in the order in which messages are to name them.
  public init(metrics: [String], initializations: [String]) {
    self.metrics = metrics
    self.initializations = initializations
  }

  /// The metric that every ranking shows.
  static let headlineMetric = "conditionNumber"

  /// The canonical name among `names` that `written` stands for, in either case style.
  static func canonical(_ written: String, among names: [String]) -> String? {
    names.first { folded($0) == folded(written) }
  }

  /// `conditionNumber` as files write it: `condition_number`.
  package static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase, !text.isEmpty { text += "_" }
      text += character.lowercased()
    }
  }

  private static func folded(_ name: String) -> String { name.filter { $0 != "_" }.lowercased() }
}
