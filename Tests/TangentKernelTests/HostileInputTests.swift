import Datasets
import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

// What may come from files and search spaces: numbers that are not finite, sizes that do not fit. Nothing here may
// trap, and nothing may be called finite that is not.

@Test(arguments: lawNetworks)
func inputsThatAreNotFiniteAreNoticed(_ subject: LawNetwork) throws {
  let clean = try EngineCase(subject.network(), samples: 18, seed: 17)
  let whole = try clean.evaluate()
  #expect(whole.isFinite)
  for value in [Double.nan, .infinity, -.infinity] {
    for precision in Precision.allCases {
      var inputs = clean.inputs
      // Somewhere in the second block, in the middle of the map.
      inputs[17][subject.input.elementCount / 2] = value
      let result = try EngineCase(clean.network, stored: clean.stored, inputs: inputs).evaluate(
        .init(precision: precision))
      #expect(!result.isFinite, "\(value) \(precision)")
      // Samples are independent without batch statistics: the others' entries keep their bits.
      if precision == .double, !clean.network.hasBatchNormalization {
        for i in 0..<17 { for j in 0..<17 { #expect(result.kernel[i, j] == whole.kernel[i, j]) } }
      }
    }
  }
}

/// Each activation and each pooling passes a NaN on.
@Test(arguments: conformanceRows)
func nanReachesTheOutcomeThroughEveryOperation(_ row: ConformanceRow) throws {
  let clean = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  let inputs = [[Double](repeating: .nan, count: row.input.elementCount)] + clean.inputs.dropFirst()
  for precision in Precision.allCases {
    let result = try EngineCase(clean.network, stored: clean.stored, inputs: inputs).evaluate(
      .init(precision: precision))
    #expect(!result.isFinite)
  }
}

@Test func overflowingWeightsAreNoticed() throws {
  var builder = NetworkBuilder(input: .features(3))
  let first = try builder.add(
    .dense(.init(units: 3, scaling: .init(weightVariance: 1e60))), from: builder.input)
  let network = try CanonicalNetwork(builder.build(output: builder.dense(2, first)))
  let batch = try sampleBatch(.features(3), sampleInputs(.features(3), count: 4, seed: 1))
  for parameterization in [Parameterization.standard, .ntk] {
    let settings = KernelSettings(parameterization: parameterization, precision: .single)
    let result = try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: 0), inputs: batch, settings: settings)
    #expect(!result.isFinite, "\(parameterization)")
  }
}

// MARK: Errors

/// The error an evaluation ends with; nil when it succeeds.
private func failure(
  _ network: Network, _ batch: SampleBatch, parameters: ParameterSource = .drawn(seed: 0), budget: Int? = nil,
  _ settings: KernelSettings = .init(), workspace: KernelWorkspace = .init()
) throws -> KernelError? {
  let canonical = try CanonicalNetwork(network)
  do {
    _ = try TangentKernelEngine(memoryBudget: budget).evaluate(
      canonical, parameters: parameters, inputs: batch, settings: settings, workspace: workspace)
    return nil
  } catch let error {
    return error
  }
}

@Test(arguments: lawNetworks)
func overBudgetIsThrownAtTheEstimate(_ subject: LawNetwork) throws {
  let network = try subject.network()
  let batch = try sampleBatch(subject.input, sampleInputs(subject.input, count: 5, seed: 1))
  let cost = try TangentKernelEngine().estimate(CanonicalNetwork(network), samples: 5, settings: .init())
  let workspace = KernelWorkspace()
  #expect(try failure(network, batch, budget: cost.bytes) == nil)
  #expect(
    try failure(network, batch, budget: cost.bytes - 1, workspace: workspace)
      == .overBudget(needed: cost.bytes, budget: cost.bytes - 1))
  #expect(workspace.bytes == 0)
}

/// The estimate bounds what an evaluation really takes from a fresh workspace.
@Test(arguments: lawNetworks + conformanceLawNetworks)
func estimatedMemoryIsAnUpperBound(_ subject: LawNetwork) throws {
  let network = try CanonicalNetwork(subject.network())
  for samples in [3, 40] {
    for reduction in OutputReduction.allCases {
      for precision in Precision.allCases {
        try expectBoundedMemory(
          network, subject.input, samples, .init(outputReduction: reduction, precision: precision))
      }
    }
  }
  let coupled = KernelSettings(outputReduction: .trace, normalizationMode: .batch)
  try expectBoundedMemory(network, subject.input, 19, coupled)
  try expectBoundedMemory(network, subject.input, 3, .init(initialization: .orthogonal))
  let everything: KernelExtras = [
    .perLayerKernels, .inputGradientKernel, .conjugateKernel, .signalStatistics, .activationPatterns,
  ]
  try expectBoundedMemory(network, subject.input, 19, .init(outputReduction: .full), extras: everything)
}

/// A circular convolution is computed as one without padding over a larger map: that is what takes memory.
@Test func estimatesAreOfTheConvolutionThatIsComputed() throws {
  var builder = NetworkBuilder(input: maps(64, 3, 3))
  let layer = Convolution(
    filters: 64, kernelHeight: 3, kernelWidth: 3, padding: 2, paddingMode: .circular)
  let wrapped = try builder.add(.convolution(layer), from: builder.input)
  let network = try CanonicalNetwork(builder.build(output: builder.readOut(wrapped)))
  try expectBoundedMemory(network, maps(64, 3, 3), 8, .init())
}

/// Between rounds nothing is released that the next one reads, so the first layers' gradients meet the last layers'
/// values. Large maps, the first ones most, and few samples: values and gradients are nearly all there is.
@Test func estimatesCountWhatSeveralRoundsKeep() throws {
  var builder = NetworkBuilder(input: maps(1, 40, 40))
  var last = builder.input
  for filters in [16, 4, 4] {
    last = try builder.convolve(filters, last, kernel: 1, padding: 0)
    last = try builder.add(.activation(.tanh), from: last)
  }
  let pooled = try builder.add(.globalAveragePooling, from: last)
  let network = try CanonicalNetwork(builder.build(output: builder.dense(3, pooled)))
  try expectBoundedMemory(network, maps(1, 40, 40), 3, .init(outputReduction: .trace))
}

/// One workspace for large and small networks holds no more than the one that runs needs, once it asks for memory.
@Test func reusedWorkspaceStaysWithinTheEstimateOrWhatItHeld() throws {
  let workspace = KernelWorkspace()
  for subject in lawNetworks + lawNetworks.reversed() {
    let network = try CanonicalNetwork(subject.network())
    let batch = try sampleBatch(subject.input, sampleInputs(subject.input, count: 20, seed: 1))
    let held = workspace.bytes
    let result = try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: 1), inputs: batch, settings: .init(), workspace: workspace)
    #expect(workspace.bytes <= max(held, result.cost.bytes))
    workspace.trim(to: 100_000)
    #expect(workspace.bytes <= 100_000)
  }
}

private func expectBoundedMemory(
  _ network: CanonicalNetwork, _ input: TensorShape, _ samples: Int, _ settings: KernelSettings,
  extras: KernelExtras = [], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let batch = try sampleBatch(input, sampleInputs(input, count: samples, seed: 1))
  let workspace = KernelWorkspace()
  let result = try TangentKernelEngine(threads: 4).evaluate(
    network, parameters: .drawn(seed: 1), inputs: batch, settings: settings, extras: extras,
    workspace: workspace)
  #expect(
    workspace.largestBytes <= result.cost.bytes, "\(samples) \(settings) \(extras)",
    sourceLocation: sourceLocation)
}

/// The conformance table's networks, as law networks.
private let conformanceLawNetworks = conformanceRows.map { row in
  LawNetwork(name: row.name, input: row.input) { try row.network() }
}

/// Networks that pass every check of shapes and would need exabytes: refused, not attempted.
@Test(arguments: OutputReduction.allCases)
func impossibleSizesAreOverBudget(_ reduction: OutputReduction) throws {
  let batch = try sampleBatch(maps(1, 4, 4), sampleInputs(maps(1, 4, 4), count: 3, seed: 1))
  let settings = KernelSettings(outputReduction: reduction)
  let operations: [Operation] = [
    .convolution(.init(filters: 1 << 31 - 1, kernel: 3, padding: 1)),
    .convolution(.init(filters: 2, kernel: 300_001, padding: 150_000)),
    .convolution(.init(filters: 1, kernel: 1, padding: 200_000)),
  ]
  for operation in operations {
    var builder = NetworkBuilder(input: maps(1, 4, 4))
    let network = try builder.build(output: builder.add(operation, from: builder.input))
    guard case .overBudget = try failure(network, batch, budget: 1 << 30, settings) else {
      Issue.record("\(operation) was not refused")
      continue
    }
  }
}

/// Extreme attributes of small networks: computed, and as the reference has them.
@Test func extremeAttributesOfSmallNetworksAreComputed() throws {
  let huge = Int(Int32.max)
  let operations: [Operation] = [
    // Offsets beyond 32 bits.
    .convolution(
      .init(
        filters: 2, kernelHeight: 4, kernelWidth: 4, stride: huge, padding: huge,
        dilation: (4 + 2 * huge - 1) / 3)),
    .convolution(.init(filters: 2, kernel: 2, stride: huge, padding: 1)),
    .convolution(.init(filters: 2, kernel: 201, stride: 3, padding: 100)),
    .averagePooling(.init(kernel: 999, stride: 400, padding: 500)),
    .averagePooling(.init(kernel: 999, stride: 400, padding: 500, countsPadding: true)),
    .maxPooling(.init(kernel: 999, stride: 400, padding: 500)),
    .averagePooling(.init(kernel: huge, stride: huge, padding: huge / 2 + 1)),
  ]
  for operation in operations {
    var builder = NetworkBuilder(input: maps(2, 4, 4))
    let stem = try builder.convolve(2, builder.input)
    let network = try builder.build(output: builder.add(operation, name: "extreme", from: stem))
    let given = try EngineCase(network, samples: 3, seed: 1)
    let result = try given.evaluate()
    #expect(result.isFinite)
    // The reference walks the windows cell by cell: only where they can be walked.
    if case .averagePooling(let pool) = operation, pool.kernel == huge { continue }
    let model = given.reference()
    let kernel = model.jacobian(model.forward(given.inputs)).kernel(.sum, .all)
    expectClose(result.kernel.values, kernel, 1e-9, "\(operation)")
  }
}

@Test func estimatesOfAbsurdBatchesDoNotTrap() throws {
  let network = try CanonicalNetwork(lawNetworks[3].network())
  for samples in [0, -5, .max, .max - 20, 1 << 40] {
    for reduction in OutputReduction.allCases {
      let cost = try TangentKernelEngine().estimate(
        network, samples: samples, settings: .init(outputReduction: reduction))
      #expect(cost.bytes >= 0)
      if samples > 1 << 30 { #expect(cost.bytes > 1 << 40) }
    }
  }
}

@Test func inputsOfAnotherShapeAreRefused() throws {
  var builder = NetworkBuilder(input: .features(3))
  let network = try builder.build(output: builder.dense(2, builder.input))
  let batch = try sampleBatch(.features(4), [[1, 2, 3, 4]])
  #expect(try failure(network, batch) == .inputShape(batch: .features(4), network: .features(3)))
}

@Test func weightsThatDoNotFitAreNamed() throws {
  var builder = NetworkBuilder(input: .features(3))
  let layer = try builder.add(.dense(.init(units: 2)), name: "head", from: builder.input)
  let network = try builder.build(output: layer)
  let weight = try NumericArray(shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
  let bias = try NumericArray(shape: [2], values: [0, 0])
  let transposed = try NumericArray(shape: [3, 2], values: [1, 2, 3, 4, 5, 6])
  for (arrays, name) in [
    (["head.weight": weight], "head.bias"),
    (["head.weight": transposed, "head.bias": bias], "head.weight"),
    (["head.weight": weight, "head.bias": bias, "tail.bias": bias], "tail.bias"),
  ] {
    #expect(refusal(of: arrays, for: network).contains("'\(name)'"))
  }
  let batch = try sampleBatch(.features(3), [[1, 2, 3]])
  #expect(try failure(network, batch, parameters: .arrays(["head.weight": weight])) != nil)
}

private func refusal(of arrays: [String: NumericArray], for network: Network) -> String {
  do {
    _ = try ParameterSource.checked(arrays, for: network)
    return ""
  } catch let error {
    return error.description
  }
}
