import ArchitecturePlugins
import YAMLDocuments

/// Reads expressions out of a file, each mistake reported at its own character where that can be told.
struct ExpressionReader {
  let collector: DiagnosticCollector

  /// Nil after reporting what is wrong.
  func expression(_ node: YAMLNode, _ what: String, in scope: ExpressionScope) -> ChoiceExpression? {
    guard let text = collector.read(node, what, "an expression such as depth > 2", { $0.text }) else {
      return nil
    }
    do throws(ExpressionError) { return try ChoiceExpression(parsing: text, in: scope) } catch {
      let place = place(of: error.offset, in: text, at: node)
      let position = place == nil && error.offset > 0 ? " (character \(error.offset + 1) of it)" : ""
      collector.report(
        "\(what): \(error.message)\(position)", at: place ?? node.location, suggestion: error.suggestion)
      return nil
    }
  }

  /// The expressions of one text or of a list of them.
  func expressions(_ node: YAMLNode, _ what: String, in scope: ExpressionScope) -> [ChoiceExpression] {
    (node.elements ?? [node]).compactMap { expression($0, what, in: scope) }
  }

  /// The place in the file of a character of a scalar; nil when the scalar does not stand there as it reads (it is
  /// folded over lines, has escapes, or is an alias).
  private func place(of offset: Int, in text: String, at node: YAMLNode) -> SourceLocation? {
    guard case .scalar(_, let quoted) = node.content else { return nil }
    let column = node.location.column + (quoted ? 1 : 0)
    guard let line = collector.source(at: node.location).line(node.location.line),
      line.unicodeScalars.dropFirst(column - 1).starts(with: text.unicodeScalars)
    else { return nil }
    return SourceLocation(line: node.location.line, column: column + offset, file: node.location.file)
  }
}
