import Datasets
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Testing
import TheoryCases

@Suite struct TheoryOfFiniteNetworksTests {
  @Test func theoryOfFullyConnectedNetworks() throws {
    let theory = try TheoryCase("07-empirical-fcn")
    var checks = TheoryChecks(theory)
    let input = theory.input
    let widths = try input["widths"].array.map { try $0.integer }
    let parameterization = try #require(Parameterization(rawValue: try input["param"].text))
    let scaling = try scaling(input)
    var network = try GivenNetwork(
      samples: try input["X"].rows, shape: .features(widths[0]), parameterization: parameterization)
    for layer in 1..<widths.count {
      try network.add(
        .dense(.init(units: widths[layer], scaling: scaling)),
        weight: try input["W"].array[layer - 1].numbers,
        bias: try input["b"].array[layer - 1].numbers)
      if layer + 1 < widths.count { try network.add(.activation(try input["act"].activation)) }
    }
    let full = try network.evaluate(.full)
    try checks.compare(full.outputs, to: theory.expected["outputs"], "outputs")
    try checks.compare(full.kernel.values, to: theory.expected["full"], "full")
    try checks.compare(try network.evaluate(.trace).kernel.values, to: theory.expected["trace"], "trace")
    let sum = try network.evaluate(.sum).kernel
    try checks.compare(sum.values, to: theory.expected["sum_logits"], "sum_logits")
    let eigenvalues = try symmetricEigenvalues(sum.values, order: sum.rows)
    try checks.compare(
      eigenvalues[0] / eigenvalues[sum.rows - 1], to: theory.expected["kappa_sum_logits"], "kappa_sum_logits")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryOfConvolutionalNetworks() throws {
    let theory = try TheoryCase("08-empirical-cnn")
    var checks = TheoryChecks(theory)
    let input = theory.input
    let images = try input["X_nhwc"].array
    let (height, width) = (try images[0].array.count, try images[0].array[0].array.count)
    let channels = try images[0].array[0].array[0].array.count
    let samples = try images.map { image in
      let values = try image.numbers
      return (0..<channels).flatMap { channel in
        (0..<height * width).map { values[$0 * channels + channel] }
      }
    }
    let scaling = try scaling(input)
    var network = try GivenNetwork(
      samples: samples, shape: .maps(channels: channels, height: height, width: width), parameterization: .ntk
    )
    for (kernel, bias) in zip(try input["kernels_oihw"].array, try input["conv_bias"].array) {
      let size = try kernel.array[0].array[0].array.count
      try network.add(
        .convolution(
          .init(filters: try kernel.array.count, kernel: size, padding: (size - 1) / 2, scaling: scaling)),
        weight: try kernel.numbers, bias: try bias.numbers)
      try network.add(.activation(try input["act"].activation))
    }
    switch try input["readout"].text {
    case "flatten": try network.add(.flatten)
    case "gap": try network.add(.globalAveragePooling)
    case let other: throw TheoryCaseError("there is no readout '\(other)'")
    }
    try network.add(
      .dense(.init(units: try input["dense_W"].array.count, scaling: scaling)),
      weight: try input["dense_W"].numbers, bias: try input["dense_b"].numbers)
    let trace = try network.evaluate(.trace)
    try checks.compare(trace.outputs, to: theory.expected["outputs"], "outputs")
    try checks.compare(trace.kernel.values, to: theory.expected["trace"], "trace")
    try checks.compare(
      try network.evaluate(.sum).kernel.values, to: theory.expected["sum_logits"], "sum_logits")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  private func scaling(_ input: TheoryValue) throws -> ParameterScaling {
    ParameterScaling(weightVariance: try input["sw2"].number, biasVariance: try input["sb2"].number)
  }
}

/// A network with given parameters and inputs in float64. Batches hold float32, so each input x goes in as the corners of
/// a square of two by two, float32(x), the rest and two zeros, of which the network first takes four times the mean.
private struct GivenNetwork {
  private var builder: NetworkBuilder
  private var node: NodeReference
  private var arrays: [String: NumericArray] = [:]
  private let batch: SampleBatch
  private let parameterization: Parameterization

  /// - Parameter samples: channel, row, column.
  init(samples: [[Double]], shape: TensorShape, parameterization: Parameterization) throws {
    let (channels, height, width) =
      switch shape {
      case .features(let count): (count, 1, 1)
      case .maps(let channels, let height, let width): (channels, height, width)
      }
    let wide = TensorShape.maps(channels: channels, height: 2 * height, width: 2 * width)
    var values: [Float] = []
    for sample in samples {
      for row in 0..<channels * height {
        let numbers = sample[row * width..<(row + 1) * width]
        for number in numbers { values += [Float(number), Float(number - Double(Float(number)))] }
        values += Array(repeating: 0, count: 2 * width)
      }
    }
    batch = try SampleBatch(shape: wide, count: samples.count, values: values)
    builder = NetworkBuilder(input: wide)
    node = try builder.add(.averagePooling(.init(kernel: 2)), from: builder.input)
    node = try builder.add(.scale(4), from: node)
    if case .features = shape { node = try builder.add(.flatten, from: node) }
    self.parameterization = parameterization
  }

  /// - Parameter weight: row-major (out, in, …); empty for operations without parameters.
  mutating func add(_ operation: NetworkGraph.Operation, weight: [Double] = [], bias: [Double] = []) throws {
    let name = "given\(arrays.count)"
    let input = builder.shape(of: node)
    node = try builder.add(operation, name: weight.isEmpty ? nil : name, from: node)
    guard !weight.isEmpty else { return }
    for array in operation.parameterArrays(input: input) {
      arrays["\(name).\(array.suffix)"] = try NumericArray(
        shape: array.dimensions, values: array.role == .weight ? weight : bias)
    }
  }

  func evaluate(_ reduction: OutputReduction) throws -> KernelEvaluation {
    var builder = builder
    let network = try builder.build(output: node)
    return try TangentKernelEngine().evaluate(
      CanonicalNetwork(network), parameters: .checked(arrays, for: network), inputs: batch,
      settings: KernelSettings(
        outputReduction: reduction, parameterization: parameterization, precision: .double))
  }
}
