import Datasets
import NetworkGraph
import ScoringMetrics
import TangentKernel
import Testing
import Trainability

// Kernels that can be worked out by hand: of a linear map without bias the kernel is XXᵀ, whatever its weights; of
// x ↦ x∘x the gradient by the input is 2x.

private func samples(_ rows: [[Float]]) throws -> SampleBatch {
  try SampleBatch(shape: .features(rows[0].count), count: rows.count, values: rows.flatMap { $0 })
}

/// XXᵀ = diag(1, 4, 9).
private let diagonal: [[Float]] = [[1, 0, 0], [0, 2, 0], [0, 0, 3]]

private func linearMap(_ features: Int = 3) throws -> Network {
  var builder = NetworkBuilder(input: .features(features))
  return try builder.build(output: builder.add(.dense(.init(units: 1, bias: false)), from: builder.input))
}

private func squares() throws -> Network {
  var builder = NetworkBuilder(input: .features(3))
  return try builder.build(output: builder.add(.multiply, from: [builder.input, builder.input]))
}

private func readings(
  _ network: Network, _ needs: Set<MetricNeed>, _ rows: [[Float]], _ settings: KernelSettings = .init()
) throws -> [MetricNeed: MeterReading] {
  KernelMeter(settings: settings).measure(
    try CanonicalNetwork(network), needs, seed: 0, inputs: try samples(rows), workspace: KernelWorkspace(),
    admit: { _ in 1 })
}

private func value(
  _ name: String, _ network: Network, _ rows: [[Float]], _ settings: KernelSettings = .init()
) throws -> MetricValue {
  let metric = try MetricRegistry.standard.metric(named: name)
  let readings = try readings(network, metric.description.needs, rows, settings)
  return metric.value(
    of: Measurements(network: NetworkSize(network), readings.mapValues(\.measurement)))
}

private func expect(
  _ value: MetricValue, _ expected: Double, tolerance: Double = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let value = try #require(value.value, "\(value)", sourceLocation: sourceLocation)
  #expect(abs(value - expected) <= tolerance * expected, sourceLocation: sourceLocation)
}

// MARK: Forms of the tangent kernel

@Test func centringLeavesTheTwoEigenvaluesOfTheComplement() throws {
  // Of diag(1, 4, 9) they are the roots of Σ 1/(d − μ) = 0: 7 and 7/3.
  let reading = try #require(
    try readings(linearMap(), [.centeredKernelSpectrum], diagonal)[.centeredKernelSpectrum])
  let eigenvalues = try #require(reading.measurement.spectrum?.eigenvalues)
  #expect(eigenvalues.count == 2)
  #expect(abs(eigenvalues[0] - 7) < 1e-6 && abs(eigenvalues[1] - 7.0 / 3) < 1e-6)
  try expect(value("centeredConditionNumber", linearMap(), diagonal), 3)
}

@Test func whatAllSamplesShareDoesNotChangeTheCentredConditionNumberButItsPrecision() throws {
  // A constant feature of 128 adds 16384 to every entry: κ of the kernel itself exceeds what single precision holds.
  let shifted = diagonal.map { $0 + [128] }
  let reading = try #require(
    try readings(linearMap(4), [.centeredKernelSpectrum], shifted)[.centeredKernelSpectrum])
  #expect(reading.precision == .double)
  try expect(value("centeredConditionNumber", linearMap(4), shifted), 3, tolerance: 1e-9)
}

@Test func equalSamplesAreRankDeficientInEveryForm() throws {
  let pair: [[Float]] = [[1, 2, 3], [1, 2, 3], [0, 1, 0]]
  for name in [
    "centeredConditionNumber", "correlationConditionNumber", "lambdaMinOverTrace", "layerEqualizedLambdaMin",
    "layerEqualizedLambdaMinCorrelation", "conjugateKernelConditionNumber",
  ] {
    let value = try value(name, linearMap(), pair)
    #expect(value.outcome == .rankDeficient && value.value == nil, "\(name)")
  }
}

@Test func correlationFormIsBlindToTheLengthOfAGradient() throws {
  // An angle of 45°: [[1, 1/√2], [1/√2, 1]].
  let expected = (1 + 0.5.squareRoot()) / (1 - 0.5.squareRoot())
  try expect(value("correlationConditionNumber", linearMap(2), [[1, 0], [3, 3]]), expected)
  try expect(value("correlationConditionNumber", linearMap(2), [[8, 0], [0.25, 0.25]]), expected)
}

@Test func samplesWithoutGradientAreNamed() throws {
  let value = try value("correlationConditionNumber", linearMap(2), [[1, 0], [0, 0], [1, 1], [0, 0]])
  #expect(value.outcome == .rankDeficient)
  #expect(value.message == "the gradient of samples 1, 3 (counted from 0) is zero")
}

@Test func theSmallestEigenvalueIsRankedByItsShareOfTheTrace() throws {
  try expect(value("lambdaMinOverTrace", linearMap(), diagonal), 1.0 / 14)
  try expect(value("lambdaMinOverTrace", linearMap(), diagonal.map { $0.map { 8 * $0 } }), 1.0 / 14)
}

// MARK: Layer by layer

/// Batch norm and biases around the linear map, and a layer whose inputs, relu(−|x|), are zero.
private func decoratedLinearMap() throws -> Network {
  var builder = NetworkBuilder(input: .features(3))
  let normalized = try builder.add(.batchNormalization(.init()), from: builder.input)
  let alive = try builder.add(.dense(.init(units: 1)), from: normalized)
  let magnitude = try builder.add(.activation(.abs), from: builder.input)
  let zero = try builder.add(.activation(.relu), from: try builder.add(.scale(-1), from: magnitude))
  let dead = try builder.add(.dense(.init(units: 1)), from: zero)
  return try builder.build(output: builder.add(.add, from: [alive, dead]))
}

@Test func layersAreDividedByTheirMeanDiagonalBeforeTheyAreSummed() throws {
  // diag(1, 4, 9) over its mean diagonal 14/3; in correlation form the unit matrix.
  try expect(value("layerEqualizedLambdaMin", linearMap(), diagonal), 3.0 / 14)
  try expect(value("layerEqualizedLambdaMinCorrelation", linearMap(), diagonal), 1)
}

@Test func layerEqualizedKernelsSeeNeitherBatchNormNorBiasesNorDeadLayers() throws {
  let settings = KernelSettings(normalizationMode: .frozen, parameterFilter: .all)
  let network = try decoratedLinearMap()
  try expect(value("layerEqualizedLambdaMin", network, diagonal, settings), 3.0 / 14)
  try expect(value("layerEqualizedLambdaMinCorrelation", network, diagonal, settings), 1)
  let reading = try readings(network, [.layerEqualizedSpectrum], diagonal, settings)[.layerEqualizedSpectrum]
  guard case .layerSum(_, let omitted) = try #require(reading).measurement else {
    Issue.record("expected a spectrum")
    return
  }
  #expect(omitted == 1)
}

@Test func layersAreSummedNotAveraged() throws {
  var builder = NetworkBuilder(input: .features(3))
  let maps = try (0..<4).map { _ in
    try builder.add(.dense(.init(units: 1, bias: false)), from: builder.input)
  }
  let network = try builder.build(output: builder.add(.add, from: maps))
  try expect(value("layerEqualizedLambdaMinCorrelation", network, diagonal), 4)
}

@Test func aNetworkWhoseLayersAreAllDeadIsRankDeficient() throws {
  var builder = NetworkBuilder(input: .features(2))
  let magnitude = try builder.add(.activation(.abs), from: builder.input)
  let zero = try builder.add(.activation(.relu), from: try builder.add(.scale(-1), from: magnitude))
  let network = try builder.build(output: builder.add(.dense(.init(units: 1, bias: false)), from: zero))
  for name in ["layerEqualizedLambdaMin", "layerEqualizedLambdaMinCorrelation", "gradientNormRatio"] {
    #expect(try value(name, network, [[1, 2], [3, 4]]).outcome == .rankDeficient, "\(name)")
  }
}

@Test func gradientNormRatioIsThatOfTheFirstToTheLastLayer() throws {
  var builder = NetworkBuilder(input: .features(3))
  let hidden = try builder.add(.dense(.init(units: 5)), name: "first", from: builder.input)
  let active = try builder.add(.activation(.relu), from: hidden)
  let network = try builder.build(
    output: builder.add(.dense(.init(units: 2)), name: "last", from: active))
  let layers = try #require(
    try TangentKernelEngine().evaluate(
      CanonicalNetwork(network), parameters: .drawn(seed: 0), inputs: samples(diagonal), settings: .init(),
      extras: .perLayerKernels
    ).perLayerKernels)
  let trace = { (name: String) in layers.first { $0.layer == name && $0.role == .weight }?.trace ?? .nan }
  try expect(
    value("gradientNormRatio", network, diagonal), (trace("first") / trace("last")).squareRoot(),
    tolerance: 1e-12)
}

// MARK: Other kernels

@Test func inputGradientMetricsAreOfTheGramMatrixOfInputGradients() throws {
  // G = 4 diag(1, 4, 9); the centred eigenvalues stand as 3 : 1.
  try expect(value("inputGradientMedianEigenvalue", squares(), diagonal), 2.0 / 7)
  try expect(value("inputGradientParticipationRatio", squares(), diagonal), 1.6)
}

@Test func anEvenNumberOfEigenvaluesHasTheMeanOfTwoAsMedian() throws {
  // G = 4 diag(1, 9).
  try expect(value("inputGradientMedianEigenvalue", squares(), [[1, 0, 0], [0, 3, 0]]), 0.5)
}

@Test func aNetworkThatReactsAlikeToAllSamplesIsRankDeficient() throws {
  // The gradient of a linear map by its input is its weights.
  #expect(try value("inputGradientMedianEigenvalue", linearMap(), diagonal).outcome == .rankDeficient)
  #expect(try value("inputGradientParticipationRatio", linearMap(), diagonal).outcome == .rankDeficient)
}

@Test func conjugateKernelIsThatOfTheLastHiddenFeatures() throws {
  try expect(value("conjugateKernelConditionNumber", linearMap(), diagonal), 9)
}

@Test func fewerFeaturesThanSamplesIsKnownBeforehand() throws {
  let reading = try readings(linearMap(2), [.conjugateKernelSpectrum], [[1, 0], [0, 1], [1, 1]])
  let conjugate = try #require(reading[.conjugateKernelSpectrum])
  #expect(!conjugate.wasComputed)
  guard case .failure(.rankDeficient, let message) = conjugate.measurement else {
    Issue.record("expected a failure")
    return
  }
  #expect(message == "more samples than features: 3 samples, and 2 features")
}

// MARK: One evaluation for all

@Test func everyNeedGivesTheSameAloneAsWithAllOthers() throws {
  let needs = Set(MetricNeed.shipped)
  let network = try decoratedLinearMap()
  // In double precision for some needs and in single for others.
  let rows: [[Float]] = [[1, 0, 0.5], [1, 0.03, 0], [0.2, 2, 1]]
  let together = try readings(network, needs, rows)
  #expect(Set(together.keys) == needs.subtracting([.network]))
  for need in needs.subtracting([.network]) {
    let alone = try #require(try readings(network, [need], rows)[need])
    #expect(alone.measurement == together[need]?.measurement, "\(need)")
    #expect(alone.precision == together[need]?.precision, "\(need)")
  }
}

@Test func needsOfTheSameSettingsShareAnEvaluation() {
  let meter = KernelMeter(settings: KernelSettings())
  // As the space says, layer-equalised, and reduced by the trace for labels.
  #expect(meter.evaluations(Set(MetricNeed.shipped)) == 3)
  #expect(meter.evaluations([.meanField, .infiniteTangentKernelSpectrum]) == 0)
  #expect(meter.evaluations([.network]) == 0)
  let removed = KernelMeter(settings: KernelSettings(normalizationMode: .removed, parameterFilter: .kernels))
  #expect(removed.evaluations(Set(MetricNeed.shipped)) == 2)
}

@Test func whatOverflowsIsNonFiniteForEveryNeed() throws {
  let infinite: [[Float]] = [[.infinity, 3e38, 0], [0, 3e38, 3e38]]
  let huge: [[Float]] = [[3e38, 3e38, 0], [0, 3e38, 3e38]]
  for name in [
    "conditionNumber", "centeredConditionNumber", "layerEqualizedLambdaMin", "inputGradientMedianEigenvalue",
    "gradientNormRatio",
  ] {
    #expect(try value(name, squares3(), infinite).outcome == .nonFinite, "\(name)")
    // In double precision, which decides, nothing overflows.
    #expect(try value(name, squares3(), huge).outcome != .nonFinite, "\(name)")
  }
}

private func squares3() throws -> Network {
  var builder = NetworkBuilder(input: .features(3))
  let squared = try builder.add(.multiply, from: [builder.input, builder.input])
  return try builder.build(output: builder.add(.dense(.init(units: 1)), from: squared))
}
