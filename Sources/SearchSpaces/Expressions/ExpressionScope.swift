import ArchitecturePlugins
import YAMLDocuments

/// The parameters that an expression may name, and what is known of their values.
struct ExpressionScope {
  let family: any ArchitectureFamily
  /// The values that a parameter takes in this space: those of its choice, or the fixed one. A parameter whose
  /// values could not be read has none here, which is a mistake reported elsewhere.
  let values: [String: [ParameterValue]]
  /// Parameters that must not be named here, with the reason.
  var excluded: [String: String] = [:]

  /// What an expression can do with a parameter.
  enum Kind: Hashable {
    case number
    case truth
    /// One of some words.
    case word([String])
    case text
    /// A number for all layers, or a list of one each.
    case numberOrList
  }

  /// - Throws: `ExpressionError` for a name that is no parameter of the family, or none that has a value here.
  func kind(of name: String, at offset: Int) throws(ExpressionError) -> Kind {
    guard let parameter = family.parameter(named: name) else { throw unknown(name, at: offset) }
    if let reason = excluded[name] { throw ExpressionError(message: reason, offset: offset) }
    if values[name] == nil, parameter.defaultValue == nil {
      throw ExpressionError(
        message: "'\(name)' has no value in this space: it is neither fixed nor chosen", offset: offset)
    }
    switch parameter.kind {
    case .integer, .real: return .number
    case .boolean: return .truth
    case .choice(let names): return .word(names)
    case .text: return .text
    case .integerOrList:
      let possible = values[name] ?? parameter.defaultValue.map { [$0] } ?? []
      return possible.contains { if case .list = $0 { true } else { false } } ? .numberOrList : .number
    }
  }

  func isParameter(_ name: String) -> Bool { family.parameter(named: name) != nil }

  func unknown(_ name: String, at offset: Int) -> ExpressionError {
    let names = family.parameters.map(\.name)
    let nearest = nearestSpelling(to: name, among: names)
    let expected = nearest == nil ? "; it has \(names.joined(separator: ", "))" : ""
    return ExpressionError(
      message: "the family '\(family.name)' has no parameter '\(name)'\(expected)", offset: offset,
      suggestion: nearest)
  }
}
