import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

// Batch norm in training mode: what gradients go through between one batch norm and the next, in every order.

/// A convolution between batch norms, behind a ReLU that it alone reads.
struct CoupledConvolution: Sendable, CustomTestStringConvertible {
  var channels = 3
  var filters = 4
  var kernel = (3, 3)
  var stride = 1
  var padding = 1
  var dilation = 1
  var groups = 1
  var size = (9, 7)
  var bias = false

  var testDescription: String {
    "\(channels)→\(filters), \(kernel), stride \(stride), padding \(padding), dilation \(dilation), "
      + "groups \(groups), \(size)"
  }

  var layer: Convolution {
    Convolution(
      filters: filters, kernelHeight: kernel.0, kernelWidth: kernel.1, stride: stride, padding: padding,
      dilation: dilation, groups: groups, bias: bias)
  }
}

private let convolutions: [CoupledConvolution] = [
  .init(), .init(padding: 0), .init(padding: 2), .init(kernel: (5, 3), padding: 3, bias: true),
  .init(kernel: (1, 1), padding: 0), .init(kernel: (1, 1), padding: 2),
  .init(channels: 6, filters: 5, stride: 2),
  .init(kernel: (2, 4), stride: 3, padding: 1), .init(padding: 3, dilation: 3),
  .init(channels: 4, filters: 6, groups: 2), .init(channels: 5, filters: 5, kernel: (3, 3), groups: 5),
  .init(channels: 9, filters: 8), .init(channels: 9, filters: 8, padding: 0), .init(channels: 1, filters: 1),
  .init(channels: 18, filters: 19, kernel: (1, 1), padding: 0), .init(channels: 7, filters: 17, stride: 2),
  // Lists of positions come in strips of rows.
  .init(channels: 2, filters: 3, size: (40, 33)), .init(channels: 3, filters: 2, stride: 2, size: (45, 30)),
]

@Test(arguments: convolutions)
func convolutionsBetweenBatchNormsAreTheReferences(_ given: CoupledConvolution) throws {
  var builder = NetworkBuilder(input: maps(2, given.size.0, given.size.1))
  let first = try builder.add(
    .batchNormalization(.init()), from: builder.convolve(given.channels, builder.input))
  let active = try builder.add(.activation(.relu), from: first)
  let convolved = try builder.add(.convolution(given.layer), from: active)
  let second = try builder.add(.batchNormalization(.init()), from: convolved)
  let head = try builder.add(.averagePooling(.init(kernel: 2, stride: 2)), from: second)
  try check(builder.build(output: builder.readOut(head)), samples: 5)
}

/// Graphs whose gradients are shared, gathered and passed on in unusual orders.
private let graphs: [(name: String, build: @Sendable (inout NetworkBuilder) throws -> NodeReference)] = [
  (
    "a ReLU that two convolutions and a sum read",
    { builder in
      let active = try builder.add(
        .activation(.relu), from: builder.normalize(builder.convolve(3, builder.input)))
      let left = try builder.normalize(builder.convolve(3, active))
      let right = try builder.normalize(builder.convolve(3, active, kernel: 1, padding: 0))
      return try builder.add(.add, from: [left, active, right])
    }
  ),
  (
    "a ReLU that convolutions alone read, of which one is followed by a sum and one by more layers",
    { builder in
      let active = try builder.add(
        .activation(.relu), from: builder.normalize(builder.convolve(3, builder.input)))
      let first = try builder.normalize(builder.convolve(3, active))
      let second = try builder.normalize(builder.convolve(4, builder.add(.activation(.relu), from: first)))
      let beside = try builder.normalize(builder.convolve(4, active, kernel: 1, padding: 0))
      return try builder.add(.add, from: [second, beside, builder.convolve(4, active)])
    }
  ),
  (
    "a sum of one node with itself",
    { builder in
      let first = try builder.normalize(builder.convolve(3, builder.input))
      let twice = try builder.add(.add, from: [first, first])
      let next = try builder.normalize(builder.convolve(3, builder.add(.activation(.relu), from: twice)))
      return try builder.add(.add, from: [next, twice, first])
    }
  ),
  (
    "batch norms of batch norms, of the input, and of one convolution twice",
    { builder in
      let input = try builder.normalize(builder.normalize(builder.input))
      let convolved = try builder.convolve(4, input)
      let (left, right) = (try builder.normalize(convolved), try builder.normalize(convolved))
      let sum = try builder.add(.add, from: [left, builder.add(.activation(.tanh), from: right)])
      return try builder.normalize(sum)
    }
  ),
  (
    "sums of sums, of which one goes on by itself",
    { builder in
      let first = try builder.normalize(builder.convolve(3, builder.input))
      let second = try builder.normalize(builder.convolve(3, builder.add(.activation(.relu), from: first)))
      let sum = try builder.add(.add, from: [first, second])
      let sums = try builder.add(.add, from: [sum, second])
      let active = try builder.add(.activation(.relu), from: sums)
      let third = try builder.normalize(builder.convolve(3, active))
      return try builder.add(.add, from: [sum, third, sums, active])
    }
  ),
  (
    "joined maps, pools, a factor and zeros",
    { builder in
      let first = try builder.normalize(builder.convolve(3, builder.input))
      let largest = try builder.add(.maxPooling(.init(kernel: 3, stride: 1, padding: 1)), from: first)
      let mean = try builder.add(.averagePooling(.init(kernel: 3, stride: 1, padding: 1)), from: first)
      let scaled = try builder.add(.scale(0.5), from: builder.normalize(largest))
      let nothing = try builder.add(.zero, from: first)
      let joined = try builder.add(.concatenate, from: [mean, scaled, nothing, first])
      return try builder.normalize(builder.convolve(3, builder.add(.activation(.relu), from: joined)))
    }
  ),
  (
    "what needs all columns, between batch norms",
    { builder in
      let first = try builder.normalize(builder.convolve(4, builder.input))
      let grouped = try builder.add(.groupNormalization(.init(groups: 2)), from: first)
      let product = try builder.add(
        .multiply, from: [grouped, builder.normalize(builder.convolve(4, grouped))])
      let torus = try builder.add(
        .convolution(
          .init(filters: 3, kernelHeight: 3, kernelWidth: 3, padding: 1, paddingMode: .circular)),
        from: builder.add(.activation(.relu), from: product))
      return try builder.add(.add, from: [builder.normalize(torus), torus])
    }
  ),
  (
    "vectors between maps and the output",
    { builder in
      let first = try builder.normalize(builder.convolve(3, builder.input))
      let flat = try builder.add(.flatten, from: builder.add(.activation(.relu), from: first))
      let pooled = try builder.add(.globalAveragePooling, from: first)
      let hidden = try builder.normalize(builder.dense(6, flat))
      let other = try builder.normalize(builder.dense(6, pooled))
      return try builder.add(.activation(.relu), from: builder.add(.add, from: [hidden, other]))
    }
  ),
  (
    "a convolution whose positions a batch norm takes for channels",
    { builder in
      let first = try builder.normalize(builder.convolve(3, builder.input))
      let second = try builder.convolve(4, builder.add(.activation(.relu), from: first))
      return try builder.normalize(builder.add(.flatten, from: second))
    }
  ),
]

@Test(arguments: graphs.indices)
func graphsOfBatchNormsAreTheReferences(index: Int) throws {
  var builder = NetworkBuilder(input: maps(3, 6, 5))
  let end = try graphs[index].build(&builder)
  try check(builder.build(output: builder.readOut(end)), samples: 6, graphs[index].name)
}

/// A batch norm is the output itself, and directions come output by output.
@Test(arguments: [OutputReduction.sum, .trace, .full])
func aBatchNormAsTheOutput(reduction: OutputReduction) throws {
  var builder = NetworkBuilder(input: maps(3, 6, 5))
  let first = try builder.normalize(builder.convolve(3, builder.input))
  let hidden = try builder.readOut(builder.add(.activation(.relu), from: first))
  let network = try builder.build(output: builder.normalize(hidden))
  try check(network, samples: 6, reduction: reduction)
}

/// The last chunk of weights has few target channels, and its strips are taller: what one worker lists must not run
/// into what the next one does.
@Test(arguments: [(filters: 150, samples: 16), (64, 100)])
func leftOverTargetsKeepToTheirLists(given: (filters: Int, samples: Int)) throws {
  var builder = NetworkBuilder(input: maps(2, 16, 16))
  let first = try builder.normalize(builder.convolve(64, builder.input, kernel: 1, padding: 0))
  let active = try builder.add(.activation(.tanh), from: first)
  let second = try builder.normalize(builder.convolve(given.filters, active, kernel: 1, padding: 0))
  let pooled = try builder.add(.globalAveragePooling, from: second)
  let squashed = try builder.add(.activation(.tanh), from: pooled)
  let subject = try EngineCase(
    builder.build(output: builder.dense(2, squashed)), samples: given.samples, seed: 4)
  var settings = KernelSettings(normalizationMode: .batch, parameterFilter: .weights, precision: .single)
  let kernels = try [1, 2, 4].map { try subject.evaluate(settings, on: .init(threads: $0)).kernel }
  #expect(kernels[1] == kernels[0])
  #expect(kernels[2] == kernels[0])
  settings.precision = .double
  expectClose(kernels[0].values, try subject.evaluate(settings).kernel.values, 1e-4)
}

private func check(
  _ network: Network, samples: Int, _ name: String = "", reduction: OutputReduction = .sum
) throws {
  let subject = try EngineCase(network, samples: samples, seed: 11)
  let model = subject.reference(.init(.batch))
  let expected = model.jacobian(model.forward(subject.inputs)).kernel(.init(reduction), .all)
  let settings = KernelSettings(
    outputReduction: reduction, normalizationMode: .batch, precision: .double)
  let workspace = KernelWorkspace()
  let result = try subject.evaluate(settings, workspace: workspace)
  expectClose(result.kernel.values, expected, 1e-9, name)
  #expect(workspace.largestBytes <= result.cost.bytes, "\(name)")
  #expect(try subject.evaluate(settings, on: .init(threads: 3)).kernel == result.kernel, "\(name)")
  var single = settings
  single.precision = .single
  expectClose(try subject.evaluate(single).kernel.values, expected, 2e-5, name)
}

extension NetworkBuilder {
  fileprivate mutating func normalize(_ from: NodeReference) throws -> NodeReference {
    try add(.batchNormalization(.init()), from: from)
  }
}
