import YAMLDocuments

/// The diagnostics of a text that cannot be read; none when it can.
func mistakes(in text: String, limits: YAMLLimits = .init()) -> [Diagnostic] {
  do {
    _ = try parseYAML(SourceText(name: "test.yaml", text: text), limits: limits)
    return []
  } catch let error as InvalidDocument {
    return error.diagnostics
  } catch {
    return [Diagnostic(file: "test.yaml", location: nil, message: "another kind of error: \(error)")]
  }
}

func document(_ text: String) throws -> YAMLNode {
  try parseYAML(SourceText(name: "test.yaml", text: text))
}

extension YAMLNode {
  /// The value of a key of a mapping.
  subscript(_ key: String) -> YAMLNode? { entries?.first { $0.key.text == key }?.value }
}

extension Diagnostic {
  /// `line:column`.
  var place: String? { location.map { "\($0.line):\($0.column)" } }
}
