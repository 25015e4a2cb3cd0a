/// Whether and how text is coloured.
package struct TerminalStyle: Hashable, Sendable {
  package enum Emphasis: Sendable {
    case strong
    case faint
    case warning
    case failure
  }

  package let isColored: Bool

  package init(isColored: Bool) { self.isColored = isColored }

  /// Colour on a terminal that can show it, unless the user refuses it (no-color.org: `NO_COLOR` set to
  /// anything but nothing).
  package init(isTerminal: Bool, environment: [String: String]) {
    let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    isColored = isTerminal && !refused && environment["TERM"] != "dumb"
  }

  package func callAsFunction(_ text: String, _ emphasis: Emphasis) -> String {
    guard isColored, !text.isEmpty else { return text }
    let code =
      switch emphasis {
      case .strong: "1"
      case .faint: "2"
      case .warning: "33"
      case .failure: "31"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
