import Datasets
import Foundation
import LinearAlgebra
import NetworkGraph
import NetworkTraining
import TangentKernel
import Testing
import Trainability

/// Everything that has a gradient.
private func mixedNetwork() throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: .maps(channels: 2, height: 5, width: 4))
  let scaling = ParameterScaling(weightScale: 0.9, weightVariance: 1.5, biasVariance: 0.3)
  let stem = try builder.add(
    .convolution(.init(filters: 4, kernel: 3, padding: 1, scaling: scaling)), from: builder.input)
  let active = try builder.add(.activation(.tanh), from: stem)
  let circular = try builder.add(
    .convolution(
      .init(
        filters: 4, kernelHeight: 3, kernelWidth: 3, padding: 1, paddingMode: .circular, groups: 2,
        bias: false)),
    from: active)
  let product = try builder.add(.multiply, from: [circular, active])
  let sum = try builder.add(.add, from: [product, active, active])
  let pooled = try builder.add(.averagePooling(.init(kernel: 3, stride: 2, padding: 1)), from: sum)
  let joined = try builder.add(.concatenate, from: [pooled, pooled])
  let strided = try builder.add(
    .convolution(.init(filters: 3, kernel: 3, stride: 2, padding: 1, scaling: scaling)), from: joined)
  let silu = try builder.add(.activation(.silu), from: strided)
  let flat = try builder.add(.flatten, from: silu)
  let mean = try builder.add(.globalAveragePooling, from: pooled)
  let features = try builder.add(.concatenate, from: [flat, try builder.add(.scale(1.7), from: mean)])
  return try CanonicalNetwork(
    builder.build(output: try builder.add(.dense(.init(units: 2, scaling: scaling)), from: features)))
}

private func wave(_ count: Int) -> [Float] { (0..<count).map { Float(sin(Double(7 * $0 + 1)) * 0.9) } }

@Suite struct TrainableNetworkTests {
  @Test(arguments: Parameterization.allCases)
  func outputsAreThoseOfTheEngine(parameterization: Parameterization) throws {
    let network = try mixedNetwork()
    let batch = try SampleBatch(shape: network.network.inputShape, count: 3, values: wave(120))
    let settings = KernelSettings(parameterization: parameterization, precision: .double)
    let outputs = try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: 3), inputs: batch, settings: settings
    ).outputs
    let trainable = try TrainableNetwork(network, parameters: .drawn(seed: 3), settings: settings)
    let own = try trainable.outputs(try Matrix(rows: 3, columns: 40, values: batch.values.map(Double.init)))
    for (a, b) in zip(own.values, outputs) { #expect(abs(a - b) < 1e-12 * max(1, abs(b))) }
    #expect(trainable.displacement == 0)
  }

  /// A step so small that the network is its linearisation: outputs move by −ηΘr, and parameters by η√(rᵀΘr), with the
  /// engine's kernel.
  @Test(arguments: Parameterization.allCases)
  func aSmallStepIsThatOfTheTangentKernel(parameterization: Parameterization) throws {
    let network = try mixedNetwork()
    let batch = try SampleBatch(shape: network.network.inputShape, count: 3, values: wave(120))
    let settings = KernelSettings(
      outputReduction: .full, parameterization: parameterization, precision: .double)
    let kernel = try TangentKernelEngine().evaluate(
      network, parameters: .drawn(seed: 3), inputs: batch, settings: settings
    ).kernel
    var trainable = try TrainableNetwork(network, parameters: .drawn(seed: 3), settings: settings)
    let inputs = try Matrix(rows: 3, columns: 40, values: batch.values.map(Double.init))
    let targets = Matrix(rows: 3, columns: 2) { Double($0) - 0.7 * Double($1) }
    let before = try trainable.outputs(inputs)
    let rate = 1e-7
    // Backwards too: what is of second order in the step cancels.
    var backward = trainable
    _ = try backward.descend(inputs: inputs, targets: targets, learningRate: -rate)
    let behind = try backward.outputs(inputs)
    let residual = try trainable.descend(inputs: inputs, targets: targets, learningRate: rate).values
    #expect(residual == zip(before.values, targets.values).map { $0 - $1 })
    let after = try trainable.outputs(inputs)
    var square = 0.0
    let largest = kernel.values.reduce(0) { max($0, abs($1)) }
    for row in 0..<6 {
      let velocity = (0..<6).reduce(0) { $0 + kernel[row, $1] * residual[$1] }
      square += velocity * residual[row]
      let difference = (behind.values[row] - after.values[row]) / (2 * rate)
      #expect(abs(difference - velocity) < 1e-6 * largest)
    }
    #expect(abs(trainable.displacement - rate * square.squareRoot()) < 1e-6 * rate * square.squareRoot())
  }

  @Test func whatHasNoGradientHereIsNamed() throws {
    var builder = NetworkBuilder(input: .maps(channels: 1, height: 4, width: 4))
    let pooled = try builder.add(.maxPooling(.init(kernel: 2)), name: "pool", from: builder.input)
    let network = try CanonicalNetwork(builder.build(output: pooled))
    #expect(throws: NetworkTrainingError.unsupported(node: "pool", operation: "max_pool")) {
      try TrainableNetwork(network, parameters: .drawn(seed: 0), settings: KernelSettings())
    }
  }
}

@Suite struct DescentRunTests {
  private static func shallow(_ width: Int) throws -> CanonicalNetwork {
    let scaling = ParameterScaling(weightVariance: 2, biasVariance: 0.5)
    var builder = NetworkBuilder(input: .features(1))
    let hidden = try builder.add(.dense(.init(units: width, scaling: scaling)), from: builder.input)
    let active = try builder.add(.activation(.relu), from: hidden)
    return try CanonicalNetwork(
      builder.build(output: try builder.add(.dense(.init(units: 1, scaling: scaling)), from: active)))
  }

  /// Lee et al. 2019: the deviation from the linearised network falls as 1/√width.
  @Test func wideNetworksTrainAsTheirLinearisation() throws {
    let inputs = Matrix(column: [-1.5, -0.5, 0.25, 1, 1.75])
    let targets = Matrix(column: [0.5, -0.5, 0.75, 0.25, -1])
    let settings = KernelSettings(parameterization: .ntk, precision: .double)
    var errors: [Double] = []
    var movements: [Double] = []
    for width in [64, 1024, 16_384] {
      var (error, movement) = (0.0, 0.0)
      for seed in 0..<4 {
        let network = try Self.shallow(width)
        let batch = try SampleBatch(shape: .features(1), count: 5, values: inputs.values.map { Float($0) })
        let evaluation = try TangentKernelEngine().evaluate(
          network, parameters: .drawn(seed: UInt64(seed)), inputs: batch, settings: settings)
        let kernel = try DecomposedKernel(Matrix(rows: 5, columns: 5, values: evaluation.kernel.values))
        let dynamics = try TrainingDynamics(
          kernel: kernel, targets: targets, initialOutputs: Matrix(column: evaluation.outputs))
        let rate = 0.5 / kernel.lambdaMax
        let run = try DescentRun(
          TrainableNetwork(network, parameters: .drawn(seed: UInt64(seed)), settings: settings),
          inputs: inputs,
          targets: targets, steps: [0, 10, 100], learningRate: rate)
        #expect(run.points.map(\.step) == [0, 10, 100])
        #expect(abs(run.points[0].loss - dynamics.initialLoss) < 1e-10)
        #expect(
          run.points.allSatisfy {
            abs($0.residual.values.reduce(0) { $0 + $1 * $1 } / 2 - $0.loss) <= 1e-15 * $0.loss
          })
        #expect(run.points[0].displacement == 0 && run.points[1].loss < run.points[0].loss)
        let linearised = try dynamics.outputs(at: .gradientDescent(steps: 100, learningRate: rate))
        error += try Laziness.linearisationError(
          outputs: run.outputs, linearised: linearised, initial: run.initialOutputs)
        movement += run.points[2].displacement / run.initialNorm
      }
      errors.append(error / 4)
      movements.append(movement / 4)
    }
    for (small, large) in [(0, 1), (1, 2)] {
      // Sixteen times the width: a quarter.
      #expect(errors[large] < 0.5 * errors[small], "\(errors)")
      #expect(movements[large] < 0.35 * movements[small], "\(movements)")
    }
    #expect(errors[2] < 0.02, "\(errors)")
  }

  @Test func aRateThatIsTooLargeIsAnError() throws {
    let network = try TrainableNetwork(
      Self.shallow(32), parameters: .drawn(seed: 1),
      settings: KernelSettings(parameterization: .ntk, precision: .double))
    #expect(throws: NetworkTrainingError.self) {
      try DescentRun(
        network, inputs: Matrix(column: [1, 2]), targets: Matrix(column: [1, -1]), steps: [0, 2000],
        learningRate: 100)
    }
  }
}
