import MeanField
import NetworkGraph
import Testing

private let scaling = ParameterScaling(weightVariance: 1.5, biasVariance: 0.05)
private let defaults = MeanFieldNetwork.Defaults(weightVariance: 2)

/// Maps of 4 × 4 through what `body` adds, then a dense readout.
private func network(
  _ input: TensorShape = .maps(channels: 3, height: 4, width: 4),
  _ body: (inout NetworkBuilder) throws -> NodeReference
) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: input)
  return try CanonicalNetwork(builder.build(output: body(&builder)))
}

private func convolution(_ builder: inout NetworkBuilder, from node: NodeReference) throws -> NodeReference {
  try builder.add(
    .convolution(
      .init(
        filters: 8, kernelHeight: 3, kernelWidth: 3, padding: 1, paddingMode: .circular, scaling: scaling)),
    from: node)
}

private func read(
  _ network: CanonicalNetwork, _ defaults: MeanFieldNetwork.Defaults = defaults
) throws -> MeanFieldNetwork { try MeanFieldNetwork(network, defaults: defaults) }

@Test func aFullyConnectedNetworkIsItsActivationVariancesAndDepth() throws {
  let chain = try network(.features(5)) { builder in
    var last = builder.input
    for _ in 0..<4 {
      last = try builder.add(.dense(.init(units: 16, scaling: scaling)), from: last)
      last = try builder.add(.activation(.tanh), from: last)
    }
    return try builder.add(.dense(.init(units: 2, scaling: scaling)), from: last)
  }
  let found = try read(chain)
  #expect(found.activation == .tanh)
  #expect(found.weightVariance == 1.5 && found.biasVariance == 0.05)
  #expect(found.depth == 5)
  #expect(found.readout == .fullyConnected)
  #expect(
    try found.analysis().gradientGain
      == MeanFieldAnalysis(
        WideNetworkMaps(activation: .tanh, weightVariance: 1.5, biasVariance: 0.05), dataVariance: 1.55
      )
      .gradientGain)
}

@Test func layersWithoutVariancesHaveTheDefaultsAndScalesAreSquared() throws {
  let chain = try network(.features(5)) { builder in
    let plain = ParameterScaling(weightScale: 3, biasScale: 2)
    let hidden = try builder.add(.dense(.init(units: 16, scaling: plain)), from: builder.input)
    let active = try builder.add(.activation(.relu), from: hidden)
    return try builder.add(.dense(.init(units: 2, scaling: plain)), from: active)
  }
  let found = try read(chain, .init(weightVariance: 2, biasVariance: 0.25))
  #expect(found.weightVariance == 18 && found.biasVariance == 1)
}

@Test(arguments: [true, false])
func convolutionsAreReadOutByPoolingOrFlattening(pools: Bool) throws {
  let chain = try network { builder in
    let first = try builder.add(.activation(.erf), from: try convolution(&builder, from: builder.input))
    let second = try builder.add(.activation(.erf), from: try convolution(&builder, from: first))
    let features = try builder.add(pools ? .globalAveragePooling : .flatten, from: second)
    return try builder.add(.dense(.init(units: 2, scaling: scaling)), from: features)
  }
  let found = try read(chain)
  #expect(found.depth == 3)
  #expect(found.readout == (pools ? .averagePooling(positions: 16) : .flatten))
}

@Test func batchNormThatIsRemovedIsNotThere() throws {
  let chain = try network { builder in
    let map = try convolution(&builder, from: builder.input)
    let normalized = try builder.add(.batchNormalization(.init()), from: map)
    let active = try builder.add(.activation(.relu), from: normalized)
    let features = try builder.add(.globalAveragePooling, from: active)
    return try builder.add(.dense(.init(units: 2, scaling: scaling)), from: features)
  }
  var removed = defaults
  removed.removesBatchNormalization = true
  #expect(try read(chain, removed).activation == .relu)
  let error = try #require(throws: MeanFieldError.self) { try read(chain) }
  #expect("\(error)".contains("(batch_norm): normalization replaces the variances"))
}

@Test func whatTheTheoryIsNotOfIsNamed() throws {
  func dense(_ builder: inout NetworkBuilder, _ node: NodeReference, _ scaling: ParameterScaling = scaling)
    throws
    -> NodeReference
  {
    try builder.add(.dense(.init(units: 5, scaling: scaling)), from: node)
  }
  let cases: [(String, (inout NetworkBuilder) throws -> NodeReference)] = [
    ("there is none", { try dense(&$0, $0.input) }),
    (
      "not a chain",
      { builder in
        let hidden = try dense(&builder, builder.input)
        let active = try builder.add(.activation(.tanh), from: hidden)
        return try dense(&builder, try builder.add(.add, from: [hidden, active]))
      }
    ),
    (
      "another activation is tanh",
      { builder in
        let first = try builder.add(.activation(.tanh), from: try dense(&builder, builder.input))
        let second = try builder.add(.activation(.relu), from: try dense(&builder, first))
        return try dense(&builder, second)
      }
    ),
    (
      "differ from those of the layers before",
      { builder in
        let first = try builder.add(.activation(.tanh), from: try dense(&builder, builder.input))
        return try dense(&builder, first, ParameterScaling(weightVariance: 2, biasVariance: 0.05))
      }
    ),
    (
      "without an activation between",
      { builder in
        let first = try builder.add(.activation(.tanh), from: try dense(&builder, builder.input))
        return try dense(&builder, try dense(&builder, first))
      }
    ),
    (
      "layer_norm",
      { builder in
        let normalized = try builder.add(
          .layerNormalization(.init()), from: try dense(&builder, builder.input))
        return try dense(&builder, try builder.add(.activation(.tanh), from: normalized))
      }
    ),
    (
      "weight variance is 0",
      { builder in
        let zero = ParameterScaling(weightVariance: 0, biasVariance: 1)
        let first = try builder.add(.activation(.tanh), from: try dense(&builder, builder.input, zero))
        return try dense(&builder, first, zero)
      }
    ),
    (
      "end in a dense layer",
      { builder in try builder.add(.activation(.tanh), from: try dense(&builder, builder.input)) }
    ),
  ]
  for (words, body) in cases {
    let chain = try network(.features(5), body)
    let error = try #require(throws: MeanFieldError.self) { try read(chain) }
    #expect("\(error)".contains(words), "\(error)")
  }
}
