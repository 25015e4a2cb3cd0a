/// Pieces of HTML. Text is always text: names that look like markup are shown as they are.
package enum HTMLText {
  /// Text content and attribute values.
  package static func escaped(_ text: String) -> String {
    SVGText.escaped(text.replacing("\n", with: " ").replacing("\t", with: " "))
  }

  /// A table that scrolls sideways by itself where it is too wide.
  package static func table(_ columns: [TextTable.Column], _ rows: [[String]], styles: String = "") -> String
  {
    func cells(_ tag: String, _ texts: [String]) -> String {
      zip(texts, columns).map { text, column in
        "<\(tag)\(column.alignment == .right ? " class=\"number\"" : "")>\(escaped(text))</\(tag)>"
      }.joined()
    }
    let head = "<thead><tr>\(cells("th", columns.map(\.title)))</tr></thead>"
    let body = rows.map { "<tr>\(cells("td", $0))</tr>" }.joined(separator: "\n")
    return
      "<div class=\"scroll\"><table class=\"\(styles)\">\(head)\n<tbody>\n\(body)\n</tbody></table></div>\n"
  }

  /// JSON for a script element: nothing in it can end the element or begin another.
  static func embedded(_ json: JSONValue) -> String {
    json.compact.replacing("<", with: "\\u003c").replacing("\u{2028}", with: "\\u2028")
      .replacing("\u{2029}", with: "\\u2029")
  }
}
