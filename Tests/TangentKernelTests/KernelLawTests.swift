import Datasets
import LinearAlgebra
import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

// Laws that every kernel obeys, on networks of the families and on random graphs.

private func given(_ subject: LawNetwork, samples: Int) throws -> EngineCase {
  try EngineCase(subject.network(), samples: samples, seed: 17)
}

private func bits(_ kernel: KernelMatrix) -> [UInt64] { kernel.values.map(\.bitPattern) }

// MARK: Samples

/// Without batch statistics, whose sums run over the samples in order, to the last bit.
@Test(arguments: lawNetworks)
func permutingSamplesPermutesTheKernel(_ subject: LawNetwork) throws {
  let straight = try given(subject, samples: 19)
  var order = Array(0..<19)
  var random = TestRandom(seed: 4)
  order.shuffle(using: &random)
  let permuted = try EngineCase(
    straight.network, stored: straight.stored, inputs: order.map { straight.inputs[$0] })
  let a = try straight.evaluate().kernel
  let b = try permuted.evaluate().kernel
  let expected = order.flatMap { i in order.map { j in a[i, j] } }
  if straight.network.hasBatchNormalization {
    expectClose(b.values, expected, 1e-12)
  } else {
    #expect(b.values == expected)
  }
}

@Test(arguments: lawNetworks)
func duplicatedSampleDuplicatesItsRow(_ subject: LawNetwork) throws {
  let single = try given(subject, samples: 18)
  // The copy stands in another block than the original.
  let doubled = try EngineCase(
    single.network, stored: single.stored, inputs: single.inputs + [single.inputs[2]])
  for reduction in [OutputReduction.sum, .trace] {
    let kernel = try doubled.evaluate(.init(outputReduction: reduction, precision: .single)).kernel
    for column in 0..<19 { #expect(kernel[18, column] == kernel[2, column]) }
    #expect(kernel[18, 18] == kernel[2, 2])
  }
}

@Test(arguments: lawNetworks)
func kernelsAreSymmetricAndPositiveSemiDefinite(_ subject: LawNetwork) throws {
  let subject = try given(subject, samples: 21)
  for reduction in OutputReduction.allCases {
    for precision in Precision.allCases {
      let kernel = try subject.evaluate(.init(outputReduction: reduction, precision: precision)).kernel
      let order = kernel.rows
      for i in 0..<order { for j in 0..<i { #expect(kernel[i, j] == kernel[j, i]) } }
      let eigenvalues = try symmetricEigenvalues(kernel.values, order: order)
      let floor = -Double(order) * precision.epsilon * eigenvalues[0]
      #expect(eigenvalues[order - 1] >= floor, "\(reduction) \(precision)")
    }
  }
}

/// The kernel of the first m samples is the corner of the kernel of more: padding lanes and other blocks enter
/// nothing. (Chunks of weights are cut by the number of blocks, so sums may associate differently.)
@Test(arguments: lawNetworks)
func batchSizeChangesNoEntry(_ subject: LawNetwork) throws {
  let whole = try given(subject, samples: 33)
  guard !whole.network.hasBatchNormalization else { return }
  let all = try whole.evaluate(.init(outputReduction: .trace, precision: .double))
  for count in [1, 15, 16, 17, 32] {
    let part = try EngineCase(whole.network, stored: whole.stored, inputs: Array(whole.inputs.prefix(count)))
    let result = try part.evaluate(.init(outputReduction: .trace, precision: .double))
    let corner = (0..<count).flatMap { i in (0..<count).map { j in all.kernel[i, j] } }
    expectClose(result.kernel.values, corner, 1e-12, "\(count) samples")
    #expect(result.outputs == Array(all.outputs.prefix(result.outputs.count)))
  }
}

@Test(arguments: lawNetworks)
func kernelBetweenBatchesIsABlockOfTheWhole(_ subject: LawNetwork) throws {
  let whole = try given(subject, samples: 23)
  guard !whole.network.hasBatchNormalization else { return }
  for reduction in OutputReduction.allCases {
    let settings = KernelSettings(outputReduction: reduction, precision: .double)
    let all = try whole.evaluate(settings).kernel
    let block = try TangentKernelEngine().evaluate(
      whole.canonical, parameters: whole.parameters,
      inputs: sampleBatch(subject.input, Array(whole.inputs.prefix(5))),
      secondInputs: sampleBatch(subject.input, Array(whole.inputs.dropFirst(5))), settings: settings
    ).kernel
    let share = all.rows / 23
    #expect((block.rows, block.columns) == (5 * share, 18 * share))
    let expected = (0..<5 * share).flatMap { i in (5 * share..<23 * share).map { j in all[i, j] } }
    expectClose(block.values, expected, 1e-12, "\(reduction)")
  }
}

// MARK: Reductions

/// Trace is the mean of the diagonal blocks of the full kernel, sum the sum of all O² blocks (SPEC 3.3, 3.4).
@Test(arguments: lawNetworks)
func reductionsAreBlocksOfTheFullKernel(_ subject: LawNetwork) throws {
  let subject = try given(subject, samples: 18)
  let kernels = try OutputReduction.allCases.map {
    try subject.evaluate(.init(outputReduction: $0, precision: .double)).kernel
  }
  let (sum, trace, full) = (kernels[0], kernels[1], kernels[2])
  let outputs = subject.network.outputCount
  let samples = subject.inputs.count
  var blockSum: [Double] = []
  var blockTrace: [Double] = []
  for i in 0..<samples {
    for j in 0..<samples {
      var total = 0.0
      var diagonal = 0.0
      for a in 0..<outputs {
        for b in 0..<outputs { total += full[i * outputs + a, j * outputs + b] }
        diagonal += full[i * outputs + a, j * outputs + a]
      }
      blockSum.append(total)
      blockTrace.append(diagonal / Double(outputs))
    }
  }
  expectClose(sum.values, blockSum, 1e-12)
  expectClose(trace.values, blockTrace, 1e-12)
}

@Test func reductionsCoincideForOneOutput() throws {
  var builder = NetworkBuilder(input: .features(6))
  let hidden = try builder.add(.activation(.gelu), from: builder.dense(20, builder.input))
  let subject = try EngineCase(builder.build(output: builder.dense(1, hidden)), samples: 7, seed: 3)
  let kernels = try OutputReduction.allCases.map { try subject.evaluate(.init(outputReduction: $0)).kernel }
  #expect(Set(kernels).count == 1)
}

// MARK: Bits

@Test(arguments: lawNetworks)
func threadCountChangesNoBit(_ subject: LawNetwork) throws {
  let subject = try given(subject, samples: 35)
  for precision in Precision.allCases {
    for reduction in OutputReduction.allCases {
      let settings = KernelSettings(outputReduction: reduction, precision: precision)
      let results = try [1, 2, 3, 5].map { try subject.evaluate(settings, on: .init(threads: $0)) }
      for result in results.dropFirst() {
        #expect(bits(result.kernel) == bits(results[0].kernel), "\(precision) \(reduction)")
        #expect(result.outputs == results[0].outputs)
      }
    }
  }
}

@Test(arguments: lawNetworks)
func instructionSetsChangeNoBit(_ subject: LawNetwork) throws {
  let subject = try given(subject, samples: 19)
  let modes = subject.network.hasBatchNormalization ? NormalizationMode.allCases : [.frozen]
  for (precision, mode) in Precision.allCases.flatMap({ precision in modes.map { (precision, $0) } }) {
    for reduction in mode == .frozen ? OutputReduction.allCases : [.sum] {
      let settings = KernelSettings(outputReduction: reduction, normalizationMode: mode, precision: precision)
      let kernels = try supportedVariants.map { variant in
        bits(
          try subject.evaluate(
            settings, on: TangentKernelEngine(threads: 1, memoryBudget: nil, variant: variant)
          ).kernel)
      }
      for kernel in kernels.dropFirst() { #expect(kernel == kernels[0], "\(precision) \(mode) \(reduction)") }
    }
  }
}

/// Activations are the one place where variants could differ by more than the order of sums.
@Test(arguments: Activation.all)
func instructionSetsChangeNoBitOfAnActivation(_ activation: Activation) throws {
  var builder = NetworkBuilder(input: .features(9))
  let wide = try builder.add(.scale(6), from: builder.dense(40, builder.input))
  let active = try builder.add(.activation(activation), from: wide)
  let subject = try EngineCase(builder.build(output: builder.dense(2, active)), samples: 16, seed: 2)
  for precision in Precision.allCases {
    let kernels = try supportedVariants.map { variant in
      bits(
        try subject.evaluate(
          .init(precision: precision),
          on: TangentKernelEngine(threads: 1, memoryBudget: nil, variant: variant)
        ).kernel)
    }
    for kernel in kernels.dropFirst() { #expect(kernel == kernels[0], "\(precision)") }
  }
}

/// Nodes in another order under other names, with identities and dead ends: the same canonical network, so the same
/// drawn weights and the same bits.
@Test(arguments: lawNetworks)
func isomorphicNetworksHaveTheSameKernelBitForBit(_ subject: LawNetwork) throws {
  let network = try subject.network()
  let batch = try sampleBatch(subject.input, sampleInputs(subject.input, count: 7, seed: 6))
  let kernels = try [network, shuffled(network, seed: 1), shuffled(network, seed: 2)].map { network in
    try TangentKernelEngine().evaluate(
      CanonicalNetwork(network), parameters: .drawn(seed: 12), inputs: batch, settings: .init()
    ).kernel
  }
  #expect(bits(kernels[1]) == bits(kernels[0]))
  #expect(bits(kernels[2]) == bits(kernels[0]))
}

/// One workspace through all networks, sizes, precisions and a batch of NaN gives what fresh memory gives.
@Test func reusedMemoryChangesNothing() throws {
  let workspace = KernelWorkspace()
  for round in 0..<2 {
    for subject in lawNetworks {
      for (samples, precision) in [(33, Precision.single), (5, .double), (17, .single)] {
        let subject = try given(subject, samples: samples)
        let settings = KernelSettings(outputReduction: .trace, precision: precision)
        let fresh = try subject.evaluate(settings)
        let reused = try subject.evaluate(settings, workspace: workspace)
        #expect(bits(fresh.kernel) == bits(reused.kernel))
        #expect(fresh.outputs == reused.outputs)
      }
      var poisoned = try given(subject, samples: 40).inputs
      for sample in poisoned.indices { poisoned[sample] = poisoned[sample].map { _ in .nan } }
      let straight = try given(subject, samples: 1)
      _ = try EngineCase(straight.network, stored: straight.stored, inputs: poisoned).evaluate(
        workspace: workspace)
    }
    if round == 0 { workspace.trim(to: 0) }
  }
}

// MARK: Scaling

/// ReLU networks without biases are homogeneous: f(2x) = 2f(x) with the same gradient's direction, so
/// Θ(2X, 2X) = 4Θ(X, X), exactly, since doubling is exact.
@Test func biasFreeReluKernelsAreHomogeneousOfDegreeTwo() throws {
  var builder = NetworkBuilder(input: maps(2, 5, 5))
  let stem = try builder.add(
    .convolution(.init(filters: 7, kernel: 3, padding: 1, bias: false)), from: builder.input)
  let pooled = try builder.add(
    .maxPooling(.init(kernel: 2)), from: builder.add(.activation(.relu), from: stem))
  let flat = try builder.add(.flatten, from: pooled)
  let single = try EngineCase(builder.build(output: builder.dense(2, flat, bias: false)), samples: 6, seed: 1)
  let doubled = try EngineCase(
    single.network, stored: single.stored, inputs: single.inputs.map { $0.map { 2 * $0 } })
  for precision in Precision.allCases {
    let kernel = try single.evaluate(.init(precision: precision)).kernel
    #expect(try doubled.evaluate(.init(precision: precision)).kernel.values == kernel.values.map { 4 * $0 })
  }
}

@Test func scalingTheOutputScalesTheKernelByTheSquare() throws {
  var builder = NetworkBuilder(input: .features(5))
  let hidden = try builder.add(.activation(.tanh), from: builder.dense(9, builder.input))
  let plain = try builder.dense(3, hidden)
  let scaled = try builder.add(.scale(-4), from: plain)
  let first = try EngineCase(builder.build(output: plain), samples: 6, seed: 1)
  let second = try EngineCase(builder.build(output: scaled), stored: first.stored, inputs: first.inputs)
  for reduction in OutputReduction.allCases {
    let kernel = try first.evaluate(.init(outputReduction: reduction)).kernel.values
    #expect(try second.evaluate(.init(outputReduction: reduction)).kernel.values == kernel.map { 16 * $0 })
  }
}

/// A layer with weight scale s and stored weights W/s computes what W does, but its weights' share of the kernel is
/// multiplied by s² (NTK parameterization written out).
@Test func weightScaleEntersTheKernelSquared() throws {
  let scale = 0.25
  let build = { (scale: Double) in
    var builder = NetworkBuilder(input: .features(4))
    let layer = Dense(units: 3, scaling: .init(weightScale: scale, biasScale: 1 / scale))
    return try builder.build(output: builder.add(.dense(layer), name: "layer", from: builder.input))
  }
  let plain = try EngineCase(build(1), samples: 5, seed: 2)
  var stored = plain.stored
  stored["layer.weight"] = plain.stored["layer.weight"]?.map { $0 / scale }
  stored["layer.bias"] = plain.stored["layer.bias"]?.map { $0 * scale }
  let scaled = try EngineCase(build(scale), stored: stored, inputs: plain.inputs)
  let settings = { KernelSettings(outputReduction: .trace, parameterFilter: $0, precision: .double) }
  let weights = try plain.evaluate(settings(.kernels)).kernel.values
  let biases = zip(try plain.evaluate(settings(.all)).kernel.values, weights).map { $0 - $1 }
  let result = try scaled.evaluate(settings(.all))
  #expect(result.outputs == (try plain.evaluate(settings(.all)).outputs))
  let expected = zip(weights, biases).map { scale * scale * $0 + $1 / (scale * scale) }
  expectClose(result.kernel.values, expected, 1e-14)
}

/// The sum over parameter sets: all = weights and γ + biases and β; kernels ≤ weights ≤ all as matrices.
@Test(arguments: lawNetworks)
func filtersNestAsPositiveSemiDefiniteMatrices(_ subject: LawNetwork) throws {
  let subject = try given(subject, samples: 9)
  let kernels = try ParameterFilter.allCases.map {
    try subject.evaluate(.init(parameterFilter: $0, precision: .double)).kernel.values
  }
  for (larger, smaller) in [(kernels[0], kernels[1]), (kernels[1], kernels[2])] {
    let eigenvalues = try symmetricEigenvalues(zip(larger, smaller).map { $0 - $1 }, order: 9)
    #expect(eigenvalues[8] >= -1e-10 * larger.reduce(0) { max($0, abs($1)) })
  }
}
