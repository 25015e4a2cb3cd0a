import Datasets
import InfiniteWidth
import MeanField
import NetworkGraph
import ScoringMetrics
import TangentKernel
import Testing
import Trainability

private let rows: [Float] = [1, 0.5, -0.2, 0.1, 1.2, 0.3, -0.7, 0.4, 0.9, 0.2, -1, 0.6]

private func batch(labels: [Int]? = nil) throws -> SampleBatch {
  try SampleBatch(shape: .features(3), count: 4, values: rows, labels: labels)
}

private func chain(
  _ activation: Activation = .relu, depth: Int = 2, width: Int = 32, outputs: Int = 1,
  normalization: NetworkGraph.Operation? = nil, scaling: ParameterScaling = .init()
) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: .features(3))
  var last = builder.input
  for _ in 0..<depth {
    last = try builder.add(.dense(.init(units: width, scaling: scaling)), from: last)
    if let normalization { last = try builder.add(normalization, from: last) }
    last = try builder.add(.activation(activation), from: last)
  }
  return try CanonicalNetwork(
    builder.build(output: builder.add(.dense(.init(units: outputs, scaling: scaling)), from: last)))
}

private func readings(
  _ network: CanonicalNetwork, _ needs: Set<MetricNeed>, _ settings: KernelSettings = .init(),
  labels: [Int]? = nil, seed: UInt64 = 0, limits: LimitKernels = LimitKernels()
) throws -> [MetricNeed: MeterReading] {
  KernelMeter(settings: settings).measure(
    network, needs, seed: seed, inputs: try batch(labels: labels), workspace: KernelWorkspace(),
    limits: limits,
    admit: { _ in 1 })
}

private func value(
  _ name: String, _ network: CanonicalNetwork, _ settings: KernelSettings = .init(), labels: [Int]? = nil
) throws -> MetricValue {
  let metric = try MetricRegistry.standard.metric(named: name)
  let readings = try readings(network, metric.description.needs, settings, labels: labels)
  return metric.value(
    of: Measurements(network: NetworkSize(network.network), readings.mapValues(\.measurement)))
}

private func limits(_ network: CanonicalNetwork, _ settings: KernelSettings) throws -> InfiniteWidthKernels {
  try InfiniteWidthEngine().evaluate(
    network, inputs: rows.map(Double.init), settings: InfiniteWidthSettings(settings))
}

private func near(_ value: MetricValue, _ expected: Double?, _ tolerance: Double = 1e-10) throws -> Bool {
  let value = try #require(value.value, "\(value)")
  let expected = try #require(expected)
  return abs(value - expected) <= tolerance * abs(expected)
}

// MARK: Infinite width

@Test(arguments: [Parameterization.standard, .ntk])
func metricsOfInfiniteWidthAreOfTheEnginesKernels(parameterization: Parameterization) throws {
  let settings = KernelSettings(parameterization: parameterization)
  let network = try chain()
  let kernels = try limits(network, settings)
  let tangent = try KernelSpectrum(
    eigenvalues: Kernels.eigenvalues(try #require(kernels.ntk)), epsilon: 0x1p-52)
  let process = try KernelSpectrum(eigenvalues: Kernels.eigenvalues(kernels.nngp), epsilon: 0x1p-52)
  #expect(try near(value("infiniteConditionNumber", network, settings), tangent.conditionNumber.value))
  #expect(try near(value("infiniteLambdaMax", network, settings), tangent.lambdaMax.value))
  #expect(try near(value("infiniteLambdaMin", network, settings), tangent.lambdaMin.value))
  #expect(try near(value("infiniteKernelTrace", network, settings), tangent.trace.value))
  #expect(try near(value("infiniteEffectiveRank", network, settings), tangent.effectiveRank.value))
  #expect(
    try near(
      value("infiniteLargestStableLearningRate", network, settings), tangent.largestStableLearningRate.value))
  #expect(try near(value("infiniteTimeToOnePercent", network, settings), tangent.timeToOnePercent.value))
  #expect(try near(value("nngpConditionNumber", network, settings), process.conditionNumber.value))
  #expect(try near(value("nngpKernelTrace", network, settings), process.trace.value))
}

@Test func kernelsOfInfiniteWidthNeedNoWeightsAndAreDouble() throws {
  let needs: Set<MetricNeed> = [.infiniteTangentKernelSpectrum, .gaussianProcessKernelSpectrum]
  let network = try chain()
  let single = try readings(network, needs, .init(precision: .single), seed: 1)
  let double = try readings(network, needs, .init(outputReduction: .full, precision: .double), seed: 2)
  for need in needs {
    #expect(single[need]?.measurement == double[need]?.measurement)
    #expect(single[need]?.precision == .double)
  }
}

@Test func kernelsOfInfiniteWidthAreEvaluatedOnceForABatch() throws {
  let limits = LimitKernels()
  let network = try chain()
  var evaluations = 0
  func measure(_ needs: Set<MetricNeed>, seed: UInt64, _ inputs: SampleBatch) {
    _ = KernelMeter(settings: .init()).measure(
      network, needs, seed: seed, inputs: inputs, workspace: KernelWorkspace(), limits: limits
    ) { _ in
      evaluations += 1
      return 1
    }
  }
  let inputs = try batch(labels: [0, 1, 1, 0])
  measure([.tangentKernelSpectrum], seed: 0, inputs)
  #expect(evaluations == 1)
  // One evaluation of the finite network and one of its limit.
  measure(
    [
      .tangentKernelSpectrum, .infiniteTangentKernelSpectrum, .gaussianProcessKernelSpectrum,
      .infiniteTangentKernelLabelFit, .infiniteWidthDeviation, .meanField,
    ], seed: 0, inputs)
  #expect(evaluations == 3)
  measure([.infiniteWidthDeviation], seed: 1, inputs)
  #expect(evaluations == 4)
  let other = try SampleBatch(shape: .features(3), count: 4, values: rows.map { 2 * $0 })
  measure([.infiniteTangentKernelSpectrum], seed: 1, other)
  #expect(evaluations == 5)
}

@Test(arguments: [true, false])
func moreThreadsAreUsedWhenTheirMemoryIsThereToo(isThere: Bool) throws {
  var asked: [Int] = []
  let readings = KernelMeter(settings: .init()).measure(
    try chain(), [.infiniteTangentKernelSpectrum], seed: 0, inputs: try batch(), workspace: KernelWorkspace()
  ) { bytes throws(KernelError) in
    asked.append(bytes)
    if asked.count > 1, !isThere { throw .overBudget(needed: bytes, budget: asked[0]) }
    return 4
  }
  #expect(asked.count == 2 && asked[1] > asked[0])
  #expect(readings[.infiniteTangentKernelSpectrum]?.measurement.spectrum?.outcome == .ok)
}

@Test(arguments: OutputReduction.allCases)
func aLinearMapIsItsOwnLimitUnderEveryReduction(reduction: OutputReduction) throws {
  var builder = NetworkBuilder(input: .features(3))
  let network = try CanonicalNetwork(
    builder.build(output: builder.add(.dense(.init(units: 3)), from: builder.input)))
  let deviation = try value("infiniteWidthDeviation", network, .init(outputReduction: reduction))
  #expect(try #require(deviation.value) < 1e-6)
}

@Test func theDeviationFallsWithWidth() throws {
  let deviations = try [64, 256, 1024].map { width -> Double in
    let network = try chain(width: width, outputs: 2)
    let logs = try (0..<6).map { seed -> Double in
      let reading = try readings(network, [.infiniteWidthDeviation], seed: UInt64(seed))
      guard case .relativeDeviation(let value)? = reading[.infiniteWidthDeviation]?.measurement else {
        throw MeanFieldError.undefined("no deviation")
      }
      return value
    }
    return logs.reduce(0, +) / 6
  }
  let fit = try WidthConvergence(widths: [64, 256, 1024], deviations: deviations)
  #expect(abs(fit.exponent + 0.5) < 0.2, "\(deviations)")
}

// MARK: What does not apply

@Test func anOperationWithoutALimitIsNamedAndCostsNoOtherMetric() throws {
  let network = try chain(normalization: .batchNormalization(.init()))
  let all = try readings(network, Set(MetricNeed.shipped))
  for need in MetricNeed.shipped where need.needsInfiniteWidth && !need.needsLabels {
    guard case .failure(let outcome, let message)? = all[need]?.measurement else {
      Issue.record("\(need) should fail")
      continue
    }
    #expect(outcome == .unsupportedAtInfiniteWidth)
    #expect(message.contains("(batch_norm)"))
    #expect(all[need]?.wasComputed == false)
  }
  #expect(all[.tangentKernelSpectrum]?.measurement.spectrum?.outcome == .ok)
  #expect(try value("gradientGain", network).outcome == .notApplicable)
  // Removed, it is not there.
  #expect(try value("infiniteConditionNumber", network, .init(normalizationMode: .removed)).value != nil)
}

@Test func aLayerThatLeavesItsVarianceToAnInitializationWithoutALimitIsNamed() throws {
  let value = try value("infiniteConditionNumber", chain(), .init(initialization: .orthogonal))
  #expect(value.outcome == .unsupportedAtInfiniteWidth)
  #expect(value.message?.contains("leaves its variance to an initialization that has no limit") == true)
}

@Test(arguments: ["validationAccuracy", "infiniteLabelAlignment", "nngpValidationAccuracy"])
func metricsOfLabelsDoNotApplyWithoutClasses(name: String) throws {
  let without = try value(name, chain())
  #expect(without.outcome == .notApplicable && without.message == "the dataset has no labels")
  let one = try value(name, chain(), labels: [3, 3, 3, 3])
  #expect(one.outcome == .notApplicable && one.message == "all samples of the batch are of one class")
}

// MARK: Labels

@Test func metricsOfLabelsFollowFromTheKernelOfOneOutput() throws {
  let labels = [7, 1, 1, 7]
  let network = try chain(outputs: 3)
  let settings = KernelSettings(precision: .double)
  let kernel = try TangentKernelEngine().evaluate(
    network, parameters: .drawn(seed: 0), inputs: batch(),
    settings: .init(outputReduction: .trace, precision: .double)
  ).kernel
  let fit = try LabelFit(kernel: Kernels.decomposed(kernel), labels: labels)
  #expect(try near(value("labelComplexity", network, settings, labels: labels), fit.complexity))
  #expect(try near(value("labelAlignment", network, settings, labels: labels), fit.alignment))
  #expect(try near(value("labelDisplacement", network, settings, labels: labels), fit.displacement))
  #expect(try value("validationAccuracy", network, settings, labels: labels).value == fit.validationAccuracy)
  let infinite = try LabelFit(
    kernel: Kernels.decomposed(try #require(limits(network, settings).ntk)), labels: labels)
  #expect(try near(value("infiniteLabelComplexity", network, settings, labels: labels), infinite.complexity))
  #expect(
    try near(
      value("infiniteLabelStepsToOnePercent", network, settings, labels: labels), infinite.stepsToOnePercent))
}

@Test func relativeDisplacementFallsAsOneOverTheRootOfTheWidthInTheNTKParameterization() throws {
  let settings = KernelSettings(parameterization: .ntk)
  let displacements = try [64, 1024].map { width in
    try #require(
      value("relativeDisplacement", chain(depth: 1, width: width), settings, labels: [0, 1, 1, 0]).value)
  }
  // ‖θ₀‖ is √P, and P grows with the width; ‖Δθ‖ tends to a constant.
  #expect(abs(displacements[0] / displacements[1] - 4) < 1.5)
}

@Test func parametersAreAsLongAsTheirLawSays() throws {
  let network = try chain(width: 400, outputs: 5).network
  // He normal: 2/fan_in each, biases zero: 2 · (400 + 400 + 5).
  let standard = TangentKernelEngine.expectedParameterNorm(of: network, settings: .init())
  #expect(abs(standard * standard - 2 * 805) < 1e-6)
  // Standard normal: as many as there are.
  let ntk = TangentKernelEngine.expectedParameterNorm(of: network, settings: .init(parameterization: .ntk))
  #expect(abs(ntk * ntk - Double(network.parameterCount)) < 1e-6)
}

/// Depthwise, each channel has a matrix of its own: six times the length of one, squared.
@Test func deltaOrthogonalGroupsAreAsLongAsTheirMatrices() throws {
  let squares = try [1, 6].map { channels in
    var builder = NetworkBuilder(input: .maps(channels: channels, height: 5, width: 5))
    let layer = Convolution(filters: channels, kernel: 3, padding: 1, groups: channels, bias: false)
    let network = try builder.build(output: builder.add(.convolution(layer), from: builder.input))
    let settings = KernelSettings(initialization: .deltaOrthogonal)
    let norm = TangentKernelEngine.expectedParameterNorm(of: network, settings: settings)
    return norm * norm
  }
  #expect(abs(squares[1] - 6 * squares[0]) < 1e-9)
}

// MARK: Mean field

private let ordered = ParameterScaling(weightVariance: 1, biasVariance: 0.05)
private let chaotic = ParameterScaling(weightVariance: 3, biasVariance: 0.05)

@Test func metricsOfMeanFieldAreOfTheAnalysis() throws {
  let network = try chain(.tanh, depth: 9, scaling: chaotic)
  let analysis = try MeanFieldAnalysis(
    WideNetworkMaps(activation: .tanh, weightVariance: 3, biasVariance: 0.05))
  #expect(try near(value("gradientGain", network), analysis.gradientGain))
  #expect(try near(value("varianceFixedPoint", network), analysis.varianceFixedPoint.value))
  #expect(try near(value("correlationFixedPoint", network), analysis.correlationFixedPoint))
  #expect(try near(value("gradientDepthScale", network), analysis.gradientDepthScale))
  #expect(try near(value("generalisingDepth", network), analysis.generalisingDepth))
  #expect(try near(value("generalisingDepthUse", network), 10 / #require(analysis.generalisingDepth)))
  #expect(try value("propagationPhase", network).value == 1)
  #expect(try value("trainableDepthUse", network).value == 0)
  let law = analysis.conditionNumberLaw(samples: 4)
  #expect(try near(value("asymptoticConditionNumber", network), law?.conditionNumber(depth: 10)))
  let cube = try BooleanCubeSpectrum(.tangent, analysis.maps, hiddenLayers: 9, dimension: 128)
  #expect(try near(value("higherDegreeShare", network), cube.fractionalVariance(fromDegree: 2)))
  #expect(try near(value("populationLearningRate", network), cube.maximalLearningRate()))
  let critical = try #require(try CriticalLine(.tanh).point(biasVariance: 0.05)).weightVariance
  #expect(try near(value("distanceToCriticality", network), 3 / critical - 1))
}

@Test func quantitiesThatAPhaseDoesNotHaveSayWhy() throws {
  let trains = try value("trainableDepth", chain(.tanh, scaling: chaotic))
  #expect(trains.outcome == .notApplicable)
  #expect(trains.message == "a network in the chaotic phase trains at any depth")
  let generalises = try value("generalisingDepth", chain(.tanh, scaling: ordered))
  #expect(generalises.outcome == .notApplicable)
  let growing = try value("varianceFixedPoint", chain(.relu, scaling: chaotic))
  #expect(growing.message?.hasPrefix("the variance of pre-activations has no fixed point") == true)
  #expect(try value("meanPredictorScale", chain(.tanh, scaling: ordered)).value == 1)
}

/// Without biases an odd activation learns odd functions alone, and the deeper the network, the more of them are not
/// linear.
@Test func depthTurnsFromLinearFunctions() throws {
  let odd = ParameterScaling(weightVariance: 2, biasVariance: 0)
  let shares = try [1, 2, 4].map {
    try #require(try value("higherDegreeShare", chain(.erf, depth: $0, scaling: odd)).value)
  }
  #expect(shares[0] > 0 && shares[0] < shares[1] && shares[1] < shares[2] && shares[2] < 1, "\(shares)")
}

@Test func measurementsAreTheSameOutOfAStore() throws {
  let network = try chain(.tanh, scaling: chaotic)
  for (need, reading) in try readings(network, Set(MetricNeed.shipped), labels: [0, 1, 0, 1]) {
    let (outcome, message) = reading.measurement.outcome(of: need)
    let restored = Measurement(
      need, eigenvalues: reading.measurement.spectrum?.eigenvalues, numbers: reading.measurement.numbers,
      outcome: outcome, message: message, epsilon: reading.precision.epsilon)
    #expect(restored == reading.measurement, "\(need)")
  }
}
