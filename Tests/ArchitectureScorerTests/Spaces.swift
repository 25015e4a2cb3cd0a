import ArchitecturePlugins
import ArchitectureScorer
import NetworkGraph
import SearchSpaces
import YAMLDocuments

extension Scorer {
  /// A search space from YAML text.
  func space(_ text: String) throws -> SearchSpace {
    try SearchSpace(
      SourceText(name: "test.yaml", text: text), families: FamilyRegistry(families), knownNames: knownNames)
  }
}

/// Nine small fully connected networks.
let nineNetworks = """
  name: nine
  family: fully_connected
  input: {shape: [12], outputs: 4, samples: 10}
  choices:
    depth: [1, 2, 3]
    width: [16, 24, 32]
  scoring:
    metrics: [lambda_max, lambda_min, kernel_trace, effective_rank, parameters]
    seeds: 2
  """

/// Linear maps from `features` numbers, which stop at some of them in a chosen way.
struct TrippingFamily: ArchitectureFamily {
  let name = "tripping"
  let version = "1"
  let summary = "Fails, or calls back, when asked to."
  let parameters: [ParameterDescription] = [
    .init(
      name: "width", kind: .integer(1...10_000), defaultValue: .integer(8), documentation: "Hidden units.")
  ]
  /// Called before each network is made.
  let onMake: @Sendable (_ width: Int) throws -> Void

  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    let width = try CheckedChoices(choices, for: self).integer("width")
    try onMake(width)
    var builder = NetworkBuilder(input: input)
    let hidden = try builder.add(.dense(.init(units: width)), from: builder.input)
    let active = try builder.add(.activation(.relu), from: hidden)
    let logits = try builder.add(.dense(.init(units: outputs)), from: active)
    return try builder.build(output: logits)
  }
}

/// A space of `TrippingFamily` with widths from 1 to `count`.
func trippingSpace(_ count: Int) -> String {
  """
  family: tripping
  input: {shape: [6], outputs: 3, samples: 4}
  choices:
    width: {from: 1, to: \(count)}
  scoring: {seeds: 1}
  """
}

/// Refuses to make a network, in words of its own.
struct Refusal: Error, CustomStringConvertible {
  let description: String
}
