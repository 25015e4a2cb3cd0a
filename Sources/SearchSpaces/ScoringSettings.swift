import NetworkGraph

/// How candidates are scored. The values have the raw names of the engine's own settings.
public struct ScoringSettings: Hashable, Sendable {
  public enum OutputReduction: String, Sendable, CaseIterable { case sum, trace, full }
  public enum NormalizationMode: String, Sendable, CaseIterable { case frozen, batch, running, removed }
  public enum ParameterFilter: String, Sendable, CaseIterable { case all, weights, kernels }
  public enum Precision: String, Sendable, CaseIterable { case single, double }

  /// Canonical names (`conditionNumber`), distinct; the condition number first, then the file's own in their order,
  /// then those that only the ranking names.
  public let metrics: [String]
  /// Distinct, at least one.
  public let seeds: [UInt64]
  public let outputReduction: OutputReduction
  public let normalizationMode: NormalizationMode
  public let parameterFilter: ParameterFilter
  public let parameterization: Parameterization
  /// One of the known names.
  public let initialization: String
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
  static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase, !text.isEmpty { text += "_" }
      text += character.lowercased()
    }
  }

  private static func folded(_ name: String) -> String { name.filter { $0 != "_" }.lowercased() }
}
