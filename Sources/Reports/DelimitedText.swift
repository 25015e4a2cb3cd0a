/// Comma-separated values.
package enum CSVText {
  /// One record with its line feed. Fields that hold a comma, a quote, a line break or an outer space are
  /// quoted (RFC 4180, section 2, rules 5 to 7); records end with a line feed alone, as Unix tools expect.
  package static func record(_ fields: [String]) -> String {
    fields.map(field).joined(separator: ",") + "\n"
  }

  private static func field(_ text: String) -> String {
    let needsQuotes =
      text.first == " " || text.last == " "
      || text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

/// Tables in GitHub's Markdown.
package enum MarkdownText {
  package static func table(_ columns: [TextTable.Column], _ rows: [[String]]) -> String {
    let rule = columns.map { $0.alignment == .right ? "---:" : "---" }
    return ([columns.map { cell($0.title) }, rule] + rows.map { $0.map(cell) })
      .map { "| " + $0.joined(separator: " | ") + " |\n" }
      .joined()
  }

  /// Text that Markdown shows as it is: no cell ends early, and nothing turns into markup.
  package static func cell(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "|", "\\", "`", "*", "_", "[", "]", "<", ">": result += "\\\(character)"
      case _ where character.isNewline: result += " "
      default: result.append(character)
      }
    }
  }
}
