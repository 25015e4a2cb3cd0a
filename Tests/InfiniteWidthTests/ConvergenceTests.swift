import Datasets
import Foundation
import InfiniteWidth
import NetworkGraph
import TangentKernel
import Testing

/// The finite engine's kernel comes closer to the infinite one as 1/√width (SPEC 3.7): two programs that share only the
/// network.
private struct ConvergenceCase: CustomStringConvertible, Sendable {
  let description: String
  let input: TensorShape
  let widths: [Int]
  let network: @Sendable (Int) throws -> CanonicalNetwork
}

private let scaling = ParameterScaling(weightVariance: 1.7, biasVariance: 0.1)

private func convolution(_ filters: Int, stride: Int = 1, groups: Int = 1) -> NetworkGraph.Operation {
  .convolution(
    .init(filters: filters, kernel: 3, stride: stride, padding: 1, groups: groups, scaling: scaling))
}

private func dense(_ units: Int) -> NetworkGraph.Operation { .dense(.init(units: units, scaling: scaling)) }

private func network(
  _ input: TensorShape, _ body: (inout NetworkBuilder) throws -> NodeReference
) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: input)
  let output = try body(&builder)
  return try CanonicalNetwork(builder.build(output: output))
}

private let cases = [
  ConvergenceCase(description: "fully connected", input: .features(6), widths: [32, 128, 512]) { width in
    try network(.features(6)) { builder in
      var node = builder.input
      for activation in [Activation.relu, .gelu] {
        node = try builder.add(dense(width), from: node)
        node = try builder.add(.activation(activation), from: node)
      }
      return try builder.add(dense(1), from: node)
    }
  },
  ConvergenceCase(
    description: "convolution, flatten", input: .maps(channels: 3, height: 5, width: 4),
    widths: [16, 64, 256]
  ) { width in
    try network(.maps(channels: 3, height: 5, width: 4)) { builder in
      var node = try builder.add(convolution(width), from: builder.input)
      node = try builder.add(.activation(.relu), from: node)
      node = try builder.add(convolution(width, stride: 2, groups: 2), from: node)
      node = try builder.add(.activation(.erf), from: node)
      node = try builder.add(.flatten, from: node)
      return try builder.add(dense(1), from: node)
    }
  },
  ConvergenceCase(
    description: "convolution, pooling", input: .maps(channels: 2, height: 6, width: 6),
    widths: [16, 64, 256]
  ) { width in
    try network(.maps(channels: 2, height: 6, width: 6)) { builder in
      var node = try builder.add(convolution(width), from: builder.input)
      node = try builder.add(.activation(.relu), from: node)
      node = try builder.add(.averagePooling(.init(kernel: 3, stride: 2, padding: 1)), from: node)
      node = try builder.add(convolution(width), from: node)
      node = try builder.add(.activation(.leakyRelu(slope: 0.2)), from: node)
      node = try builder.add(.globalAveragePooling, from: node)
      return try builder.add(dense(1), from: node)
    }
  },
  ConvergenceCase(
    // Normalized by themselves, narrow layers fluctuate less than the law says.
    description: "layer normalization", input: .features(6), widths: [128, 512, 2048]
  ) { width in
    try network(.features(6)) { builder in
      var node = try builder.add(dense(width), from: builder.input)
      for activation in [Activation.relu, .erf] {
        node = try builder.add(.layerNormalization(.init()), from: node)
        node = try builder.add(.activation(activation), from: node)
        node = try builder.add(dense(width), from: node)
      }
      return try builder.add(dense(1), from: try builder.add(.activation(.relu), from: node))
    }
  },
  ConvergenceCase(
    description: "convolution, layer normalization", input: .maps(channels: 2, height: 4, width: 4),
    widths: [64, 256, 1024]
  ) { width in
    try network(.maps(channels: 2, height: 4, width: 4)) { builder in
      var node = try builder.add(convolution(width), from: builder.input)
      node = try builder.add(.layerNormalization(.init()), from: node)
      node = try builder.add(.activation(.relu), from: node)
      node = try builder.add(convolution(width), from: node)
      node = try builder.add(.activation(.relu), from: node)
      node = try builder.add(.globalAveragePooling, from: node)
      return try builder.add(dense(1), from: node)
    }
  },
  ConvergenceCase(description: "residual", input: .features(5), widths: [32, 128, 512]) { width in
    try network(.features(5)) { builder in
      var node = try builder.add(dense(width), from: builder.input)
      for _ in 0..<2 {
        var branch = try builder.add(.activation(.relu), from: node)
        branch = try builder.add(dense(width), from: branch)
        branch = try builder.add(.scale(0.7), from: branch)
        node = try builder.add(.add, from: [node, branch])
      }
      let other = try builder.add(.activation(.sin), from: try builder.add(dense(width), from: builder.input))
      node = try builder.add(.concatenate, from: [try builder.add(.activation(.relu), from: node), other])
      return try builder.add(dense(1), from: node)
    }
  },
]

@Test(arguments: cases)
private func finiteKernelsConvergeToTheInfiniteOne(_ test: ConvergenceCase) throws {
  let samples = 4
  let stream = (0..<samples * test.input.elementCount).map { Float(sin(Double(3 * $0 + 1)) * 1.2) }
  let batch = try SampleBatch(shape: test.input, count: samples, values: stream)
  // The limit leaves out the scales of normalizations.
  let hasScales = try test.network(8).network.nodes.contains {
    if case .layerNormalization = $0.operation { true } else { false }
  }
  let filter: ParameterFilter = hasScales ? .kernels : .all
  for parameterization in Parameterization.allCases {
    var deviations: [Double] = []
    for width in test.widths {
      let network = try test.network(width)
      let limit = try InfiniteWidthEngine().evaluate(
        network, inputs: stream.map(Double.init),
        settings: .init(parameterization: parameterization, trainsBiases: filter == .all))
      let reference = try #require(limit.ntk).values
      var squares = 0.0
      let seeds = 12
      for seed in 0..<seeds {
        let finite = try TangentKernelEngine().evaluate(
          network, parameters: .drawn(seed: UInt64(seed)), inputs: batch,
          settings: KernelSettings(parameterFilter: filter, parameterization: parameterization))
        squares += zip(finite.kernel.values, reference).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      deviations.append((squares / Double(seeds) / reference.reduce(0) { $0 + $1 * $1 }).squareRoot())
    }
    let octaves = log2(Double(test.widths[2]) / Double(test.widths[0]))
    let slope = log2(deviations[2] / deviations[0]) / octaves
    #expect(abs(slope + 0.5) < 0.15, "\(test) \(parameterization): slope \(slope), deviations \(deviations)")
    #expect(deviations[2] < 0.2, "\(test) \(parameterization): \(deviations)")
  }
}
