import Foundation
import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

/// Drawn parameters are read back through a linear layer: with the unit vectors as samples its outputs are the
/// columns of its weights, with a zero sample its bias.
private func drawnLayer(
  inputs: Int, units: Int, seed: UInt64, settings: KernelSettings, scaling: ParameterScaling = .init()
) throws -> (weights: [Double], biases: [Double]) {
  var builder = NetworkBuilder(input: .features(inputs))
  let layer = try builder.add(.dense(.init(units: units, scaling: scaling)), from: builder.input)
  return try readBack(builder.build(output: layer), seed: seed, settings)
}

private func readBack(
  _ network: Network, seed: UInt64, _ settings: KernelSettings
) throws -> (weights: [Double], biases: [Double]) {
  let size = network.inputShape.elementCount
  let units = (0..<size).map { unit in (0..<size).map { $0 == unit ? 1.0 : 0.0 } }
  let outputs = try TangentKernelEngine().evaluate(
    CanonicalNetwork(network), parameters: .drawn(seed: seed),
    inputs: sampleBatch(network.inputShape, units + [[Double](repeating: 0, count: size)]), settings: settings
  ).outputs
  let count = network.outputCount
  let biases = Array(outputs.suffix(count))
  return (outputs.dropLast(count).enumerated().map { $1 - biases[$0 % count] }, biases)
}

private func variance(_ values: [Double]) -> Double {
  values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
}

/// Fourth moment over squared variance: 3 for a normal, 9/5 for a uniform law.
private func kurtosis(_ values: [Double]) -> Double {
  values.reduce(0) { $0 + pow($1, 4) } / Double(values.count) / pow(variance(values), 2)
}

/// The law of dense weights with 48 inputs and 300 units, and of their biases, from the papers that name them.
private struct ExpectedLaw: Sendable, CustomTestStringConvertible {
  let initialization: Initialization
  let weightVariance: Double
  var biasVariance = 0.0
  var isUniform = false

  var testDescription: String { initialization.rawValue }
}

private let expectedLaws: [ExpectedLaw] = [
  .init(initialization: .heNormal, weightVariance: 2.0 / 48),
  .init(initialization: .heUniform, weightVariance: 2.0 / 48, isUniform: true),
  .init(initialization: .heNormalFanOut, weightVariance: 2.0 / 300),
  .init(initialization: .heUniformFanOut, weightVariance: 2.0 / 300, isUniform: true),
  .init(initialization: .xavierNormal, weightVariance: 2.0 / 348),
  .init(initialization: .xavierUniform, weightVariance: 2.0 / 348, isUniform: true),
  .init(initialization: .lecunNormal, weightVariance: 1.0 / 48),
  .init(initialization: .lecunUniform, weightVariance: 1.0 / 48, isUniform: true),
  .init(initialization: .pytorch, weightVariance: 1.0 / 144, biasVariance: 1.0 / 144, isUniform: true),
  .init(initialization: .tenasAsDescribed, weightVariance: 2.0 / 300),
  .init(initialization: .tenasAsShipped, weightVariance: 1.0 / 144, biasVariance: 1.0 / 144, isUniform: true),
]

@Test func everyInitializationHasAnExpectedLaw() {
  let orthogonal: [Initialization] = [.orthogonal, .deltaOrthogonal]
  #expect(Set(expectedLaws.map(\.initialization) + orthogonal) == Set(Initialization.allCases))
}

@Test(arguments: expectedLaws)
private func initializationsHaveTheirVariances(_ law: ExpectedLaw) throws {
  let (weightVariance, biasVariance, isUniform) = (law.weightVariance, law.biasVariance, law.isUniform)
  let settings = KernelSettings(initialization: law.initialization, precision: .double)
  let (weights, biases) = try drawnLayer(inputs: 48, units: 300, seed: 3, settings: settings)
  // Five standard errors of the sample moments of 14,400 numbers.
  let error = 5 / Double(weights.count).squareRoot()
  let mean = weights.reduce(0, +) / Double(weights.count)
  #expect(abs(mean) < error * weightVariance.squareRoot())
  #expect(abs(variance(weights) / weightVariance - 1) < error * 1.5)
  let expectedKurtosis = isUniform ? 1.8 : 3
  let kurtosisError = isUniform ? 2 * error : 10 * error
  #expect(abs(kurtosis(weights) - expectedKurtosis) < kurtosisError)
  let largest = weights.map { abs($0) }.max() ?? 0
  #expect(largest < (3 * weightVariance).squareRoot() * (1 + 1e-6) || !isUniform)
  if biasVariance == 0 {
    #expect(biases.allSatisfy { $0 == 0 })
  } else {
    #expect(abs(variance(biases) / biasVariance - 1) < 5 / 300.0.squareRoot() * 0.9)
  }
}

/// fan_in = in/groups · area and fan_out = out/groups · area: 6 channels, 60 filters, 3 × 3, two groups.
@Test(arguments: zip([Initialization.heNormal, .heNormalFanOut, .xavierNormal], [27.0, 270, 297]))
func fansOfGroupedConvolutionsCountGroupsAndArea(initialization: Initialization, fan: Double) throws {
  var builder = NetworkBuilder(input: maps(6, 3, 3))
  let layer = try builder.add(.convolution(.init(filters: 60, kernel: 3, groups: 2)), from: builder.input)
  let settings = KernelSettings(initialization: initialization, precision: .double)
  let weights = try readBack(builder.build(output: layer), seed: 8, settings).weights.filter { $0 != 0 }
  #expect(weights.count == 60 * 27)
  #expect(abs(variance(weights) * fan / 2 - 1) < 5 * (2 / Double(weights.count)).squareRoot())
}

@Test func varianceGivenByALayerWinsOverTheInitialization() throws {
  let scaling = ParameterScaling(weightVariance: 3, biasVariance: 0.5)
  let settings = KernelSettings(initialization: .pytorch, precision: .double)
  let (weights, biases) = try drawnLayer(
    inputs: 48, units: 300, seed: 3, settings: settings, scaling: scaling)
  #expect(abs(variance(weights) * 48 / 3 - 1) < 0.06)
  #expect(abs(kurtosis(weights) - 3) < 0.4)
  #expect(abs(variance(biases) / 0.5 - 1) < 0.41)
}

/// NTK parameterization: effective weights are σ_w/√fan_in times standard normal numbers, biases σ_b times them,
/// whatever the initialization says.
@Test func ntkParameterizationDrawsStandardNormals() throws {
  let scaling = ParameterScaling(weightScale: 2, weightVariance: 3, biasVariance: 0.5)
  let settings = KernelSettings(parameterization: .ntk, initialization: .xavierUniform, precision: .double)
  let (weights, biases) = try drawnLayer(
    inputs: 48, units: 300, seed: 3, settings: settings, scaling: scaling)
  #expect(abs(variance(weights) * 48 / 3 / 4 - 1) < 0.06)
  #expect(abs(kurtosis(weights) - 3) < 0.4)
  #expect(abs(variance(biases) / 0.5 - 1) < 0.41)
  let plain = KernelSettings(parameterization: .ntk, precision: .double)
  let defaults = try drawnLayer(inputs: 48, units: 300, seed: 3, settings: plain)
  #expect(abs(variance(defaults.weights) * 48 / 2 - 1) < 0.06)
  #expect(defaults.biases.allSatisfy { $0 == 0 })
}

@Test func sameSeedGivesTheSameBitsAndAnotherSeedOthers() throws {
  let network = try CanonicalNetwork(randomNetwork(seed: 11))
  let batch = try sampleBatch(
    network.network.inputShape, sampleInputs(network.network.inputShape, count: 5, seed: 1))
  let kernels = try [UInt64(0), 0, 1, .max].map { seed in
    try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: seed), inputs: batch, settings: .init()
    ).kernel
  }
  #expect(kernels[0] == kernels[1])
  #expect(Set(kernels).count == 3)
}

/// Weights are float32 numbers in both precisions, so kernels differ by the passes' rounding alone.
@Test(arguments: lawNetworks)
func bothPrecisionsScoreTheSameDrawnNetwork(_ subject: LawNetwork) throws {
  let network = try CanonicalNetwork(subject.network())
  let batch = try sampleBatch(subject.input, sampleInputs(subject.input, count: 9, seed: 2))
  for (parameterization, initialization) in [
    (Parameterization.standard, Initialization.pytorch), (.ntk, .pytorch), (.standard, .orthogonal),
  ] {
    let kernels = try Precision.allCases.map { precision in
      try TangentKernelEngine().evaluate(
        network, parameters: .drawn(seed: 5), inputs: batch,
        settings: .init(
          parameterization: parameterization, initialization: initialization, precision: precision)
      ).kernel.values
    }
    expectClose(kernels[0], kernels[1], 2e-5)
  }
}

/// Arrays long enough to be drawn in several pieces.
@Test func drawnWeightsDoNotDependOnTheNumberOfThreads() throws {
  var builder = NetworkBuilder(input: .features(300))
  let hidden = try builder.dense(700, builder.input)
  let network = try CanonicalNetwork(builder.build(output: builder.dense(2, hidden)))
  let batch = try sampleBatch(.features(300), sampleInputs(.features(300), count: 3, seed: 2))
  for initialization in [Initialization.heNormal, .pytorch, .orthogonal] {
    let kernels = try [1, 2, 3, 5].map { threads in
      try TangentKernelEngine(threads: threads).evaluate(
        network, parameters: .drawn(seed: 1), inputs: batch, settings: .init(initialization: initialization)
      ).kernel
    }
    #expect(Set(kernels).count == 1)
  }
}

// MARK: Orthogonal

/// Rows (or columns) of a layer's weights, given by input and unit, times each other.
private func expectOrthonormal(
  _ lines: [[Double]], squaredGain: Double, sourceLocation: SourceLocation = #_sourceLocation
) {
  for (i, line) in lines.enumerated() {
    for (j, other) in lines[...i].enumerated() {
      let product = zip(line, other).reduce(0) { $0 + $1.0 * $1.1 }
      // Weights are rounded to float32.
      #expect(
        abs(product - (i == j ? squaredGain : 0)) < 1e-6 * squaredGain, sourceLocation: sourceLocation)
    }
  }
}

/// Gain² is σ_w² of a layer that gives one, else 1; the NTK parameterization's σ_w² is 2 when none is given.
@Test(
  arguments: [(40, 40), (24, 60), (60, 24)],
  [(nil, .standard, 1), (3, .standard, 3), (3, .ntk, 3), (nil, .ntk, 2)]
    as [(Double?, Parameterization, Double)])
func orthogonalLayersKeepLengths(sizes: (Int, Int), scaling: (Double?, Parameterization, Double)) throws {
  let (inputs, units) = sizes
  let (variance, parameterization, squaredGain) = scaling
  for initialization in [Initialization.orthogonal, .deltaOrthogonal] {
    let settings = KernelSettings(
      parameterization: parameterization, initialization: initialization, precision: .double)
    let (weights, biases) = try drawnLayer(
      inputs: inputs, units: units, seed: 3, settings: settings, scaling: .init(weightVariance: variance))
    // Read back with the unit fastest.
    let rows = (0..<units).map { unit in (0..<inputs).map { weights[$0 * units + unit] } }
    let columns = (0..<inputs).map { Array(weights[$0 * units..<($0 + 1) * units]) }
    expectOrthonormal(units <= inputs ? rows : columns, squaredGain: squaredGain)
    #expect(biases.allSatisfy { $0 == 0 })
  }
}

/// The weights of a 3 × 3 convolution without padding on 3 × 3 maps, as (filter, channel of all, row, column).
private func convolutionWeights(
  _ layer: Convolution, channels: Int, _ settings: KernelSettings
) throws -> [[[Double]]] {
  var builder = NetworkBuilder(input: maps(channels, 3, 3))
  let node = try builder.add(.convolution(layer), from: builder.input)
  let weights = try readBack(builder.build(output: node), seed: 4, settings).weights
  return (0..<layer.filters).map { filter in
    (0..<channels).map { channel in
      (0..<9).map { weights[(channel * 9 + $0) * layer.filters + filter] }
    }
  }
}

@Test func orthogonalConvolutionsAreOneMatrix() throws {
  let settings = KernelSettings(initialization: .orthogonal, precision: .double)
  let weights = try convolutionWeights(.init(filters: 12, kernel: 3), channels: 4, settings)
  expectOrthonormal(weights.map { $0.flatMap { $0 } }, squaredGain: 1)
}

@Test(arguments: [1, 2])
func deltaOrthogonalConvolutionsAreZeroButAtTheCentre(groups: Int) throws {
  let settings = KernelSettings(initialization: .deltaOrthogonal, precision: .double)
  let layer = Convolution(
    filters: 10, kernel: 3, groups: groups, scaling: .init(weightVariance: 2))
  let weights = try convolutionWeights(layer, channels: 6, settings)
  for (filter, channels) in weights.enumerated() {
    for (channel, taps) in channels.enumerated() {
      for (tap, weight) in taps.enumerated() {
        let isPresent = tap == 4 && filter / (10 / groups) == channel / (6 / groups)
        #expect((weight != 0) == isPresent)
      }
    }
  }
  // Columns of the centre: disjoint between groups, so orthogonal all together.
  expectOrthonormal((0..<6).map { channel in weights.map { $0[channel][4] } }, squaredGain: 2)
}

@Test func deltaOrthogonalNeedsAsManyFiltersAsChannels() throws {
  var builder = NetworkBuilder(input: maps(6, 3, 3))
  let layer = try builder.add(
    .convolution(.init(filters: 4, kernel: 3)), name: "narrowing", from: builder.input)
  let network = try builder.build(output: layer)
  let settings = KernelSettings(initialization: .deltaOrthogonal)
  let batch = try sampleBatch(maps(6, 3, 3), sampleInputs(maps(6, 3, 3), count: 2, seed: 1))
  let error = try #require(throws: KernelError.self) {
    try TangentKernelEngine().evaluate(
      CanonicalNetwork(network), parameters: .drawn(seed: 0), inputs: batch, settings: settings)
  }
  guard case .unsupported("narrowing", let reason) = error else {
    Issue.record("\(error)")
    return
  }
  #expect(reason.contains("4 filters for 6 channels"))
}
