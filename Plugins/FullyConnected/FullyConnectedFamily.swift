import ArchitecturePlugins
import NetworkGraph

/// Fully connected networks: hidden layers of dense, normalization and activation, then a dense readout.
///
/// With `residual`, every hidden layer as wide as its input adds that input to its own output, after the
/// activation: h ↦ h + φ(norm(W h + b)). Maps are flattened first (channels, rows, columns).
public struct FullyConnectedFamily: ArchitectureFamily {
  /// What stands between a hidden dense layer and its activation.
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

  /// What search spaces write under `family`.
  public let name = "fully_connected"
  /// Of the networks that choices make: it changes with them, and enters every score's identity.
  public let version = "1"
  /// One sentence for `plugins list`.
  public let summary =
    "Fully connected networks: dense hidden layers with normalization, activation and skips."

  /// Every parameter with its range and default, in the order of the documentation.
  public let parameters: [ParameterDescription] =
    [
      .init(
        name: "depth", kind: .integer(0...1000), defaultValue: .integer(2),
        documentation: "Hidden layers; 0 is a linear map from input to output."),
      .init(
        name: "width", kind: .integerOrList(1...1_048_576), defaultValue: .integer(128),
        documentation: "Units of every hidden layer, or a list with one number per hidden layer."),
      .activation(documentation: "The function after every hidden layer."),
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
    ] + ParameterDescription.variances

  /// The family has no settings of its own.
  public init() {}

  /// A network of `depth` hidden layers.
  ///
  /// - Parameters:
  ///   - choices: checked again, defaults filled in.
  ///   - input: vectors, or maps, which are flattened.
  ///   - outputs: units of the readout.
  /// - Throws: `PluginError.invalidChoices` when a list of widths does not have one for each hidden layer, `NetworkError`
  ///   for shapes that no network has.
  public func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    let choices = try CheckedChoices(choices, for: self)
    let widths = try choices.integers(
      "width", count: try choices.integer("depth"), counted: "hidden layers (depth)")
    let activation = try choices.activation("activation")
    let normalization = try choices.choice("normalization", as: Normalization.self)
    let bias = try choices.boolean("bias")
    let residual = try choices.boolean("residual")
    let scaling = choices.scaling

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
