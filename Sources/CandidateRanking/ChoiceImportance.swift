/// How much of the differences in a score one choice explains by itself.
///
/// The candidates are grouped by the choice's value, and the variance between the groups is compared with the whole:
///
///     η² = SS_between / SS_total,   ε² = (SS_between − (k − 1) · MS_within) / SS_total
///
/// with k groups and MS_within = (SS_total − SS_between) / (n − k). η² is the first-order index of a variance
/// decomposition (Sobol' 1993; Hutter et al. 2014 for hyper-parameters) when every combination is present as often. It is
/// never 0 by chance, and the larger the more groups there are; ε² (Kelley 1935) takes away what k random groups would
/// explain, and is 0 on average for a choice without effect.
///
/// In a sample, or under constraints, values of two choices may go together more often than not: their shares then overlap
/// and cannot be added up.
public struct ChoiceImportance: Hashable, Sendable {
  /// The candidates of one value, or of several that stand next to each other.
  public struct Group: Hashable, Sendable {
    /// The value, or `first … last`.
    public let label: String
    /// Candidates in it, at least 1.
    public let count: Int
    /// Of the score.
    public let mean: Double
  }

  /// The parameter.
  public let name: String
  /// η², from 0 to 1.
  public let share: Double
  /// ε², at most `share`, and not below 0; nil when no group holds two candidates.
  public let adjustedShare: Double?
  /// In the order of the values; at least two.
  public let groups: [Group]

  /// What a choice is for one candidate.
  public struct Level: Hashable, Sendable {
    /// The value as text.
    public let label: String
    /// Of a number; nil for other values, which are ordered by label.
    public let number: Double?

    /// - Parameters:
    ///   - label: the value as text; equal labels are one level.
    ///   - number: what orders the levels, for a numeric parameter.
    public init(label: String, number: Double?) {
      self.label = label
      self.number = number
    }
  }

  /// More different numbers than this are put into groups of about as many candidates each.
  public static let mostNumbers = 12
  private static let groupsOfNumbers = 8

  /// - Parameters:
  ///   - levels: one per candidate.
  ///   - scores: one per candidate, finite, on the scale on which differences count: the logarithm of a condition
  ///     number, say.
  /// - Returns: nil when all candidates have one value or one score, or there are fewer than three.
  ///
  /// Complexity: O(n log n).
  public init?(name: String, levels: [Level], scores: [Double]) {
    let count = Double(scores.count)
    guard levels.count == scores.count, scores.count > 2 else { return nil }
    let mean = scores.reduce(0, +) / count
    let total = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let groups = Self.groups(levels, scores)
    // Rounding alone is no difference.
    guard groups.count > 1, total > 1e-18 * scores.reduce(0, { $0 + $1 * $1 }) else { return nil }
    let between = groups.reduce(0) { $0 + Double($1.count) * ($1.mean - mean) * ($1.mean - mean) }
    self.name = name
    self.groups = groups
    share = min(1, between / total)
    let within = count - Double(groups.count)
    adjustedShare =
      within > 0
      ? max(0, (between - Double(groups.count - 1) * max(0, total - between) / within) / total) : nil
  }

  private static func groups(_ levels: [Level], _ scores: [Double]) -> [Group] {
    let order = levels.indices.sorted { precedes(levels[$0], levels[$1]) }
    var runs: [[Int]] = []
    for index in order {
      if let last = runs.last?.last, levels[last] == levels[index] {
        runs[runs.count - 1].append(index)
      } else {
        runs.append([index])
      }
    }
    if runs.count > mostNumbers, levels.allSatisfy({ $0.number != nil }) { runs = joined(runs, levels.count) }
    return runs.map { run in
      let (first, last) = (levels[run[0]].label, levels[run[run.count - 1]].label)
      return Group(
        label: first == last ? first : "\(first) … \(last)", count: run.count,
        mean: run.reduce(0) { $0 + scores[$1] } / Double(run.count))
    }
  }

  /// Neighbouring runs put together; none is divided.
  private static func joined(_ runs: [[Int]], _ count: Int) -> [[Int]] {
    var result: [[Int]] = []
    var taken = 0
    for run in runs {
      let group = taken * groupsOfNumbers / count
      if result.count <= group { result.append(run) } else { result[result.count - 1] += run }
      taken += run.count
    }
    return result
  }

  private static func precedes(_ a: Level, _ b: Level) -> Bool {
    switch (a.number, b.number) {
    case (let x?, let y?) where x != y: x < y
    case (.some, nil): true
    case (nil, .some): false
    default: a.label.utf8.lexicographicallyPrecedes(b.label.utf8)
    }
  }
}
