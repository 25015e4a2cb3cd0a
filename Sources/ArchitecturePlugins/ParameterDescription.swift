import YAMLDocuments

/// One parameter of a family: used for validation, for `ntkscorer plugins list` and for documentation.
public struct ParameterDescription: Hashable, Sendable {
  /// What values a parameter takes.
  public enum Kind: Hashable, Sendable {
    case integer(ClosedRange<Int>)
    case real(ClosedRange<Double>)
    case boolean
    /// One of some names.
    case choice([String])
    /// An integer for all layers, or a list with one per layer.
    case integerOrList(ClosedRange<Int>)
    /// Text in a form of the family's own, which `problem(with:of:)` of the family checks; the associated value
    /// says for people what it is: `an architecture string such as …`.
    case text(String)
  }

  /// `snake_case`.
  public let name: String
  /// What values it takes.
  public let kind: Kind
  /// Nil when the user must give it.
  public let defaultValue: ParameterValue?
  /// True for a parameter that may be left out with no default (its absence means something of its own).
  public let isOptional: Bool
  /// One sentence for people.
  public let documentation: String

  /// - Parameters:
  ///   - name: `snake_case`, unique in its family.
  ///   - defaultValue: of that kind; nil when the user must give the parameter, or may leave it out (`isOptional`).
  ///   - documentation: one sentence for people.
  public init(
    name: String, kind: Kind, defaultValue: ParameterValue? = nil, isOptional: Bool = false,
    documentation: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isOptional = isOptional
    self.documentation = documentation
  }
}

extension ParameterDescription {
  /// What a valid value is, for messages and documentation: `an integer from 1 to 64`.
  public var expectation: String {
    switch kind {
    case .integer(let range): "an integer \(Self.shown(range))"
    case .real(let range): "a number \(Self.shown(range))"
    case .boolean: "true or false"
    case .choice(let names): "one of \(names.joined(separator: ", "))"
    case .integerOrList(let range): "an integer \(Self.shown(range)), or a list of such integers"
    case .text(let form): form
    }
  }

  /// The value in the form that the family receives: integers given for a real become reals, integral reals
  /// given for an integer become integers. What text says is not looked at.
  public func validated(_ value: ParameterValue) -> Result<ParameterValue, ParameterProblem> {
    if let accepted = accepted(value) { return .success(accepted) }
    var suggestion: String?
    if case .choice(let names) = kind, case .text(let text) = value {
      suggestion = nearestSpelling(to: text, among: names)
    }
    return .failure(
      ParameterProblem(
        parameter: name, message: "'\(name)' is \(value); expected \(expectation)", suggestion: suggestion))
  }

  private func accepted(_ value: ParameterValue) -> ParameterValue? {
    switch (kind, value) {
    case (.integer(let range), _): return Self.integer(value, in: range)
    case (.real(let range), .integer(let integer)): return Self.real(Double(integer), in: range)
    case (.real(let range), .real(let real)): return Self.real(real, in: range)
    case (.boolean, .boolean): return value
    case (.choice(let names), .text(let text)): return names.contains(text) ? value : nil
    // YAML reads the names `true` and `12` as a boolean and a number.
    case (.choice(let names), .boolean), (.choice(let names), .integer):
      return names.contains(value.description) ? .text(value.description) : nil
    case (.integerOrList(let range), .list(let values)):
      let accepted = values.compactMap { Self.integer($0, in: range) }
      return accepted.count == values.count ? .list(accepted) : nil
    case (.integerOrList(let range), _): return Self.integer(value, in: range)
    case (.text, .text): return value
    default: return nil
    }
  }

  private static func integer(_ value: ParameterValue, in range: ClosedRange<Int>) -> ParameterValue? {
    switch value {
    case .integer(let integer): range.contains(integer) ? value : nil
    case .real(let real): Int(exactly: real).flatMap { range.contains($0) ? .integer($0) : nil }
    default: nil
    }
  }

  private static func real(_ value: Double, in range: ClosedRange<Double>) -> ParameterValue? {
    value.isFinite && range.contains(value) ? .real(value) : nil
  }

  private static func shown(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): "of any size"
    case (.min, let high): "of at most \(high)"
    case (let low, .max): "of at least \(low)"
    case (let low, let high): "from \(low) to \(high)"
    }
  }

  private static func shown(_ range: ClosedRange<Double>) -> String {
    let isOpenBelow = range.lowerBound <= -.greatestFiniteMagnitude
    let isOpenAbove = range.upperBound >= .greatestFiniteMagnitude
    switch (isOpenBelow, isOpenAbove) {
    case (true, true): return "of any size"
    case (true, false): return "of at most \(range.upperBound)"
    case (false, true): return "of at least \(range.lowerBound)"
    case (false, false): return "from \(range.lowerBound) to \(range.upperBound)"
    }
  }
}
