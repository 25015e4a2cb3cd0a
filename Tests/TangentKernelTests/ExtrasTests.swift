import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

private let everything: KernelExtras = [
  .perLayerKernels, .inputGradientKernel, .conjugateKernel, .signalStatistics, .activationPatterns,
  .phaseSeconds,
]

extension EngineCase {
  fileprivate func evaluate(
    _ settings: KernelSettings, extras: KernelExtras, threads: Int = 1
  ) throws -> KernelEvaluation {
    try TangentKernelEngine(threads: threads).evaluate(
      canonical, parameters: parameters, inputs: try batch, settings: settings, extras: extras)
  }
}

private func modes(of network: Network) -> [NormalizationMode] {
  network.hasBatchNormalization ? NormalizationMode.allCases : [.frozen]
}

/// Convolutions of several slots, both kinds of normalization, a branch and three kinds of activation.
private func branchedNetwork(outputs: Int = 3) throws -> Network {
  var builder = NetworkBuilder(input: maps(2, 6, 5))
  let stem = try builder.convolve(24, builder.input)
  let normalized = try builder.add(.batchNormalization(.init()), from: stem)
  let left = try builder.convolve(24, try builder.add(.activation(.relu), from: normalized))
  let right = try builder.add(.activation(.leakyRelu(slope: 0.2)), from: normalized)
  let joined = try builder.add(.add, from: [left, right])
  let grouped = try builder.add(.groupNormalization(.init(groups: 4)), from: joined)
  let curved = try builder.add(.activation(.tanh), from: grouped)
  let pooled = try builder.add(.globalAveragePooling, from: try builder.convolve(20, curved))
  return try builder.build(output: builder.dense(outputs, pooled))
}

// MARK: Per-layer kernels

@Test(arguments: conformanceRows)
func perLayerKernelsAreTheReferencesParameterBlocks(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  for mode in modes(of: given.network) {
    let model = given.reference(.init(mode))
    let jacobian = model.jacobian(model.forward(given.inputs))
    for reduction in OutputReduction.allCases {
      let settings = KernelSettings(outputReduction: reduction, normalizationMode: mode, precision: .double)
      let result = try given.evaluate(settings, extras: .perLayerKernels)
      let layers = try #require(result.perLayerKernels)
      for layer in layers {
        let suffix = layer.role == .weight || layer.role == .normalizationScale ? "weight" : "bias"
        let name = "\(layer.layer).\(suffix)"
        let expected = jacobian.kernel(.init(reduction), parameter: name)
        if norm(expected) < 1e-20 * norm(result.kernel.values) {
          // A bias that a normalization takes away: its gradient is rounding, and squared here.
          #expect(norm(layer.kernel.values) < 1e-20 * norm(result.kernel.values))
        } else {
          expectClose(layer.kernel.values, expected, 1e-9, "\(name) \(mode) \(reduction)")
        }
      }
      let sum = layers.reduce([Double](repeating: 0, count: result.kernel.values.count)) {
        zip($0, $1.kernel.values).map(+)
      }
      expectClose(sum, result.kernel.values, 1e-12, "sum of layers, \(mode) \(reduction)")
    }
  }
}

@Test func thereIsOneKernelForEachArrayThatTheFilterIncludes() throws {
  let given = try EngineCase(branchedNetwork(), samples: 3, seed: 2)
  let count = { (filter: ParameterFilter, mode: NormalizationMode) in
    let settings = KernelSettings(normalizationMode: mode, parameterFilter: filter)
    return try given.evaluate(settings, extras: .perLayerKernels).perLayerKernels?.count
  }
  // Three convolutions and a dense layer; batch and group normalization; four biases and two shifts.
  #expect(try count(.kernels, .frozen) == 4)
  #expect(try count(.weights, .frozen) == 6)
  #expect(try count(.all, .frozen) == 12)
  #expect(try count(.all, .removed) == 10)
}

// MARK: Input gradients and features

@Test(arguments: conformanceRows)
func inputGradientKernelAgreesWithTheReferencesInputJacobian(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  for mode in modes(of: given.network) {
    let model = given.reference(.init(mode))
    let expected = model.jacobian(model.forward(given.inputs)).inputGradientKernel
    for reduction in OutputReduction.allCases {
      for precision in Precision.allCases {
        let settings = KernelSettings(
          outputReduction: reduction, normalizationMode: mode, precision: precision)
        let result = try given.evaluate(settings, extras: .inputGradientKernel)
        expectClose(
          try #require(result.inputGradientKernel).values, expected,
          precision == .double ? 1e-9 : 10 * row.singleTolerance, "\(mode) \(reduction) \(precision)")
      }
    }
  }
}

@Test(arguments: conformanceRows)
func conjugateKernelIsTheGramMatrixOfTheLastHiddenFeatures(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  for mode in modes(of: given.network) {
    let nodes = given.reference(.init(mode)).forward(given.inputs).nodes
    let result = try given.evaluate(
      KernelSettings(normalizationMode: mode, precision: .double), extras: .conjugateKernel)
    let features = nodes[lastHidden(given.network, mode)]
    let expected = features.flatMap { left in features.map { right in inner(left, right) } }
    expectClose(try #require(result.conjugateKernel).values, expected, 1e-9, "\(mode)")
  }
}

private func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

private func norm(_ values: [Double]) -> Double { inner(values, values).squareRoot() }

private func lastHidden(_ network: Network, _ mode: NormalizationMode) -> Int {
  var index = network.output
  while true {
    switch network.nodes[index].operation {
    case .flatten, .identity: index = network.nodes[index].inputs[0]
    case .batchNormalization where mode == .removed: index = network.nodes[index].inputs[0]
    case .dense: return network.nodes[index].inputs[0]
    default: return index
    }
  }
}

@Test func featuresOfANetworkThatDoesNotEndInADenseLayerAreItsOutputs() throws {
  var builder = NetworkBuilder(input: maps(1, 3, 3))
  let mapped = try builder.convolve(4, builder.input)
  let network = try builder.build(output: builder.add(.globalAveragePooling, from: mapped))
  let given = try EngineCase(network, samples: 3, seed: 4)
  let result = try given.evaluate(.init(precision: .double), extras: .conjugateKernel)
  let rows = (0..<3).map { Array(result.outputs[$0 * 4..<$0 * 4 + 4]) }
  let expected = rows.flatMap { left in rows.map { right in inner(left, right) } }
  expectClose(try #require(result.conjugateKernel).values, expected, 1e-12)
}

// MARK: Signals

/// For each activation of `branchedNetwork`, its operation's name and [sample][unit] values before and after it.
private func activations(_ given: EngineCase) -> [(name: String, before: [[Double]], after: [[Double]])] {
  let nodes = given.reference().forward(given.inputs).nodes
  return given.network.nodes.enumerated().compactMap { index, node in
    guard case .activation = node.operation else { return nil }
    return (node.operation.name, nodes[node.inputs[0]], nodes[index])
  }
}

@Test(arguments: [3, 16, 37])
func activationPatternsCountUnitsThatAreActiveInBothSamplesOrInNeither(samples: Int) throws {
  let given = try EngineCase(branchedNetwork(), samples: samples, seed: 5)
  let result = try given.evaluate(.init(precision: .double), extras: .activationPatterns)
  let patterns = try #require(result.activationPatterns)
  // Not the hyperbolic tangent's.
  let masks = (0..<samples).map { sample in
    activations(given).filter { $0.name != "tanh" }.flatMap { $0.before[sample].map { $0 > 0 } }
  }
  #expect(patterns.units == 2 * 24 * 30)
  #expect(masks[0].count == patterns.units)
  let expected = masks.flatMap { left in
    masks.map { right in Double(zip(left, right).count { $0 == $1 }) }
  }
  #expect(patterns.agreements.values == expected)
}

@Test func signalStatisticsAreMomentsOverSamplesAndUnits() throws {
  let given = try EngineCase(branchedNetwork(), samples: 19, seed: 6)
  let result = try given.evaluate(.init(precision: .double), extras: .signalStatistics)
  let signals = try #require(result.signalStatistics)
  // Two convolutions, two normalizations, three activations, one dense layer; and not the convolution that the
  // batch norm reads.
  #expect(signals.count == 8)
  let nodes = given.reference().forward(given.inputs).nodes
  for signal in signals {
    let index = try #require(given.network.nodes.firstIndex { $0.name == signal.layer })
    #expect(signal.operation == given.network.nodes[index].operation.name)
    #expect(signal.units == given.network.nodes[index].shape.elementCount)
    let values = nodes[index].flatMap { $0 }
    let count = Double(values.count)
    #expect(abs(signal.mean - values.reduce(0, +) / count) < 1e-12)
    let meanSquare = values.reduce(0) { $0 + $1 * $1 } / count
    #expect(abs(signal.meanSquare - meanSquare) < 1e-9 * meanSquare)
    #expect(abs(signal.zeroFraction - Double(values.count { $0 == 0 }) / count) < 1e-12)
  }
  let relu = try #require(signals.first { $0.operation == "relu" })
  #expect(relu.zeroFraction > 0.1)
}

// MARK: One computation

@Test(arguments: NormalizationMode.allCases)
func extrasAndThreadsChangeNoBit(mode: NormalizationMode) throws {
  let given = try EngineCase(branchedNetwork(outputs: 2), samples: 37, seed: 7)
  for reduction in OutputReduction.allCases {
    let settings = KernelSettings(outputReduction: reduction, normalizationMode: mode)
    let plain = try given.evaluate(settings, extras: [])
    #expect(plain.perLayerKernels == nil && plain.inputGradientKernel == nil)
    #expect(plain.conjugateKernel == nil && plain.signalStatistics == nil && plain.activationPatterns == nil)
    let reference = try given.evaluate(settings, extras: everything)
    #expect(reference.kernel == plain.kernel)
    for threads in [2, 5] {
      #expect(try given.evaluate(settings, extras: [], threads: threads).kernel == plain.kernel)
      let result = try given.evaluate(settings, extras: everything, threads: threads)
      #expect(result.kernel == plain.kernel)
      #expect(result.perLayerKernels == reference.perLayerKernels)
      #expect(result.inputGradientKernel == reference.inputGradientKernel)
      #expect(result.conjugateKernel == reference.conjugateKernel)
      #expect(result.signalStatistics == reference.signalStatistics)
      #expect(result.activationPatterns == reference.activationPatterns)
    }
  }
}

@Test func everyExtraIsTheSameAloneAsWithTheOthers() throws {
  let given = try EngineCase(branchedNetwork(), samples: 18, seed: 8)
  let all = try given.evaluate(.init(), extras: everything)
  #expect(try given.evaluate(.init(), extras: .perLayerKernels).perLayerKernels == all.perLayerKernels)
  #expect(
    try given.evaluate(.init(), extras: .inputGradientKernel).inputGradientKernel == all.inputGradientKernel)
  #expect(try given.evaluate(.init(), extras: .conjugateKernel).conjugateKernel == all.conjugateKernel)
  #expect(try given.evaluate(.init(), extras: .signalStatistics).signalStatistics == all.signalStatistics)
  #expect(
    try given.evaluate(.init(), extras: .activationPatterns).activationPatterns == all.activationPatterns)
}

@Test func extrasBetweenTwoBatchesAreBlocksOfThoseOfBothTogether() throws {
  let given = try EngineCase(branchedNetwork(), samples: 20, seed: 9)
  let settings = KernelSettings(normalizationMode: .removed, precision: .double)
  let together = try given.evaluate(settings, extras: everything)
  let shape = given.network.inputShape
  let between = try TangentKernelEngine().evaluate(
    given.canonical, parameters: given.parameters, inputs: sampleBatch(shape, Array(given.inputs[..<3])),
    secondInputs: sampleBatch(shape, Array(given.inputs[3...])), settings: settings, extras: everything)
  let block = { (whole: KernelMatrix) in (0..<3).flatMap { row in (3..<20).map { whole[row, $0] } } }
  let pairs: [(KernelMatrix?, KernelMatrix?)] = [
    (between.inputGradientKernel, together.inputGradientKernel),
    (between.conjugateKernel, together.conjugateKernel),
    (between.activationPatterns?.agreements, together.activationPatterns?.agreements),
    (between.perLayerKernels?.first?.kernel, together.perLayerKernels?.first?.kernel),
  ]
  for (part, whole) in pairs {
    let part = try #require(part)
    #expect(part.rows == 3 && part.columns == 17)
    expectClose(part.values, block(try #require(whole)), 1e-12)
  }
}

@Test func extrasAreInTheEstimate() throws {
  let given = try EngineCase(branchedNetwork(), samples: 2, seed: 10)
  let estimate = { (extras: KernelExtras) in
    try TangentKernelEngine().estimate(given.canonical, samples: 64, settings: .init(), extras: extras)
  }
  let plain = try estimate([])
  for extras in [KernelExtras.perLayerKernels, .inputGradientKernel, .conjugateKernel, .activationPatterns] {
    #expect(try estimate(extras).bytes > plain.bytes)
  }
  for extras in [KernelExtras.inputGradientKernel, .conjugateKernel, .activationPatterns] {
    #expect(try estimate(extras).multiplyAdds > plain.multiplyAdds)
  }
}

// MARK: Phases

@Test(arguments: NormalizationMode.allCases, [1, 3])
func phasesAreMeasuredWithoutOverlap(mode: NormalizationMode, threads: Int) throws {
  let given = try EngineCase(branchedNetwork(), samples: 20, seed: 4)
  let settings = KernelSettings(outputReduction: .trace, normalizationMode: mode)
  if mode == .batch, threads == 1 { #expect(try given.evaluate(settings, extras: []).phaseSeconds == nil) }
  let result = try given.evaluate(settings, extras: .phaseSeconds, threads: threads)
  let phases = try #require(result.phaseSeconds)
  for phase in KernelPhase.allCases {
    let hasStatistics = mode == .frozen || mode == .batch
    #expect((phases[phase] > 0) == (phase != .statistics || hasStatistics), "\(phase)")
  }
  #expect(phases.total <= result.seconds.computation)
}
