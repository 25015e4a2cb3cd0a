import ArchitecturePlugins
import NetworkGraph

/// Fully connected networks: hidden layers of dense, normalization and activation, then a dense readout.
///
/// With `residual`, every hidden layer as wide as its input adds that input to its own output, after the
/// activation: h ↦ h + φ(norm(W h + b)). Maps are flattened first (channels, rows, columns).
public struct FullyConnectedFamily: ArchitectureFamily {
  enum Normalization: String, CaseIterable {
    case none
    case batchNorm = "batch_norm"
    case layerNorm = "layer_norm"

    var operation: Operation? {
      switch self {
      case .none: nil
      case .batchNorm: .batchNormalization(.init())
      case .layerNorm: .layerNormalization(.init())
      }
    }
  }

  public let name = "fully_connected"
  public let version = "1"
  public let summary =
    "Fully connected networks: dense hidden layers with normalization, activation and skips."

  public let parameters: [ParameterDescription] = [
    .init(
      name: "depth", kind: .integer(0...1000), defaultValue: .integer(2),
      documentation: "Hidden layers; 0 is a linear map from input to output."),
    .init(
      name: "width", kind: .integerOrList(1...1_048_576), defaultValue: .integer(128),
      documentation: "Units of every hidden layer, or a list with one number per hidden layer."),
    .init(
      name: "activation", kind: .choice(Activation.all.map(\.name)), defaultValue: .text("relu"),
      documentation: "The function after every hidden layer."),
    .init(
      name: "normalization", kind: .choice(Normalization.allCases.map(\.rawValue)),
      defaultValue: .text("none"),
      documentation: "Between each hidden dense layer and its activation."),
    .init(
      name: "bias", kind: .boolean, defaultValue: .boolean(true),
      documentation: "Biases in all dense layers, the readout included."),
    .init(
      name: "residual", kind: .boolean, defaultValue: .boolean(false),
      documentation:
        "Adds the input of every hidden layer whose width equals its input's to the layer's output."),
    .init(
      name: "weight_variance", kind: .real(0...1e6), isOptional: true,
      documentation:
        "σ_w²: weights are drawn from N(0, σ_w²/fan_in). Left out: the scoring's initialization decides."
    ),
    .init(
      name: "bias_variance", kind: .real(0...1e6), isOptional: true,
      documentation: "σ_b²: biases are drawn from N(0, σ_b²). Left out: the scoring's initialization decides."
    ),
  ]

  public init() {}

  public func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    let choices = try CheckedChoices(choices, for: self)
    let widths = try choices.integers(
      "width", count: try choices.integer("depth"), counted: "hidden layers (depth)")
    let activation = try choices.activation("activation")
    let normalization = try choices.choice("normalization", as: Normalization.self)
    let bias = try choices.boolean("bias")
    let residual = try choices.boolean("residual")
    let scaling = ParameterScaling(
      weightVariance: choices.optionalReal("weight_variance"),
      biasVariance: choices.optionalReal("bias_variance"))

    var builder = NetworkBuilder(input: input)
    var last = builder.input
    if case .maps = input { last = try builder.add(.flatten, name: "flatten", from: last) }
    for (index, width) in widths.enumerated() {
      let name = "hidden\(index + 1)"
      let entry = last
      last = try builder.add(
        .dense(.init(units: width, bias: bias, scaling: scaling)), name: name, from: last)
      if let operation = normalization.operation {
        last = try builder.add(operation, name: "\(name)_norm", from: last)
      }
      last = try builder.add(.activation(activation), name: "\(name)_activation", from: last)
      if residual, builder.shape(of: last) == builder.shape(of: entry) {
        last = try builder.add(.add, name: "\(name)_sum", from: [entry, last])
      }
    }
    let readout = Dense(units: outputs, bias: bias, scaling: scaling)
    return try builder.build(output: builder.add(.dense(readout), name: "readout", from: last))
  }
}
