import ArchitectureSearch
import CandidateRanking
import Datasets
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Testing
import TheoryCases
import Trainability

@Suite struct TheoryOfArchitectureSearchTests {
  @Test func theoryOfTENAS() throws {
    let theory = try TheoryCase("21-te-nas")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    try checks.compare(Double(linearRegions(ofPreactivations: input["preacts"].rows)), to: expected["R"], "R")

    // κ of the Gram matrix of the gradients of summed outputs.
    let jacobians = try input["jacobian_n_o_p"].array.map { try $0.rows }
    let parameters = jacobians[0][0].count
    let summed = Matrix(rows: jacobians.count, columns: parameters) { sample, parameter in
      jacobians[sample].reduce(0) { $0 + $1[parameter] }
    }
    let kernel = try DecomposedKernel(try summed.multiplied(byTransposeOf: summed))
    try checks.compare(
      try #require(kernel.spectrum.conditionNumber.value), to: expected["kappa_N"], "kappa_N")

    let (kappas, regions) = (try input["kappas"].numbers, try input["regions"].numbers)
    let rule = RankingRule.rankSum([
      RankingMetric(name: "conditionNumber", direction: .lowerIsBetter),
      RankingMetric(name: "linearRegions", direction: .higherIsBetter),
    ])
    let ranking = Ranking(
      kappas.indices.map { index in
        RankingCandidate(
          identifier: "\(index)", canonicalHash: "\(index)",
          values: ["conditionNumber": kappas[index], "linearRegions": regions[index]], seedsOk: 1,
          seedsTotal: 1,
          outcome: .ok)
      }, by: rule)
    // Ranks of the case count from 0.
    let sums = try ranking.ranked.map { (Int($0.candidate.identifier) ?? -1, try #require($0.rankSum) - 2) }
      .sorted { $0.0 < $1.0 }.map { Double($0.1) }
    try checks.compare(sums, to: expected["relative_rank_sum"], "relative_rank_sum")

    let importances = PruningByImportance.importances(
      conditionNumberDrops: try input["d_kappa"].numbers, regionDrops: try input["d_regions"].numbers)
    try checks.compare(importances.map(Double.init), to: expected["prune_scores"], "prune_scores")

    let supernet = try input["edges"].members.map {
      PruningByImportance.Edge(name: $0.key, operations: try $0.value.texts)
    }
    let search = try PruningByImportance(supernet) { edges in
      let operations = edges.flatMap(\.operations)
      return PruningByImportance.Quality(
        conditionNumber: try operations.reduce(1) { $0 + (try input["kc"][$1].number) },
        linearRegions: try operations.reduce(10) { $0 + (try input["rc"][$1].number) })
    }
    for edge in search.edges {
      checks.check(edge.operations == (try expected["final"][edge.name].texts), "\(edge) is left")
    }
    let order = search.removals.map { [$0.edge, $0.operation] }
    checks.check(order == (try expected["removal_order"].array.map { try $0.texts }), "removed \(order)")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryOfRankCorrelation() throws {
    let theory = try TheoryCase("22-nngp-nas")
    var checks = TheoryChecks(theory)
    let tau = try #require(
      try RankCorrelation(theory.input["tau_a"].numbers, theory.input["tau_b"].numbers))
    try checks.compare(tau.kendall, to: theory.expected["kendall_tau_b"], "kendall_tau_b")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  /// The regions that the engine counts when the inputs are what the ReLUs read.
  private func linearRegions(ofPreactivations rows: [[Double]]) throws -> Int {
    var builder = NetworkBuilder(input: .features(rows[0].count))
    let active = try builder.add(.activation(.relu), from: builder.input)
    let head = try builder.add(.dense(.init(units: 1)), from: active)
    let network = try CanonicalNetwork(builder.build(output: head))
    let batch = try SampleBatch(
      shape: .features(rows[0].count), count: rows.count, values: rows.flatMap { $0.map { Float($0) } })
    let evaluation = try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: 0), inputs: batch, settings: KernelSettings(),
      extras: .activationPatterns)
    return try #require(evaluation.activationPatterns?.linearRegions)
  }
}
