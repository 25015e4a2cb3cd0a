import CandidateRanking

/// TE-NAS's search (Chen et al. 2021, algorithm 1): start from the supernet with every operation on every edge, and in rounds
/// take the least important operation off each edge, until one is left. An operation is important when the network without
/// it trains worse (its condition number rises) or expresses less (its linear regions fall). Evaluations grow with edges ×
/// operations², where trying all architectures would grow with operations^edges.
public struct PruningByImportance: Hashable, Sendable {
  /// The operations that are still on an edge.
  public struct Edge: Hashable, Sendable {
    /// Unique among the edges.
    public var name: String
    /// At least one, of different names.
    public var operations: [String]

    /// Nothing is checked before the search begins.
    public init(name: String, operations: [String]) {
      self.name = name
      self.operations = operations
    }
  }

  /// What a supernet is judged by.
  public struct Quality: Hashable, Sendable {
    /// κ of the tangent kernel, above 0: lower is better.
    public var conditionNumber: Double
    /// R, above 0: higher is better.
    public var linearRegions: Double

    /// Checked where it is used.
    public init(conditionNumber: Double, linearRegions: Double) {
      self.conditionNumber = conditionNumber
      self.linearRegions = linearRegions
    }
  }

  /// An operation that was taken off.
  public struct Removal: Hashable, Sendable {
    /// Its name.
    public let edge: String
    /// What was taken off it.
    public let operation: String
    /// Its importance in that round, see `importances`.
    public let importance: Int
  }

  /// What the search cannot work with.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// An edge without operations.
    case emptyEdge(String)
    /// A quality that is not a positive number; `without` names the operation that was left out, nil for none.
    case badQuality(Quality, without: String?)

    /// What is wrong, in words.
    public var description: String {
      switch self {
      case .emptyEdge(let name): "edge '\(name)' has no operation to choose"
      case .badQuality(let quality, let without):
        "the network\(without.map { " without '\($0)'" } ?? "") has condition number \(quality.conditionNumber) and "
          + "\(quality.linearRegions) linear regions; expected positive numbers"
      }
    }
  }

  /// One operation on each edge: the architecture that was found.
  public let edges: [Edge]
  /// From the first. Within a round, from the least important; of equals in the order of the edges.
  public let removals: [Removal]

  /// - Parameter evaluate: the quality of a supernet with these operations; called again in every round for every
  ///   operation that could go.
  /// - Throws: `Failure`, and what `evaluate` throws.
  public init(_ supernet: [Edge], evaluate: ([Edge]) throws -> Quality) throws {
    if let edge = supernet.first(where: { $0.operations.isEmpty }) { throw Failure.emptyEdge(edge.name) }
    var edges = supernet
    var removals: [Removal] = []
    while edges.contains(where: { $0.operations.count > 1 }) {
      let whole = try Self.checked(evaluate(edges), without: nil)
      var candidates: [(edge: Int, operation: String)] = []
      var changes: [(conditionNumber: Double, linearRegions: Double)] = []
      for (index, edge) in edges.enumerated() where edge.operations.count > 1 {
        for operation in edge.operations {
          var rest = edges
          rest[index].operations.removeAll { $0 == operation }
          let quality = try Self.checked(evaluate(rest), without: "\(edge.name): \(operation)")
          candidates.append((index, operation))
          changes.append(
            (
              (whole.conditionNumber - quality.conditionNumber) / whole.conditionNumber,
              (whole.linearRegions - quality.linearRegions) / whole.linearRegions
            ))
        }
      }
      let importances = Self.importances(
        conditionNumberDrops: changes.map(\.conditionNumber), regionDrops: changes.map(\.linearRegions))
      var round: [(edge: Int, removal: Removal)] = []
      for (candidate, importance) in zip(candidates, importances) {
        let removal = Removal(
          edge: edges[candidate.edge].name, operation: candidate.operation, importance: importance)
        if let last = round.last, last.edge == candidate.edge {
          if importance < last.removal.importance { round[round.count - 1].removal = removal }
        } else {
          round.append((candidate.edge, removal))
        }
      }
      for (edge, removal) in round { edges[edge].operations.removeAll { $0 == removal.operation } }
      removals += round.sorted { ($0.removal.importance, $0.edge) < ($1.removal.importance, $1.edge) }
        .map(\.removal)
    }
    self.edges = edges
    self.removals = removals
  }

  /// How important operations are beside one another: the sum of two dense ranks from 0. Least important is what lowers the
  /// condition number most, and the linear regions least, when it goes.
  ///
  /// - Parameters:
  ///   - conditionNumberDrops: (κ − κ without the operation)/κ for each operation; finite.
  ///   - regionDrops: (R − R without it)/R; as many, finite. Changes equal to ten digits tie.
  public static func importances(conditionNumberDrops: [Double], regionDrops: [Double]) -> [Int] {
    let (condition, regions) = ("conditionNumber", "linearRegions")
    let rule = RankingRule.rankSum([
      RankingMetric(name: condition, direction: .higherIsBetter),
      RankingMetric(name: regions, direction: .lowerIsBetter),
    ])
    let candidates = zip(conditionNumberDrops, regionDrops).enumerated().map { index, drops in
      RankingCandidate(
        identifier: "\(index)", canonicalHash: "", values: [condition: drops.0, regions: drops.1], seedsOk: 1,
        seedsTotal: 1, outcome: .ok)
    }
    var importances = [Int](repeating: 0, count: candidates.count)
    for entry in Ranking(candidates, by: rule).ranked {
      guard let index = Int(entry.candidate.identifier), let sum = entry.rankSum else { continue }
      importances[index] = sum - rule.metrics.count
    }
    return importances
  }

  private static func checked(_ quality: Quality, without operation: String?) throws(Failure) -> Quality {
    for value in [quality.conditionNumber, quality.linearRegions] where !(value > 0 && value.isFinite) {
      throw .badQuality(quality, without: operation)
    }
    return quality
  }
}
