import ScoringMetrics
import Testing

@Test func metricNamesMayBeWrittenInEitherCaseStyle() throws {
  let registry = MetricRegistry.standard
  #expect(try registry.metric(named: "lambdaMax").description.name == "lambdaMax")
  #expect(try registry.metric(named: "lambda_max").description.name == "lambdaMax")
}

@Test func misspeltMetricNamesGetTheNearestName() throws {
  let error = try #require(throws: MetricError.self) {
    try MetricRegistry.standard.metric(named: "condition_nubmer")
  }
  #expect("\(error)".contains("did you mean 'conditionNumber'?"))
}

@Test func twoMetricsOfOneNameAreRefused() throws {
  var registry = MetricRegistry.standard
  let kappa = try registry.metric(named: MetricRegistry.headline)
  #expect(throws: MetricError.duplicateMetric(name: "conditionNumber")) { try registry.register(kappa) }
}

@Test func everyMetricExplainsItself() {
  for description in MetricRegistry.standard.metrics.map(\.description) {
    #expect(!description.needs.isEmpty)
    for text in [
      description.title, description.unit, description.explanation, description.source,
      description.directionReason, description.version,
    ] { #expect(!text.isEmpty, "\(description.name)") }
    #expect(description.explanation.hasSuffix("."))
  }
}
