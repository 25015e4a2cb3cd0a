import NetworkGraph

/// Reads validated choices as Swift values. Every getter throws `PluginError.invalidChoices` when the value
/// is missing or of another kind, so that a family called with choices that nobody validated fails with a
/// message.
public struct CheckedChoices {
  private let family: any ArchitectureFamily
  private let choices: Choices

  /// - Throws: `PluginError.invalidChoices` when the choices are not valid for the family.
  public init(_ choices: Choices, for family: any ArchitectureFamily) throws(PluginError) {
    self.family = family
    self.choices = try family.validated(choices)
  }

  /// The value of an integer parameter.
  ///
  /// - Throws: `PluginError.invalidChoices` when it is missing or of another kind.
  public func integer(_ name: String) throws(PluginError) -> Int {
    guard case .integer(let value)? = choices[name] else { throw missing(name) }
    return value
  }

  /// The value of a parameter that is true or false.
  ///
  /// - Throws: `PluginError.invalidChoices` when it is missing or of another kind.
  public func boolean(_ name: String) throws(PluginError) -> Bool {
    guard case .boolean(let value)? = choices[name] else { throw missing(name) }
    return value
  }

  /// The value of a choice or text parameter.
  ///
  /// - Throws: `PluginError.invalidChoices` when it is missing or of another kind.
  public func text(_ name: String) throws(PluginError) -> String {
    guard case .text(let value)? = choices[name] else { throw missing(name) }
    return value
  }

  /// Nil for an optional parameter that was left out.
  public func optionalReal(_ name: String) -> Double? {
    if case .real(let value)? = choices[name] { value } else { nil }
  }

  /// Nil for an optional parameter that was left out.
  public func optionalText(_ name: String) -> String? {
    if case .text(let value)? = choices[name] { value } else { nil }
  }

  /// One of the names of an enumeration's cases.
  public func choice<Value: RawRepresentable<String>>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(PluginError) -> Value {
    let text = try text(name)
    guard let value = Value(rawValue: text) else { throw missing(name) }
    return value
  }

  /// The activation with the name that a parameter holds, with its default slope where it has one.
  public func activation(_ name: String) throws(PluginError) -> Activation {
    guard let activation = Activation(name: try text(name)) else { throw missing(name) }
    return activation
  }

  /// `count` integers: one for all, or a list of just so many.
  ///
  /// - Parameter counted: what each entry is for, for messages: `hidden layers`, `stages`.
  public func integers(
    _ name: String, count: Int, counted: String
  ) throws(PluginError) -> [Int] {
    switch choices[name] {
    case .integer(let value)?: return [Int](repeating: value, count: count)
    case .list(let values)?:
      let integers = values.compactMap { if case .integer(let value) = $0 { value } else { nil } }
      guard integers.count == count else {
        throw family.invalid(
          name, "'\(name)' has \(values.count) entries; expected one for each of \(count) \(counted)")
      }
      return integers
    default: throw missing(name)
    }
  }

  /// True when a list was given.
  public func isList(_ name: String) -> Bool {
    if case .list? = choices[name] { true } else { false }
  }

  private func missing(_ name: String) -> PluginError {
    let value = choices[name].map { "is \($0)" } ?? "is missing"
    let expected = family.parameter(named: name)?.expectation ?? "no such parameter"
    return family.invalid(name, "'\(name)' \(value); expected \(expected)")
  }
}
