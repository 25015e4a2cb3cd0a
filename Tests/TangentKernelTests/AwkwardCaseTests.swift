import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

// Shapes and values that come between the regular ones.

/// The last chunk of weights has fewer channels than the others, and its Winograd strips are larger: what one worker
/// takes for them must not run into what the next one has.
@Test(arguments: [(channels: 8, filters: 31, size: 16, samples: 12), (30, 30, 32, 160)])
func leftOverChannelsKeepToTheirScratch(
  given: (channels: Int, filters: Int, size: Int, samples: Int)
) throws {
  var builder = NetworkBuilder(input: maps(3, given.size, given.size))
  let stem = try builder.convolve(given.channels, builder.input, kernel: 1, padding: 0)
  let active = try builder.add(.activation(.relu), from: stem)
  let wide = try builder.add(
    .convolution(.init(filters: given.filters, kernel: 3, padding: 1, bias: false)), from: active)
  let pooled = try builder.add(.globalAveragePooling, from: wide)
  let subject = try EngineCase(
    builder.build(output: builder.dense(3, pooled)), samples: given.samples, seed: 4)
  let settings = KernelSettings(parameterFilter: .weights, precision: .single)
  let kernels = try [1, 2, 4].map { try subject.evaluate(settings, on: .init(threads: $0)).kernel }
  #expect(kernels[1] == kernels[0])
  #expect(kernels[2] == kernels[0])
  let exact = try subject.evaluate(.init(parameterFilter: .weights, precision: .double)).kernel
  expectClose(kernels[0].values, exact.values, 1e-5)
}

/// Lanes without a sample hold zeros, whose variance is zero: without an ε that is no number.
@Test func lanesWithoutASampleReachNoKernel() throws {
  var builder = NetworkBuilder(input: maps(2, 5, 5))
  let stem = try builder.add(
    .convolution(.init(filters: 7, kernel: 3, padding: 1, bias: false)), from: builder.input)
  let layer = try builder.add(.layerNormalization(.init(epsilon: 0)), from: stem)
  let next = try builder.convolve(6, layer)
  let normalized = try builder.add(.batchNormalization(.init()), from: next)
  let subject = try EngineCase(
    builder.build(output: builder.readOut(builder.add(.activation(.relu), from: normalized))), samples: 12,
    seed: 8)
  for mode in [NormalizationMode.frozen, .batch] {
    let model = subject.reference(.init(mode))
    let expected = model.jacobian(model.forward(subject.inputs)).kernel(.sum, .all)
    let result = try subject.evaluate(.init(normalizationMode: mode, precision: .double))
    expectClose(result.kernel.values, expected, 1e-9, "\(mode)")
    #expect(result.isFinite)
  }
}

/// Coupled samples whose maps are so large that directions come in three rounds, the last one with a single direction:
/// in another order every pair of samples meets in other rounds and other lanes.
@Test func roundsOfDirectionsMeetAllOthers() throws {
  var builder = NetworkBuilder(input: maps(3, 48, 48))
  let stem = try builder.add(.batchNormalization(.init()), from: builder.convolve(4, builder.input))
  let active = try builder.add(.activation(.relu), from: stem)
  let second = try builder.add(.batchNormalization(.init()), from: builder.convolve(4, active))
  let third = try builder.convolve(2, builder.add(.activation(.tanh), from: second))
  let network = try builder.build(output: builder.readOut(third))
  let inputs = sampleInputs(network.inputShape, count: 33, seed: 6)
  let order = inputs.indices.map { ($0 * 10 + 7) % 33 }
  let stored = network.randomParameters(seed: 5)
  let subject = try EngineCase(network, stored: stored, inputs: inputs)
  let settings = KernelSettings(normalizationMode: .batch, precision: .double)
  let kernel = try subject.evaluate(settings).kernel
  let reordered = try EngineCase(network, stored: stored, inputs: order.map { inputs[$0] })
  expectClose(
    try reordered.evaluate(settings).kernel.values,
    order.flatMap { row in order.map { kernel.values[row * kernel.columns + $0] } }, 1e-9)
  let workspace = KernelWorkspace()
  let threaded = try subject.evaluate(settings, on: .init(threads: 3), workspace: workspace)
  #expect(threaded.kernel == kernel)
  #expect(workspace.largestBytes <= threaded.cost.bytes)
  #expect(kernel.values.allSatisfy { $0 != 0 })
}

/// E x² − (E x)² would leave six digits of such a variance, in double precision.
@Test func aVarianceThatIsSmallBesideTheMeanIsExact() throws {
  var builder = NetworkBuilder(input: maps(2, 4, 4))
  let normalized = try builder.add(.batchNormalization(.init()), from: builder.input)
  let hidden = try builder.add(.activation(.tanh), from: builder.convolve(6, normalized))
  let network = try builder.build(output: builder.readOut(hidden))
  let inputs = sampleInputs(network.inputShape, count: 9, seed: 3).map { $0.map { Double(Float($0 + 1e5)) } }
  let subject = try EngineCase(network, stored: network.randomParameters(seed: 5), inputs: inputs)
  let model = subject.reference(.frozen)
  let expected = model.jacobian(model.forward(subject.inputs)).kernel(.sum, .all)
  expectClose(try subject.evaluate(.init(precision: .double)).kernel.values, expected, 1e-9)
}
