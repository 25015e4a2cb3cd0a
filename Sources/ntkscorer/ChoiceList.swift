import ArchitecturePlugins

/// Values of parameters as they are typed: `depth=4,widths=[64,32],activation=relu`.
struct ChoiceList {
  struct Entry {
    let name: String
    let value: ParameterValue
  }

  let entries: [Entry]

  /// - Parameter option: where it was typed, for messages.
  init(_ text: String, option: String) throws {
    entries = try Self.split(text).map { item in
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw CommandFailure.invalidInput("\(option): '\(item)' is not name=value")
      }
      return Entry(name: parts[0].filter { $0 != " " }, value: Self.value(parts[1]))
    }
  }

  /// A value as YAML would read it.
  static func value(_ text: Substring) -> ParameterValue {
    let text = text.drop { $0 == " " }
    if text.hasPrefix("["), text.hasSuffix("]") {
      return .list(split(String(text.dropFirst().dropLast())).map { value($0[...]) })
    }
    if let integer = Int(text) { return .integer(integer) }
    if let real = Double(text), real.isFinite { return .real(real) }
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: return .text(String(text))
    }
  }

  /// At commas outside brackets.
  static func split(_ text: String) -> [String] {
    var items = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 { items.append("") } else { items[items.count - 1].append(character) }
    }
    return items
  }
}
