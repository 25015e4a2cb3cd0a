import ArchitecturePlugins
import YAMLDocuments

/// What is wrong with an expression, and where in its text.
struct ExpressionError: Error, Hashable, Sendable {
  let message: String
  /// In Unicode scalars from the start of the text.
  let offset: Int
  var suggestion: String?
}

/// A word, number, quoted text or mark of an expression.
struct ExpressionToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case word(String)
    case number(ParameterValue)
    case quoted(String)
    case mark(String)
    case end
  }

  let kind: Kind
  /// In Unicode scalars from the start of the text.
  let offset: Int

  /// What stands here in a message: `'<='`, `the end`.
  var shown: String {
    switch kind {
    case .word(let text), .mark(let text): "'\(text)'"
    case .number(let value): "'\(value)'"
    case .quoted(let text): "\"\(text)\""
    case .end: "the end"
    }
  }

  /// The words that join parts of an expression, and so name nothing.
  static let reservedWords = ["and", "or", "not", "in", "true", "false"]

  /// Whether a text can be typed as a word: letters, digits and underscores, not beginning with a digit.
  static func isWord(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isLetter(first), !reservedWords.contains(text) else {
      return false
    }
    return text.unicodeScalars.allSatisfy { isLetter($0) || isDigit($0) }
  }

  fileprivate static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
  }

  fileprivate static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}

/// Cuts an expression into tokens.
struct ExpressionLexer {
  private let scalars: [Unicode.Scalar]
  private var place = 0

  /// Longer ones first, so that `<=` is not read as `<`.
  private static let marks = [
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",",
  ]

  /// What other languages write, and what is meant by it here.
  private static let foreign: [(written: String, meant: String)] = [
    ("&&", "and"), ("&", "and"), ("||", "or"), ("|", "or"), ("=>", ">="), ("=<", "<="), ("=", "=="),
    ("!", "not"), ("≤", "<="), ("≥", ">="), ("≠", "!="), ("×", "*"), ("·", "*"), ("÷", "/"), ("−", "-"),
    ("^", "*"),
  ]

  private init(_ text: String) { scalars = Array(text.unicodeScalars) }

  /// All tokens, with one for the end.
  ///
  /// Complexity: O(length).
  static func tokens(of text: String) throws(ExpressionError) -> [ExpressionToken] {
    var lexer = ExpressionLexer(text)
    var tokens: [ExpressionToken] = []
    repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
    return tokens
  }

  private mutating func next() throws(ExpressionError) -> ExpressionToken {
    while let scalar = peek, scalar.properties.isWhitespace { place += 1 }
    let start = place
    guard let first = peek else { return ExpressionToken(kind: .end, offset: start) }
    if ExpressionToken.isLetter(first) {
      return ExpressionToken(
        kind: .word(take { ExpressionToken.isLetter($0) || ExpressionToken.isDigit($0) }), offset: start)
    }
    if ExpressionToken.isDigit(first) || first == "." {
      return ExpressionToken(kind: .number(try number()), offset: start)
    }
    if first == "\"" || first == "'" {
      return ExpressionToken(kind: .quoted(try quoted(by: first)), offset: start)
    }
    for (written, meant) in Self.foreign where stands(written) && !Self.marks.contains(where: stands) {
      throw ExpressionError(
        message: "'\(written)' has no meaning in an expression", offset: start, suggestion: meant)
    }
    guard let mark = Self.marks.first(where: stands) else {
      throw ExpressionError(
        message: "'\(first)' has no meaning in an expression; put text in quotes", offset: start)
    }
    place += mark.unicodeScalars.count
    return ExpressionToken(kind: .mark(mark), offset: start)
  }

  private mutating func number() throws(ExpressionError) -> ParameterValue {
    let start = place
    var text = take { ExpressionToken.isDigit($0) || $0 == "." }
    if let mark = peek, mark == "e" || mark == "E" {
      text += String(mark)
      place += 1
      if let sign = peek, sign == "+" || sign == "-" {
        text += String(sign)
        place += 1
      }
      text += take(while: ExpressionToken.isDigit)
    }
    let rest = take { ExpressionToken.isLetter($0) || ExpressionToken.isDigit($0) || $0 == "." }
    // Numbers are those of YAML.
    let node = YAMLNode(.scalar(text + rest, quoted: false), at: SourceLocation(line: 1, column: 1))
    if let integer = node.integer { return .integer(integer) }
    if let real = node.real { return .real(real) }
    throw ExpressionError(
      message: "'\(text)\(rest)' is no number; expected a decimal such as 64, 0.5 or 1e6", offset: start)
  }

  private mutating func quoted(by mark: Unicode.Scalar) throws(ExpressionError) -> String {
    let start = place
    place += 1
    let text = take { $0 != mark }
    guard peek != nil else {
      throw ExpressionError(message: "this quote is never closed", offset: start)
    }
    place += 1
    return text
  }

  private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

  private func stands(_ text: String) -> Bool {
    scalars[place...].starts(with: text.unicodeScalars)
  }

  private mutating func take(while holds: (Unicode.Scalar) -> Bool) -> String {
    var text = ""
    while let scalar = peek, holds(scalar) {
      text.unicodeScalars.append(scalar)
      place += 1
    }
    return text
  }
}
