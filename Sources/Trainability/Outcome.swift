/// How a score came out. The raw value is what files, the store and the command line show.
public enum Outcome: String, Codable, Sendable, CaseIterable {
  /// Every value asked for was computed.
  case ok
  /// The kernel is numerically singular: λ_min ≤ n·ε·λ_max, ε being the engine's precision. The condition
  /// number is unbounded and is not reported as a number.
  case rankDeficient = "rank_deficient"
  /// An activation, a gradient or a kernel entry overflowed or was undefined.
  case nonFinite = "non_finite"
  /// The metric reached the largest value it can take on this batch, so it no longer tells candidates apart.
  case saturated
  /// The network holds an operation that has no kernel at infinite width, which the message names. Says nothing against
  /// the candidate: its other metrics stand.
  case unsupportedAtInfiniteWidth = "unsupported_at_infinite_width"
  /// The metric has no meaning for this candidate or dataset: labels where there are none, mean-field theory where
  /// layers differ. Says nothing against the candidate either.
  case notApplicable = "not_applicable"
  /// The candidate needs more memory than the budget allows; it was not computed.
  case overBudget = "over_budget"
  /// The architecture or metric plugin failed; the message holds its own words.
  case pluginError = "plugin_error"
  /// The run was interrupted before this candidate was finished.
  case cancelled

  /// Whether the same identity and seed give this outcome again on any machine. The others depend on
  /// circumstances (a memory budget, a plugin's crash, an interruption), so a later attempt may replace them.
  public var isReproducible: Bool {
    switch self {
    case .ok, .rankDeficient, .nonFinite, .saturated, .unsupportedAtInfiniteWidth, .notApplicable: true
    case .overBudget, .pluginError, .cancelled: false
    }
  }

  /// Whether the metric does not apply, where the others stand for something that failed.
  public var isInapplicable: Bool { self == .unsupportedAtInfiniteWidth || self == .notApplicable }
}
