/// One value of a YAML document, with the place it was written at.
public struct YAMLNode: Sendable {
  /// What was written.
  public enum Content: Sendable {
    /// `quoted` scalars are always text; plain ones may be read as numbers, booleans or null.
    case scalar(String, quoted: Bool)
    case sequence([YAMLNode])
    /// In the order of the file; keys are unique scalars (the parser sees to both).
    case mapping([Entry])
  }

  /// A key of a mapping and what it is given.
  public struct Entry: Sendable {
    /// A scalar.
    public let key: YAMLNode
    /// Of any kind.
    public let value: YAMLNode

    /// - Parameter key: a scalar.
    public init(key: YAMLNode, value: YAMLNode) {
      self.key = key
      self.value = value
    }
  }

  /// What was written.
  public let content: Content
  /// Where it begins.
  public let location: SourceLocation

  /// A value at a place.
  public init(_ content: Content, at location: SourceLocation) {
    self.content = content
    self.location = location
  }
}

extension YAMLNode {
  /// The scalar as written, quotes removed; nil for sequences and mappings.
  public var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// YAML 1.2 core schema: `null`, `Null`, `NULL`, `~` or nothing, unquoted.
  public var isNull: Bool {
    guard case .scalar(let text, quoted: false) = content else { return false }
    switch text {
    case "", "~", "null", "Null", "NULL": return true
    default: return false
    }
  }

  /// An unquoted `true` or `false` (also capitalised).
  public var boolean: Bool? {
    guard case .scalar(let text, quoted: false) = content else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }

  /// The elements, nil unless a sequence.
  public var elements: [YAMLNode]? {
    if case .sequence(let elements) = content { elements } else { nil }
  }

  /// The entries, nil unless a mapping.
  public var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// What stands here in a message: `'64'`, `a list of 3`, `a mapping`, `nothing`.
  public var shown: String {
    switch content {
    case .scalar(let text, let quoted):
      if isNull { return text.isEmpty ? "nothing" : "'\(text)'" }
      return quoted ? "the text \"\(shortText)\"" : "'\(shortText)'"
    case .sequence(let elements): return elements.isEmpty ? "an empty list" : "a list of \(elements.count)"
    case .mapping: return "a mapping"
    }
  }

  /// A scalar's text, shortened and printable, for messages.
  package var shortText: String {
    let text = text ?? ""
    return (text.count > 60 ? text.prefix(57) + "…" : text).withoutControlCharacters
  }
}
