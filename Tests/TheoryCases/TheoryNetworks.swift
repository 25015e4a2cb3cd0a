import NetworkGraph

/// Networks of the theory cases, built layer by layer.
package enum TheoryNetworks {
  /// `hidden` dense layers with an activation after each, and one more dense layer.
  package static func fullyConnected(
    inputs: Int, hidden: [Int], _ activation: Activation, bias: Bool = true, outputs: Int = 1,
    scaling: ParameterScaling = .init()
  ) throws -> CanonicalNetwork {
    var builder = NetworkBuilder(input: .features(inputs))
    var node = builder.input
    for units in hidden {
      node = try builder.add(.dense(.init(units: units, bias: bias, scaling: scaling)), from: node)
      node = try builder.add(.activation(activation), from: node)
    }
    let head = try builder.add(.dense(.init(units: outputs, bias: bias, scaling: scaling)), from: node)
    return try CanonicalNetwork(builder.build(output: head))
  }

  package enum Readout: String { case flatten, gap }

  /// Convolutions with odd square kernels that keep the size, an activation after each, a read-out and a dense layer.
  package static func convolutional(
    input: TensorShape, layers: Int, filter: Int, _ activation: Activation, padding: Convolution.PaddingMode,
    readout: Readout, channels: Int = 8
  ) throws -> CanonicalNetwork {
    var builder = NetworkBuilder(input: input)
    var node = builder.input
    for _ in 0..<layers {
      node = try builder.add(
        .convolution(
          .init(
            filters: channels, kernelHeight: filter, kernelWidth: filter, padding: (filter - 1) / 2,
            paddingMode: padding)), from: node)
      node = try builder.add(.activation(activation), from: node)
    }
    node = try builder.add(readout == .gap ? .globalAveragePooling : .flatten, from: node)
    let head = try builder.add(.dense(.init(units: 1)), from: node)
    return try CanonicalNetwork(builder.build(output: head))
  }

  /// Pre-activation residual blocks h + √α dense(φ(h)) between two dense layers, the last after an activation.
  package static func residual(
    inputs: Int, blocks: Int, _ activation: Activation, alpha: Double, width: Int = 8
  ) throws -> CanonicalNetwork {
    var builder = NetworkBuilder(input: .features(inputs))
    var node = try builder.add(.dense(.init(units: width)), from: builder.input)
    for _ in 0..<blocks {
      let active = try builder.add(.activation(activation), from: node)
      let branch = try builder.add(.dense(.init(units: width)), from: active)
      let scaled = try builder.add(.scale(alpha.squareRoot()), from: branch)
      node = try builder.add(.add, from: [node, scaled])
    }
    node = try builder.add(.activation(activation), from: node)
    let head = try builder.add(.dense(.init(units: 1)), from: node)
    return try CanonicalNetwork(builder.build(output: head))
  }
}
