import ArchitectureScorer
import Datasets
import Foundation
import NetworkGraph
import PluginHosting
import PluginScripts
import ResultStorage
import ScoringMetrics
import TangentKernel
import Testing
import Trainability
import YAMLDocuments

/// A metric as a shell script, which keeps the last request.
private func metricScript(
  needs: String = #""tangent_kernel""#, values: String, more: String = ""
) throws -> PluginScript {
  let script = try PluginScript(name: "metric.sh")
  try script.write(
    """
    #!/bin/sh
    while read -r line; do
      id=${line#*'"id":'}; id=${id%%[,\\}]*}
      case $line in
        *'"call":"describe"'*) echo '{"id":'$id',"metrics":[{"name":"told","version":"1","explanation":"A number.","direction":"higher","needs":[\(needs)]\(more)}]}' ;;
        *'"call":"measure","metrics":["told"]'*)
          printf '%s' "$line" > "${0%/*}/request"
          \(values) ;;
        *'"call"'*) echo '{"id":'$id',"error":"what?"}' ;;
        *) echo '{"id":null,"error":"what?"}' ;;
      esac
    done

    """)
  return script
}

private func answer(_ value: String) -> String { #"echo '{"id":'$id',"values":{"told":"# + value + "}}'" }

private func widths(_ list: String, by: String = "condition_number") -> String {
  """
  family: fully_connected
  input: {shape: [6], outputs: 3, samples: 8}
  fixed: {depth: 1}
  choices: {width: [\(list)]}
  scoring: {seeds: 1, metrics: [told]}
  ranking: {by: \(by)}
  """
}

/// The C example's value is what its formula says of the engine's kernel, in and out of process.
@Test(arguments: [false, true])
func theExampleMetricIsOfTheKernel(isTrusted: Bool) throws {
  let scorer = try Scorer().adding(Plugin(path: builtLibrary("SampleCoherence"), isTrusted: isTrusted))
  let space = try scorer.space(widths("64").replacing("told", with: "sample_coherence"))
  let result = try scorer.rank(space)
  let network = try CanonicalNetwork(try space.makeNetwork(try #require(space.candidate(at: 0))))
  let evaluation = try TangentKernelEngine().evaluate(
    network, parameters: .drawn(seed: 0),
    inputs: try Dataset.gaussian(shape: .features(6)).batch(count: 8, seed: 0), settings: KernelSettings(),
    workspace: KernelWorkspace())
  let kernel = evaluation.kernel
  var sum = 0.0
  for i in 0..<8 {
    for j in 0..<8 where i != j { sum += abs(kernel[i, j]) / (kernel[i, i] * kernel[j, j]).squareRoot() }
  }
  let value = try #require(result.candidates.first?.metrics["sampleCoherence"]?.value)
  #expect(abs(value - sum / 56) < 1e-12)
  #expect(result.candidates.first?.wasPromoted == false)
}

/// Everything that can be asked for is there, and fits together.
@Test func measurementsAreOfOneKernel() throws {
  let all = MetricInput.allCases.filter { $0 != .labels }.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
  let script = try metricScript(needs: all, values: answer("1"))
  let scorer = try Scorer().adding(Plugin(path: script.path))
  _ = try scorer.rank(try scorer.space(widths("64")))
  let text = try #require(script.text(of: "request"))
  let request = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  let arrays = try #require(request["arrays"] as? [String: [[Double]]])
  #expect(
    Set(arrays.keys) == [
      "tangent_kernel", "activation_patterns", "conjugate_kernel", "input_gradient_kernel",
    ])
  for array in arrays.values { #expect(array.count == 8 && array.allSatisfy { $0.count == 8 }) }
  func trace(_ name: String) throws -> Double {
    let array = try #require(arrays[name])
    return (0..<8).reduce(0) { $0 + array[$1][$1] }
  }
  let whole = try trace("tangent_kernel")
  let eigenvalues = try #require(request["tangent_kernel_spectrum"] as? [Double])
  #expect(eigenvalues.count == 8 && eigenvalues == eigenvalues.sorted(by: >))
  #expect(abs(eigenvalues.reduce(0, +) / whole - 1) < 1e-9)
  let traces = try #require(request["layer_traces"] as? [[String: Any]])
  #expect(traces.compactMap { $0["role"] as? String } == ["weight", "bias", "weight", "bias"])
  #expect(traces.compactMap { $0["layer"] as? Int } == [0, 0, 1, 1])
  #expect(abs(traces.compactMap { $0["trace"] as? Double }.reduce(0, +) / whole - 1) < 1e-6)
  #expect(try trace("activation_patterns") == 8 * 64)
  #expect(request["activation_pattern_units"] as? Int == 64)
  let signals = try #require(request["activation_statistics"] as? [[String: Any]])
  #expect(signals.compactMap { $0["operation"] as? String } == ["dense", "relu", "dense"])
  let network = try #require(request["network"] as? [String: Int])
  #expect(network == ["parameters": 6 * 64 + 64 + 64 * 3 + 3, "multiply_adds": 6 * 64 + 64 * 3, "depth": 2])
}

@Test func valuesAreServedUntilThePluginChanges() throws {
  let store = try ResultStore.inMemory()
  let script = try metricScript(values: answer("2.5"))
  func ranked() throws -> RankingResult {
    let scorer = try Scorer().adding(Plugin(path: script.path))
    return try scorer.rank(try scorer.space(widths("32, 64", by: "told")), store: store)
  }
  let first = try ranked()
  #expect(first.candidates.compactMap { $0.metrics["told"]?.value } == [2.5, 2.5])
  #expect(first.counts.computed == 2)
  let again = try ranked()
  #expect(again.counts.fromStore == 2 && again.counts.computed == 0)
  #expect(again.candidates.compactMap { $0.metrics["told"]?.value } == [2.5, 2.5])
  let text = try #require(script.text(of: "metric.sh"))
  try script.write(text.replacing("2.5", with: "3.5") + "\n")
  let changed = try ranked()
  #expect(changed.counts.fromStore == 0)
  #expect(changed.candidates.compactMap { $0.metrics["told"]?.value } == [3.5, 3.5])
}

/// A value that is not there costs the candidate its rank by it, and no other.
@Test(arguments: [
  ("null", Outcome.notApplicable, "gives no value for this candidate"),
  ("\"many\"", .pluginError, "expected a finite number"),
  ("1e999", .pluginError, "expected a finite number"),
])
func aMissingValueIsTyped(_ fault: (value: String, outcome: Outcome, words: String)) throws {
  let script = try metricScript(
    values: "case $line in *'\"parameters\":133,'*) \(answer(fault.value)) ;; *) \(answer("7")) ;; esac")
  let scorer = try Scorer().adding(Plugin(path: script.path))
  // 13 hidden units have 6·13 + 13 + 13·3 + 3 = 133 parameters.
  let ranked = try scorer.rank(try scorer.space(widths("12, 13, 14", by: "told")))
  #expect(ranked.candidates.count == 2)
  let failed = try #require(ranked.failed.first)
  #expect(failed.outcome == fault.outcome)
  #expect(failed.message?.contains(fault.words) == true, "\(failed.message ?? "")")
  let other = try scorer.rank(try scorer.space(widths("12, 13, 14")))
  #expect(other.candidates.count == 3)
}

@Test(arguments: [
  ("echo 'no memory for that' >&2; exit 3", "its last words: no memory for that"),
  ("sleep 1000", "did not answer within"),
  ("echo garbage", "its reply is no JSON object"),
  (#"echo '{"id":'$id',"error":"not of this kernel"}'"#, "not of this kernel"),
  (#"echo '{"id":'$id',"values":{}}'"#, "lacks the key 'told'"),
  (#"echo '{"id":'$id',"values":{"told":1,"tolt":1}}'"#, "unknown key 'tolt'"),
  ("again=$((again+1)); " + #"echo '{"id":'$id',"values":{"told":'$again'}}'"#, "two different values"),
])
func everyFaultOfAMetricCostsItsValueOnly(_ fault: (values: String, words: String)) throws {
  let script = try metricScript(
    values: "case $line in *'\"parameters\":133,'*) \(fault.values) ;; *) \(answer("7")) ;; esac")
  var limits = PluginLimits()
  (limits.startSeconds, limits.callSeconds) = (5, 1)
  let scorer = try Scorer().adding(Plugin(path: script.path, limits: limits))
  // 13 hidden units have 6·13 + 13 + 13·3 + 3 = 133 parameters.
  let result = try scorer.rank(try scorer.space(widths("12, 13, 14", by: "told")))
  #expect(result.candidates.count == 2)
  let failed = try #require(result.failed.first)
  #expect(failed.outcome == .pluginError && failed.choices["width"] == .integer(13))
  #expect(failed.message?.contains(fault.words) == true, "\(failed.message ?? "")")
}

@Test func labelsAreThereOrTheMetricDoesNotApply() throws {
  let script = try metricScript(needs: #""tangent_kernel_spectrum","labels""#, values: answer("1"))
  let scorer = try Scorer().adding(Plugin(path: script.path))
  let result = try scorer.rank(try scorer.space(widths("12", by: "told")))
  #expect(result.failed.first?.outcome == .notApplicable)
  #expect(script.text(of: "request") == nil)
}

/// A doubtful kernel goes to the plugin once it is in double precision, and not before.
@Test func aDoubtfulKernelIsGivenInDoublePrecision() throws {
  let script = try metricScript(
    values: #"echo x >> "${0%/*}/asked"; "# + answer("1"))
  let scorer = try Scorer().adding(Plugin(path: script.path))
  // A linear map of 6 numbers to one has a kernel of rank 7 on 8 samples.
  let result = try scorer.rank(
    try scorer.space(
      """
      family: fully_connected
      input: {shape: [6], outputs: 1, samples: 8}
      fixed: {depth: 0}
      scoring: {seeds: 1, metrics: [told]}
      ranking: {by: told}
      """))
  #expect(result.candidates.first?.wasPromoted == true)
  #expect(script.text(of: "asked")?.split(separator: "\n").count == 2)
}

@Test(arguments: [
  (#","direction":"up""#, "the key 'direction' stands twice"),
  (#","scael":"linear""#, "did you mean 'scale'?"),
  (#","scale":"log""#, "expected one of linear, logarithmic"),
])
func wrongMetricsAreExplained(more: String, words: String) throws {
  let script = try metricScript(values: "exit 1", more: more)
  let error = #expect(throws: PluginFault.self) { try Scorer().adding(Plugin(path: script.path)) }
  #expect(error?.description.contains(words) == true, "\(String(describing: error))")
}

@Test func aMetricsNeedsAreKnown() throws {
  let script = try metricScript(needs: #""tangent_kernels""#, values: "exit 1")
  let error = #expect(throws: PluginFault.self) { try Scorer().adding(Plugin(path: script.path)) }
  #expect(error?.description.contains("did you mean 'tangent_kernel'?") == true)
}

@Test func aMetricsNameMustBeItsOwn() throws {
  let script = try metricScript(values: "exit 1")
  let plugin = try Plugin(path: script.path)
  let error = #expect(throws: PluginFault.self) { try Scorer().adding(plugin).adding(plugin) }
  #expect(error?.message.contains("its metric 'told' has the name of another") == true)
}

// MARK: The conformance suite

@Test func theExampleMetricPassesTheSuite() {
  for isTrusted in [false, true] {
    let suite = PluginConformance(path: builtLibrary("SampleCoherence"), isTrusted: isTrusted)
    #expect(suite.isPassed, "\(suite.checks.filter { !$0.isPassed })")
    #expect(suite.checks.count == 6)
  }
}

@Test func theSuiteFindsAMetricThatDiffersByProcess() throws {
  let script = try metricScript(values: answer("'$$'"))
  let failed = PluginConformance(path: script.path).checks.filter { !$0.isPassed }
  #expect(failed.map(\.subject) == ["told: the same measurements, the same values"])
  let absent = try metricScript(values: answer("null"))
  let without = PluginConformance(path: absent.path).checks.filter { !$0.isPassed }
  #expect(without.map(\.subject) == ["told: values of some networks"])
}

/// What a run kept of a plugin's metrics is all that showing it again takes.
@Test func aRunRankedByAPluginIsReadWithoutIt() throws {
  let script = try metricScript(
    values: #"case $line in *'"parameters":83'*) value=null ;; *) value=2.5 ;; esac; "#
      + #"echo '{"id":'$id',"values":{"told":'$value'}}'"#)
  let store = try ResultStore.inMemory()
  let scorer = try Scorer().adding(Plugin(path: script.path))
  // 6·w + w + 3·w + 3 parameters.
  let space = try scorer.space(widths("8, 16", by: "told"))
  let result = try scorer.rank(space, store: store)
  #expect(result.candidates.map { $0.metrics["told"]?.value } == [2.5])
  #expect(result.failed.map(\.outcome) == [.notApplicable])
  let another = try metricScript(values: answer("7"))
  for reader in [scorer, Scorer(), try Scorer().adding(Plugin(path: another.path))] {
    let stored = try reader.storedRun(in: store).result
    #expect(stored.candidates == result.candidates)
    #expect(stored.failed == result.failed)
    #expect(stored.run == result.run)
    #expect(stored.metrics.map(\.source) == result.metrics.map(\.source))
    #expect(stored.metrics.map(\.direction) == result.metrics.map(\.direction))
  }
  // No value is an answer too.
  #expect(try scorer.rank(space, store: store).counts.computed == 0)
}
