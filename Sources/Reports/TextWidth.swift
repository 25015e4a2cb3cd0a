/// How many columns of a terminal a text takes.
package enum TextWidth {
  /// Combining marks take none, East Asian wide characters and emoji two, all others one.
  package static func of(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  /// The text itself if it fits, else its beginning and `…`.
  package static func shortened(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    guard width > 0 else { return "" }
    var taken = 0
    var result = ""
    for character in text {
      let next = self.width(character)
      if taken + next > width - 1 { break }
      taken += next
      result.append(character)
    }
    return result + "…"
  }

  /// The text in just so many columns.
  package static func padded(_ text: String, to width: Int, alignment: TextTable.Alignment) -> String {
    let shown = shortened(text, to: width)
    let padding = String(repeating: " ", count: max(0, width - of(shown)))
    return alignment == .right ? padding + shown : shown + padding
  }

  /// Lines no wider than `width`, broken at spaces where there are any.
  package static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ").map(String.init) {
      if !line.isEmpty, of(line) + 1 + of(word) > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + shortened(word, to: width)
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// A title in lines no wider than `width`, broken at spaces and behind `_` and `–`. A part that is wider stays whole.
  package static func titleLines(_ title: String, to width: Int) -> [String] {
    var lines: [Substring] = [""]
    for part in titleParts(title) {
      let joined = lines[lines.count - 1] + part
      if lines != [""], of(trimmed(joined)) > width {
        lines.append(part)
      } else {
        lines[lines.count - 1] = joined
      }
    }
    return lines.map(trimmed)
  }

  /// The narrowest column that shows a title without cutting it, when it may be broken.
  package static func widestPart(ofTitle title: String) -> Int {
    titleParts(title).map { of(trimmed($0)) }.max() ?? 0
  }

  /// Each with the mark that ends it.
  private static func titleParts(_ title: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = title[...]
    while let end = rest.firstIndex(where: { " _–".contains($0) }) {
      parts.append(rest[...end])
      rest = rest[rest.index(after: end)...]
    }
    return rest.isEmpty ? parts : parts + [rest]
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.last == " " ? text.dropLast() : text)
  }

  private static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    if scalar.isASCII { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    // Unicode's East Asian Width classes W and F, by block; and characters shown as pictures.
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
