import YAMLDocuments

extension ParameterValue {
  /// A JSON value of a program; nil for null, for an object and for numbers that are too large.
  public init?(json node: YAMLNode) {
    switch node.content {
    case .scalar(let text, quoted: true): self = .text(text)
    case .scalar:
      if let value = node.integer {
        self = .integer(value)
      } else if let value = node.real {
        self = .real(value)
      } else if let value = node.boolean {
        self = .boolean(value)
      } else {
        return nil
      }
    case .sequence(let elements):
      let values = elements.compactMap { ParameterValue(json: $0) }
      guard values.count == elements.count else { return nil }
      self = .list(values)
    case .mapping: return nil
    }
  }
}
