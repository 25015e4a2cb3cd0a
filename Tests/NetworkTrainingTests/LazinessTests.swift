import Datasets
import LinearAlgebra
import NetworkGraph
import NetworkTraining
import TangentKernel
import Testing

private let settings = KernelSettings(
  outputReduction: .trace, parameterization: .ntk, precision: .double)

private func network(width: Int, outputs: Int, _ activation: Activation) throws -> Network {
  var builder = NetworkBuilder(input: .features(2))
  let scaling = ParameterScaling(weightVariance: 1.5, biasVariance: 0.2)
  let hidden = try builder.add(.dense(.init(units: width, scaling: scaling)), from: builder.input)
  let active = try builder.add(.activation(activation), from: hidden)
  return try builder.build(
    output: try builder.add(.dense(.init(units: outputs, scaling: scaling)), from: active))
}

private let inputs = try? Matrix(rows: 3, columns: 2, values: [0.5, -1, 1, 0.25, -0.75, 0.5])
private let targets = Matrix(column: [1, -1, 0.5])

/// f(θ + su) to second order is what the curvature says, whatever finite difference it came from: by the residual of a
/// small step itself.
@Test func curvatureIsThatOfTheFirstStep() throws {
  let inputs = try #require(inputs)
  let start = try TrainableNetwork(
    CanonicalNetwork(network(width: 16, outputs: 1, .tanh)), parameters: .drawn(seed: 2), settings: settings)
  let curvature = try #require(try start.curvatureAlongGradient(inputs: inputs, targets: targets))
  let rate = 1e-3
  func moved(_ rate: Double) throws -> (outputs: Matrix, distance: Double) {
    var network = start
    _ = try network.descend(inputs: inputs, targets: targets, learningRate: rate)
    return (try network.outputs(inputs), network.displacement)
  }
  let (before, once, twice) = (try start.outputs(inputs), try moved(rate), try moved(2 * rate))
  let squares = before.values.indices.reduce(0.0) {
    let second = twice.outputs.values[$1] - 2 * once.outputs.values[$1] + before.values[$1]
    return $0 + second * second
  }
  let expected = squares.squareRoot() / (once.distance * once.distance)
  #expect(abs(curvature - expected) < 0.02 * expected, "\(curvature), \(expected)")
}

/// A wider network is lazier: along the gradient as one over its width (Dyer and Gur-Ari 2020), whatever single
/// directions do.
@Test func curvatureFallsWithWidth() throws {
  let inputs = try #require(inputs)
  func mean(_ width: Int) throws -> Double {
    try (0..<8).reduce(0.0) { sum, seed in
      let start = try TrainableNetwork(
        CanonicalNetwork(network(width: width, outputs: 1, .tanh)), parameters: .drawn(seed: UInt64(seed)),
        settings: settings)
      return try sum + (start.curvatureAlongGradient(inputs: inputs, targets: targets) ?? 0) / 8
    }
  }
  let ratio = try mean(32) / mean(512)
  #expect((8...32).contains(ratio), "16 times as wide: \(ratio)")
}

/// What is written of a network's parameters gives its outputs and its kernel again.
@Test func parametersAreWrittenAsAWeightsFileHoldsThem() throws {
  let inputs = try #require(inputs)
  let graph = try network(width: 5, outputs: 2, .erf)
  var trained = try TrainableNetwork(
    CanonicalNetwork(graph), parameters: .drawn(seed: 1), settings: settings)
  for _ in 0..<3 {
    _ = try trained.descend(inputs: inputs, targets: .zeros(3, 2), learningRate: 0.05)
  }
  let source = try ParameterSource.checked(trained.parameterArrays(), for: graph)
  let again = try TrainableNetwork(CanonicalNetwork(graph), parameters: source, settings: settings)
  let (a, b) = (try trained.outputs(inputs), try again.outputs(inputs))
  for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) < 1e-13) }
}

@Test func aNetworkThatFitsAlreadyHasNoDirection() throws {
  let inputs = try #require(inputs)
  let start = try TrainableNetwork(
    CanonicalNetwork(network(width: 5, outputs: 1, .tanh)), parameters: .drawn(seed: 1), settings: settings)
  #expect(try start.curvatureAlongGradient(inputs: inputs, targets: try start.outputs(inputs)) == nil)
}
