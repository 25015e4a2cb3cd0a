import Foundation
import InfiniteWidth
import LinearAlgebra
import NetworkGraph
import Testing
import TheoryCases

/// The check values of the theory, far below their own tolerances: what is left is rounding.
private let tight = TheoryTolerance(absolute: 1e-10, relative: 1e-10)

private func finish(_ checks: TheoryChecks) {
  checks.report()
  #expect(checks.failures == [])
  #expect(checks.count > 0)
}

@Test func theoryOfFullyConnectedReLUKernels() throws {
  let theory = try TheoryCase("03-fcn-relu-kernels")
  var checks = TheoryChecks(theory, ofFixtures: tight)
  let (x, z) = (try theory.input["X"].rows, try theory.input["Z"].rows)
  let network = try TheoryNetworks.fullyConnected(
    inputs: x[0].count, hidden: Array(repeating: 8, count: try theory.input["hidden_layers"].integer),
    try theory.input["act"].activation)
  let settings = try variances(theory.input)
  let engine = InfiniteWidthEngine()
  let square = try engine.evaluate(network, inputs: x.flatMap(\.self), settings: settings)
  try checks.compare(square.nngp.values, to: theory.expected["nngp"], "nngp")
  try checks.compare(square.ntk?.values ?? [], to: theory.expected["ntk"], "ntk")
  let cross = try engine.evaluate(
    network, inputs: x.flatMap(\.self), secondInputs: z.flatMap(\.self), settings: settings)
  try checks.compare(cross.nngp.values, to: theory.expected["nngp_XZ"], "nngp_XZ")
  try checks.compare(cross.ntk?.values ?? [], to: theory.expected["ntk_XZ"], "ntk_XZ")
  finish(checks)
}

@Test func theoryOfFullyConnectedSmoothKernels() throws {
  let theory = try TheoryCase("04-fcn-smooth-kernels")
  var checks = TheoryChecks(theory, ofFixtures: tight)
  let x = try theory.input["X"].rows
  for name in try theory.input["acts"].array {
    let network = try TheoryNetworks.fullyConnected(
      inputs: x[0].count, hidden: Array(repeating: 8, count: try theory.input["hidden_layers"].integer),
      try name.activation)
    let kernels = try InfiniteWidthEngine().evaluate(
      network, inputs: x.flatMap(\.self), settings: try variances(theory.input))
    let expected = try theory.expected[try name.text]
    try checks.compare(kernels.nngp.values, to: expected["nngp"], "\(try name.text) nngp")
    try checks.compare(kernels.ntk?.values ?? [], to: expected["ntk"], "\(try name.text) ntk")
  }
  finish(checks)
}

@Test func theoryOfParameterizations() throws {
  let theory = try TheoryCase("05-parameterizations")
  var checks = TheoryChecks(theory, ofFixtures: tight)
  let x = try theory.input["X"].rows
  let activation = try theory.input["act"].activation
  let engine = InfiniteWidthEngine()
  func kernels(hidden: [Int], bias: Bool, _ settings: InfiniteWidthSettings) throws -> InfiniteWidthKernels {
    let network = try TheoryNetworks.fullyConnected(
      inputs: x[0].count, hidden: hidden, activation, bias: bias)
    return try engine.evaluate(network, inputs: x.flatMap(\.self), settings: settings)
  }
  let jacot = try theory.input["jacot"]
  let affine = try jacot["affine_layers"].integer
  let jacotKernels = try kernels(
    hidden: Array(repeating: 8, count: affine - 1), bias: true, .jacot(beta: try jacot["beta"].number))
  try checks.compare(jacotKernels.ntk?.values ?? [], to: theory.expected["jacot_ntk"], "jacot")
  let arora = try theory.input["arora"]
  let aroraKernels = try kernels(
    hidden: Array(repeating: 8, count: try arora["hidden_layers"].integer), bias: false,
    .arora(activation, inputs: x[0].count))
  try checks.compare(aroraKernels.nngp.values, to: theory.expected["arora_sigma"], "arora Σ")
  try checks.compare(aroraKernels.ntk?.values ?? [], to: theory.expected["arora_theta"], "arora Θ")
  let standard = try theory.input["standard"]
  var settings = try variances(standard)
  settings.parameterization = .standard
  let standardKernels = try kernels(
    hidden: try standard["widths"].numbers.map { Int($0) }, bias: try standard["bias"].boolean, settings)
  try checks.compare(standardKernels.ntk?.values ?? [], to: theory.expected["standard_ntk"], "standard")
  finish(checks)
}

@Test func theoryOfConvolutionalKernels() throws {
  let theory = try TheoryCase("09-cntk")
  var checks = TheoryChecks(theory, ofFixtures: tight)
  let images = try theory.input["X_nhwc"].array
  let (height, width) = (try images[0].array.count, try images[0].array[0].array.count)
  let channels = try images[0].array[0].array[0].array.count
  let inputs = try images.flatMap { try channelsFirst($0.numbers, channels: channels) }
  let paddings = ["SAME": Convolution.PaddingMode.zeros, "CIRCULAR": .circular]
  // Arora et al. 2019, literally: for ReLU a multiple of the kernel with σ_w² = 2 and no biases.
  func compareAroraForm(_ key: String, _ expected: TheoryValue) throws {
    let readout = key.contains("gap") ? TheoryNetworks.Readout.gap : .flatten
    let network = try TheoryNetworks.convolutional(
      input: .maps(channels: channels, height: height, width: width),
      layers: try theory.input["conv_layers"].integer, filter: try theory.input["filter"].integer, .relu,
      padding: .zeros, readout: readout)
    let kernels = try InfiniteWidthEngine().evaluate(network, inputs: inputs)
    let factor = Double(channels * (readout == .gap ? 1 : height * width)) / 2
    try checks.compare((kernels.ntk?.values ?? []).map { $0 * factor }, to: expected, key)
  }
  for (key, expected) in try theory.expected.members {
    if key == "arora_vanilla_relu" || key == "arora_gap_relu" {
      try compareAroraForm(key, expected)
      continue
    }
    let parts = key.split(separator: "-").map(String.init)
    guard parts.count == 2, let readout = TheoryNetworks.Readout(rawValue: parts[0]),
      let padding = paddings[parts[1]]
    else {
      Issue.record("the case has a key '\(key)' that is not computed")
      continue
    }
    let network = try TheoryNetworks.convolutional(
      input: .maps(channels: channels, height: height, width: width),
      layers: try theory.input["conv_layers"].integer, filter: try theory.input["filter"].integer,
      try theory.input["act"].activation, padding: padding, readout: readout)
    let kernels = try InfiniteWidthEngine().evaluate(
      network, inputs: inputs, settings: try variances(theory.input))
    try checks.compare(kernels.nngp.values, to: expected["nngp"], "\(key) nngp")
    let ntk = kernels.ntk?.values ?? []
    try checks.compare(ntk, to: expected["ntk"], "\(key) ntk")
    let eigenvalues = try symmetricEigenvalues(ntk, order: images.count)
    try checks.compare(eigenvalues[0] / eigenvalues[images.count - 1], to: expected["kappa"], "\(key) κ")
  }
  finish(checks)
}

@Test func theoryOfResidualNetworksAndBatchNormalization() throws {
  let theory = try TheoryCase("23-residual-and-batchnorm")
  var checks = TheoryChecks(theory, ofFixtures: tight)
  let x = try theory.input["X"].rows
  let blocks = try theory.input["resnet"]
  let network = try TheoryNetworks.residual(
    inputs: x[0].count, blocks: try blocks["blocks"].integer, try blocks["act"].activation,
    alpha: try blocks["alpha"].number)
  let kernels = try InfiniteWidthEngine().evaluate(
    network, inputs: x.flatMap(\.self), settings: try variances(blocks))
  try checks.compare(kernels.nngp.values, to: theory.expected["nngp"], "nngp")
  let ntk = kernels.ntk?.values ?? []
  try checks.compare(ntk, to: theory.expected["ntk"], "ntk")
  let eigenvalues = try symmetricEigenvalues(ntk, order: x.count)
  try checks.compare(eigenvalues[0] / eigenvalues[x.count - 1], to: theory.expected["kappa"], "κ")
  let rows = try theory.input["bn_sigma"].rows
  let covariance = Matrix(rows: rows.count, columns: rows.count) { rows[$0][$1] }
  for (key, expected) in try theory.expected.members where key.hasPrefix("bn_") {
    let activation = try Activation(theoryName: String(key.dropFirst("bn_".count)))
    let dual = try BatchNormalizationDual.covariance(after: activation, of: covariance)
    try checks.compare(dual.values, to: expected, key)
  }
  finish(checks)
}

/// The rows of a map with channels last, channels first.
private func channelsFirst(_ values: [Double], channels: Int) -> [Double] {
  let positions = values.count / channels
  return (0..<channels).flatMap { channel in (0..<positions).map { values[$0 * channels + channel] } }
}

private func variances(_ value: TheoryValue) throws -> InfiniteWidthSettings {
  InfiniteWidthSettings(weightVariance: try value["sw2"].number, biasVariance: try value["sb2"].number)
}
