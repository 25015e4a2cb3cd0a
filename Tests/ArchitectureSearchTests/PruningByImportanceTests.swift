import ArchitectureSearch
import Testing

private typealias Edge = PruningByImportance.Edge
private typealias Quality = PruningByImportance.Quality

@Suite struct PruningByImportanceTests {
  @Test func oneOperationIsLeftOnEachEdge() throws {
    let supernet = [Edge(name: "a", operations: ["x", "y", "z"]), Edge(name: "b", operations: ["x"])]
    var evaluations = 0
    let search = try PruningByImportance(supernet) { edges in
      evaluations += 1
      // Every operation but y makes the kernel worse.
      let bad = edges.flatMap(\.operations).count { $0 != "y" }
      return Quality(conditionNumber: 1 + Double(bad), linearRegions: 10)
    }
    #expect(search.edges == [Edge(name: "a", operations: ["y"]), Edge(name: "b", operations: ["x"])])
    #expect(search.removals.map(\.operation) == ["x", "z"])
    // The whole and three operations, then the whole and two.
    #expect(evaluations == 7)
  }

  @Test func edgesWithoutAChoiceAreNotEvaluated() throws {
    let supernet = [Edge(name: "a", operations: ["x"])]
    let search = try PruningByImportance(supernet) { _ in
      Issue.record("nothing has to be evaluated")
      return Quality(conditionNumber: 1, linearRegions: 1)
    }
    #expect(search.edges == supernet && search.removals.isEmpty)
  }

  @Test func mistakesAreNamed() throws {
    #expect(throws: PruningByImportance.Failure.emptyEdge("a")) {
      try PruningByImportance([Edge(name: "a", operations: [])]) { _ in
        Quality(conditionNumber: 1, linearRegions: 1)
      }
    }
    let singular = Quality(conditionNumber: .infinity, linearRegions: 3)
    #expect(throws: PruningByImportance.Failure.badQuality(singular, without: "a: x")) {
      try PruningByImportance([Edge(name: "a", operations: ["x", "y"])]) { edges in
        edges[0].operations == ["y"] ? singular : Quality(conditionNumber: 2, linearRegions: 3)
      }
    }
  }
}
