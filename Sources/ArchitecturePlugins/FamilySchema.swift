/// A family's schema as data: what `plugins list --format json` prints, and what a plugin says of its own.
public struct FamilySchema: Codable, Hashable, Sendable {
  /// One parameter, as `ParameterDescription` has it.
  public struct Parameter: Codable, Hashable, Sendable {
    /// `snake_case`.
    public var name: String
    /// `integer`, `real`, `boolean`, `choice`, `integer_or_list` or `text`.
    public var type: String
    /// Of integers and reals; nil without a bound.
    public var minimum: Double?
    /// Of integers and reals, itself allowed; nil without a bound.
    public var maximum: Double?
    /// Of choices.
    public var choices: [String]?
    /// Of texts: what they are, for people.
    public var form: String?
    /// Nil when there is none.
    public var `default`: ParameterValue?
    /// True when the user must give it.
    public var required: Bool
    /// One sentence for people.
    public var documentation: String
  }

  /// `snake_case`.
  public var name: String
  /// Enters the identity of scores; of a plugin from outside with the hash of its contents.
  public var version: String
  /// One sentence for people.
  public var summary: String
  /// In the order in which they are shown.
  public var parameters: [Parameter]
  /// Of a plugin from outside: its file.
  public var source: String?
  /// Of a plugin from outside: lowercase hexadecimal SHA-256 of its contents.
  public var contentHash: String?

  /// The schema of a family, linked or from outside.
  public init(_ family: any ArchitectureFamily) {
    let external = family as? ExternalFamily
    name = family.name
    version = external?.declaredVersion ?? family.version
    source = external?.plugin.file.path
    contentHash = external?.plugin.contentHash
    summary = family.summary
    parameters = family.parameters.map(Parameter.init)
  }
}

extension FamilySchema.Parameter {
  init(_ description: ParameterDescription) {
    var bounds: (low: Double, high: Double)?
    var choices: [String]?
    var form: String?
    switch description.kind {
    case .integer(let range), .integerOrList(let range):
      bounds = (Double(range.lowerBound), range.upperBound == .max ? .infinity : Double(range.upperBound))
    case .real(let range): bounds = (range.lowerBound, range.upperBound)
    case .boolean: break
    case .text(let text): form = text
    case .choice(let names): choices = names
    }
    self.init(
      name: description.name, type: description.kind.name,
      minimum: bounds.flatMap { abs($0.low) < .greatestFiniteMagnitude ? $0.low : nil },
      maximum: bounds.flatMap { abs($0.high) < .greatestFiniteMagnitude ? $0.high : nil }, choices: choices,
      form: form, default: description.defaultValue,
      required: description.defaultValue == nil && !description.isOptional,
      documentation: description.documentation)
  }
}

extension ParameterDescription.Kind {
  /// `integer`, `real`, `boolean`, `choice`, `integer_or_list` or `text`.
  public var name: String {
    switch self {
    case .integer: "integer"
    case .real: "real"
    case .boolean: "boolean"
    case .choice: "choice"
    case .integerOrList: "integer_or_list"
    case .text: "text"
    }
  }
}
