import ArchitecturePlugins
import NetworkGraph
import SearchSpaces
import YAMLDocuments

/// A family of stacked dense layers with one parameter of every kind, whose networks are quick to make.
struct Stack: ArchitectureFamily {
  let name = "stack"
  let version = "1"
  let summary = "Dense layers, one after the other."
  let parameters: [ParameterDescription] = [
    .init(name: "depth", kind: .integer(1...64), documentation: "Hidden layers."),
    .init(name: "width", kind: .integerOrList(1...1_000_000), documentation: "Units of the hidden layers."),
    .init(
      name: "activation", kind: .choice(["relu", "tanh", "erf"]), defaultValue: .text("relu"),
      documentation: "Nonlinearity."),
    .init(
      name: "bias", kind: .boolean, defaultValue: .boolean(true), documentation: "Whether layers have biases."
    ),
    .init(
      name: "weight_variance", kind: .real(0...1000), isOptional: true,
      documentation: "Variance of the weights."),
    .init(
      name: "tag", kind: .integer(0 ... .max), defaultValue: .integer(0), documentation: "Changes nothing."),
  ]

  struct WrongWidths: Error, CustomStringConvertible {
    let description: String
  }

  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    guard case .integer(let depth) = choices["depth"], case .boolean(let bias) = choices["bias"],
      case .text(let activation) = choices["activation"]
    else { throw WrongWidths(description: "a default is missing") }
    var widths: [Int] = []
    switch choices["width"] {
    case .integer(let width): widths = Array(repeating: width, count: depth)
    case .list(let values):
      widths = values.compactMap { if case .integer(let width) = $0 { width } else { nil } }
    default: break
    }
    guard widths.count == depth else {
      throw WrongWidths(description: "\(widths.count) widths for \(depth) layers")
    }
    var builder = NetworkBuilder(input: input)
    var last = builder.input
    for width in widths {
      last = try builder.add(.dense(.init(units: width, bias: bias)), from: last)
      last = try builder.add(.activation(activation == "tanh" ? .tanh : .relu), from: last)
    }
    let readout = try builder.add(.dense(.init(units: outputs, bias: bias)), from: last)
    return try builder.build(output: readout)
  }
}

let knownNames = KnownNames(
  metrics: ["conditionNumber", "effectiveRank", "lambdaMax", "parameters", "multiplyAdds"],
  initializations: ["default", "xavier_normal", "orthogonal"])

/// A space with the sections that every space needs; `sections` replaces or adds others.
func spaceText(choices: String = "{depth: {from: 1, to: 4}, width: [8, 16, 32]}", _ sections: String = "")
  -> String
{
  """
  family: stack
  input: {shape: [4], outputs: 2}
  choices: \(choices)
  \(sections)
  """
}

func space(_ text: String, name: String = "spaces/test.yaml") throws -> SearchSpace {
  try SearchSpace(
    SourceText(name: name, text: text), families: FamilyRegistry([Stack()]), knownNames: knownNames)
}

/// Every mistake found in a space, as `line:column message [suggestion]`; empty when it is valid.
func mistakes(_ text: String) -> [String] {
  do {
    _ = try space(text)
    return []
  } catch let error as InvalidDocument {
    return error.diagnostics.map { diagnostic in
      let place = diagnostic.location.map { "\($0.line):\($0.column)" } ?? "-"
      return "\(place) \(diagnostic.message)" + (diagnostic.suggestion.map { " [\($0)]" } ?? "")
    }
  } catch {
    return ["another kind of error: \(error)"]
  }
}

/// The values of the only choice of a space.
func values(of parameter: String, _ choice: String) throws -> [ParameterValue] {
  let others = "depth: [1], width: [8]"
  let text =
    parameter == "width"
    ? "{depth: [1], width: \(choice)}"
    : parameter == "depth" ? "{depth: \(choice), width: [8]}" : "{\(others), \(parameter): \(choice)}"
  return try space(spaceText(choices: text)).axes.first { $0.name == parameter }?.values ?? []
}

func integers(_ values: Int...) -> [ParameterValue] { values.map { .integer($0) } }
func reals(_ values: Double...) -> [ParameterValue] { values.map { .real($0) } }
