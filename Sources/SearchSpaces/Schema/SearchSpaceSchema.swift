import ArchitecturePlugins
import Foundation
import NetworkGraph

/// The form of search-space files as a JSON Schema (draft 2020-12), from which editors complete, explain and check what is
/// typed. It says what can be said of the parts of a file by themselves; `validate` knows more, such as whether an
/// expression makes sense.
public struct SearchSpaceSchema: Sendable {
  private let families: [any ArchitectureFamily]
  private let knownNames: KnownNames

  /// - Parameters:
  ///   - families: those that `family` may name.
  ///   - knownNames: the metrics and initializations that may be named.
  public init(families: FamilyRegistry, knownNames: KnownNames) {
    self.families = families.families
    self.knownNames = knownNames
  }

  /// The schema as indented JSON in one spelling, keys sorted, with a line break at the end.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(schema), as: UTF8.self) + "\n"
  }

  var schema: JSONSchema {
    var definitions: [String: JSONSchema] = [
      "expression": Self.expression, "metric": metric, "bounds": Self.bounds.orNothing,
      "dataset": DatasetSchema.schema,
    ]
    for family in families {
      definitions["\(family.name)_fixed"] = fixed(family).orNothing
      definitions["\(family.name)_choices"] = choices(family).orNothing
    }
    let sections = JSONSchema.mapping([
      "name": ["type": "string", "description": "Default: the file's name without its extension."],
      "description": ["type": "string", "description": "One sentence for people."],
      "include": JSONSchema.any([["type": "string"], .list(of: ["type": "string"])]).described(
        "Files below this one's folder whose sections this file adds to."),
      "definitions": ["description": "Anything, for aliases to refer to."],
      "plugins": JSONSchema.list(of: ["type": "string"]).described(
        "Plugins that the space needs: shared libraries and executables, paths from the file's folder."),
      "family": JSONSchema.names(families.map(\.name)).described(
        "The architecture family: " + families.map { "\($0.name): \($0.summary)" }.joined(separator: " ")),
      "input": Self.input.orNothing,
      "fixed": [
        "type": ["object", "null"], "description": "Parameters that are the same in every candidate.",
      ],
      "choices": ["type": ["object", "null"], "description": "Parameters that differ between candidates."],
      "constraints": Self.constraints.orNothing,
      "scoring": scoring.orNothing,
      "ranking": Self.ranking.orNothing,
    ])
    let byFamily = families.map { family -> JSONSchema in
      [
        "if": ["properties": ["family": ["const": .text(family.name)]], "required": ["family"]],
        "then": [
          "properties": [
            "fixed": .definition("\(family.name)_fixed"),
            "choices": .definition("\(family.name)_choices"),
          ]
        ],
      ]
    }
    // What an including file leaves out, the included ones may say.
    let whole: JSONSchema = [
      "if": ["not": ["required": ["include"]]],
      "then": [
        "required": ["family", "input"], "properties": ["input": ["required": ["shape", "outputs"]]],
      ],
    ]
    return sections.with([
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "NTKScorer search space",
      "allOf": .array(byFamily + [whole]),
      "$defs": .object(definitions),
    ])
  }

  // MARK: Families

  private func fixed(_ family: any ArchitectureFamily) -> JSONSchema {
    .mapping(
      entries(of: family) { parameter in
        Self.value(parameter).orNothing.with(Self.notes(on: parameter))
      })
  }

  private func choices(_ family: any ArchitectureFamily) -> JSONSchema {
    .mapping(entries(of: family) { Self.choice($0).described($0.documentation) })
  }

  private func entries(
    of family: any ArchitectureFamily, _ schema: (ParameterDescription) -> JSONSchema
  ) -> [String: JSONSchema] {
    Dictionary(family.parameters.map { ($0.name, schema($0)) }, uniquingKeysWith: { first, _ in first })
  }

  private static func notes(on parameter: ParameterDescription) -> [String: JSONSchema] {
    var notes: [String: JSONSchema] = ["description": .text(parameter.documentation)]
    notes["default"] = parameter.defaultValue.map { JSONSchema($0) }
    return notes
  }

  private static func value(_ parameter: ParameterDescription) -> JSONSchema {
    switch parameter.kind {
    case .integer(let range): .integer(range)
    case .real(let range): .number(range)
    case .boolean: ["type": "boolean"]
    case .choice(let names): .names(names)
    case .integerOrList(let range): .any([.integer(range), .list(of: .integer(range), isDistinct: false)])
    case .text: ["type": "string"]
    }
  }

  private static func choice(_ parameter: ParameterDescription) -> JSONSchema {
    let values = JSONSchema.list(of: value(parameter))
    let conditional = JSONSchema.mapping(
      ["values": values, "when": JSONSchema.definition("expression").orNothing], required: ["values"])
    switch parameter.kind {
    case .integer(let bounds), .integerOrList(let bounds):
      return .any([
        values, conditional, range(of: .integer(bounds), step: .integer(1 ... .max), needsSpacing: false),
      ])
    case .real(let bounds):
      let step: JSONSchema = ["type": "number", "exclusiveMinimum": 0]
      return .any([values, conditional, range(of: .number(bounds), step: step, needsSpacing: true)])
    case .boolean, .choice, .text: return .any([values, conditional])
    }
  }

  private static func range(of end: JSONSchema, step: JSONSchema, needsSpacing: Bool) -> JSONSchema {
    let spacings = ["step", "count", "factor"]
    let pairs: [[String]] = [["step", "count"], ["step", "factor"], ["count", "factor"]]
    let range = JSONSchema.mapping(
      [
        "from": end, "to": end, "step": step,
        "count": .integer(1...ParameterReader.valueLimit),
        "factor": ["type": "number", "exclusiveMinimum": 1],
        "scale": .names(["linear", "logarithmic"]),
        "when": JSONSchema.definition("expression").orNothing,
      ], required: ["from", "to"])
    return range.with([
      "allOf": .array(
        pairs.map { ["not": ["required": .texts($0)]] }
          + (needsSpacing ? [.any(spacings.map { ["required": [.text($0)]] })] : []))
    ])
  }

  // MARK: Sections

  private static let expression: JSONSchema = [
    "type": ["string", "boolean"],
    "description": "An expression that is true or false of a candidate, such as depth * width <= 1024.",
  ]

  private static let bounds = JSONSchema.mapping([
    "at_least": .integer(0 ... .max), "at_most": .integer(0 ... .max),
  ])
  .with(["minProperties": 1])

  private static let constraints = JSONSchema.mapping(
    Dictionary(
      Budgets.Quantity.allCases.map { ($0.rawValue, JSONSchema.definition("bounds")) },
      uniquingKeysWith: { first, _ in first }
    ).merging([
      "where": JSONSchema.any([
        .definition("expression"), ["type": "array", "items": .definition("expression")], ["type": "null"],
      ]).described("What must not be false of any candidate.")
    ]) { $1 })

  private static let input = JSONSchema.mapping([
    "shape": JSONSchema.any([
      ["type": "array", "items": .integer(1...1_000_000), "minItems": 1, "maxItems": 1],
      ["type": "array", "items": .integer(1...1_000_000), "minItems": 3, "maxItems": 3],
    ]).described("The shape of one sample: [features], or [channels, height, width]."),
    "outputs": JSONSchema.integer(1...1_000_000).described("Outputs of every network: classes."),
    "dataset": JSONSchema.definition("dataset").orNothing,
    "samples": JSONSchema.integer(2...1_000_000).orNothing.with(["default": 32]).described(
      "Samples in a batch."),
    "batch": JSONSchema.names(BatchRule.allCases.map(\.rawValue)).orNothing.with(["default": "per_seed"]),
  ])

  private var metric: JSONSchema {
    .names(
      knownNames.metrics.flatMap { name in
        let written = KnownNames.snakeCase(name)
        return written == name ? [name] : [written, name]
      })
  }

  private var scoring: JSONSchema {
    func setting<Value: RawRepresentable<String> & CaseIterable>(_ type: Value.Type, _ fallback: String)
      -> JSONSchema
    {
      JSONSchema.names(Value.allCases.map(\.rawValue)).orNothing.with(["default": .text(fallback)])
    }
    return .mapping([
      "metrics": JSONSchema.list(of: .definition("metric"), atLeast: 0).orNothing.described(
        "Beside the condition number, which is always computed."),
      "seeds": JSONSchema.any([.integer(1...10_000), .list(of: .integer(0 ... .max)), ["type": "null"]]).with(
        [
          "default": 3
        ]).described("A number of seeds, or the seeds themselves."),
      "output_reduction": setting(ScoringSettings.OutputReduction.self, "sum"),
      "batch_norm": setting(ScoringSettings.NormalizationMode.self, "frozen"),
      "parameters": setting(ScoringSettings.ParameterFilter.self, "all"),
      "parameterization": JSONSchema.names(["standard", "ntk"]).orNothing.with(["default": "standard"]),
      "initialization": JSONSchema.names(knownNames.initializations).orNothing.with(["default": "default"]),
      "precision": setting(ScoringSettings.Precision.self, "single"),
    ])
  }

  private static let ranking = JSONSchema.mapping([
    "by": JSONSchema.definition("metric").described("The metric that decides."),
    "rank_sum": JSONSchema.list(of: .definition("metric"), atLeast: 2).described(
      "The metrics whose ranks are added."),
  ]).with(["minProperties": 1, "maxProperties": 1])
}
