import ArchitecturePlugins
import NetworkGraph

/// The networks of NAS-Bench-201 (Dong and Yang 2020): one cell, repeated in three stages.
public struct NASBench201Family: ArchitectureFamily {
  /// What search spaces write under `family`.
  public let name = "nas_bench_201"
  /// Of the networks that choices make: it changes with them, and enters every score's identity.
  public let version = "1"
  /// One sentence for `plugins list`.
  public let summary = "NAS-Bench-201: one cell of four nodes and six edges, repeated in three stages."

  /// Every parameter with its range and default, in the order of the documentation.
  public let parameters: [ParameterDescription] =
    [
      .init(
        name: "architecture", kind: .text(NASBench201Cell.form), isOptional: true,
        documentation: "The whole cell in the benchmark's notation, instead of the six edges.")
    ]
    + NASBench201Cell.edges.map { edge in
      .init(
        name: edge.name, kind: .choice(CellOperation.names), isOptional: true,
        documentation: "The operation from node \(edge.predecessor) to node \(edge.node) of the cell.")
    } + [
      .init(
        name: "channels", kind: .integer(1...65536), defaultValue: .integer(16),
        documentation: "Channels of the first stage; the second has twice, the third four times as many."),
      .init(
        name: "cells_per_stage", kind: .integer(1...100), defaultValue: .integer(5),
        documentation: "Cells in each of the three stages; the benchmark's accuracies are for 5."),
    ]

  /// The family has no settings of its own.
  public init() {}

  /// What is wrong with an architecture string; nil for a cell.
  public func problem(with text: String, of parameter: ParameterDescription) -> ParameterProblem? {
    guard parameter.name == "architecture" else { return nil }
    do {
      _ = try NASBench201Cell(parsing: text)
      return nil
    } catch {
      return .init(
        parameter: parameter.name, message: "'architecture' is no cell: \(error.message)",
        suggestion: error.suggestion)
    }
  }

  /// The cell described twice, not at all, or by some edges only.
  public func problems(amongGiven names: Set<String>) -> [ParameterProblem] {
    let edges = NASBench201Cell.edges.map(\.name)
    let given = edges.filter(names.contains)
    if names.contains("architecture") {
      return given.map {
        .init(
          parameter: $0, message: "'\($0)' and 'architecture' both describe the cell; expected one of the two"
        )
      }
    }
    if given.isEmpty {
      return [
        .init(
          parameter: "architecture",
          message: "the cell is missing; expected 'architecture', or \(edges.joined(separator: ", "))")
      ]
    }
    return edges.filter { !names.contains($0) }.map {
      .init(
        parameter: $0,
        message:
          "'\($0)' is missing; a cell needs all six edges: \(CellOperation.names.joined(separator: ", "))")
    }
  }

  /// The cell that choices describe.
  ///
  /// - Throws: `PluginError.invalidChoices`, as `validated` does.
  public func cell(_ choices: Choices) throws -> NASBench201Cell {
    try cell(CheckedChoices(choices, for: self))
  }

  private func cell(_ choices: CheckedChoices) throws -> NASBench201Cell {
    if let text = choices.optionalText("architecture") { return try NASBench201Cell(parsing: text) }
    return try NASBench201Cell { edge throws(PluginError) in try choices.choice(edge.name) }
  }

  /// The benchmark's network around the chosen cell.
  ///
  /// - Parameters:
  ///   - choices: checked again, defaults filled in.
  ///   - input: maps whose height and width are multiples of 4, since they are halved twice.
  ///   - outputs: units of the readout.
  /// - Throws: `PluginError.invalidChoices`, or `NetworkError` for an input of another shape.
  public func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network {
    guard case .maps(_, let height, let width) = input, height.isMultiple(of: 4), width.isMultiple(of: 4)
    else {
      throw NetworkError(
        node: "input",
        message:
          "the maps are halved twice; expected [channels, height, width] with height and width multiples of 4, "
          + "and the input has shape \(input)")
    }
    let choices = try CheckedChoices(choices, for: self)
    var network = CellNetworkBuilder(cell: try cell(choices), input: input)
    return try network.build(
      channels: choices.integer("channels"), cellsPerStage: choices.integer("cells_per_stage"),
      outputs: outputs)
  }
}
