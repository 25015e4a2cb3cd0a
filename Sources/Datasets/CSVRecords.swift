/// The records of a text of separated values (RFC 4180), one at a time: fields may stand in double quotes, in which
/// a quote is doubled and line breaks are text. Lines end with LF, CR LF or CR; blank ones are skipped.
struct CSVRecords {
  /// Where a field stands in the file's bytes.
  struct Field {
    let range: Range<Int>
    /// The range is what stands between the quotes.
    let isQuoted: Bool
  }

  private let bytes: [UInt8]
  private let file: String
  /// A comma, a semicolon or a tab: whichever the first line has most of outside quotes.
  let separator: UInt8
  /// Of the record that was read last, from 1.
  private(set) var line = 0
  private var nextLine = 1
  private var position: Int

  private static let (quote, lineFeed, carriageReturn) = (UInt8(ascii: "\""), UInt8(10), UInt8(13))

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    separator = Self.separator(bytes, from: position)
  }

  private static func separator(_ bytes: [UInt8], from start: Int) -> UInt8 {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    var counts = [0, 0, 0]
    var isInside = false
    for byte in bytes[start...].drop(while: { $0 == lineFeed || $0 == carriageReturn }) {
      if byte == quote { isInside.toggle() }
      if isInside { continue }
      if byte == lineFeed || byte == carriageReturn { break }
      if let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return candidates[counts.firstIndex(of: most) ?? 0]
  }

  /// Nil at the end.
  mutating func next() throws(DatasetError) -> [Field]? {
    while position < bytes.count, isLineEnd(bytes[position]) { skipLineEnd() }
    guard position < bytes.count else { return nil }
    line = nextLine
    var fields: [Field] = []
    while true {
      fields.append(try field())
      guard position < bytes.count, bytes[position] == separator else { break }
      position += 1
    }
    if position < bytes.count { skipLineEnd() }
    return fields
  }

  /// Without quotes and, outside of them, without outer blanks. Bytes that are no UTF-8 become `�`.
  func text(_ field: Field) -> String {
    let text = String(decoding: bytes[field.range], as: UTF8.self)
    guard !field.isQuoted else { return text.replacing("\"\"", with: "\"") }
    guard let first = text.utf8.first, let last = text.utf8.last, first == 32 || last == 32 || last == 9
    else { return text }
    return String(text.drop { $0 == " " }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }

  private mutating func field() throws(DatasetError) -> Field {
    guard position < bytes.count, bytes[position] == Self.quote else {
      let start = position
      while position < bytes.count, bytes[position] != separator, !isLineEnd(bytes[position]) {
        position += 1
      }
      return Field(range: start..<position, isQuoted: false)
    }
    let openingLine = nextLine
    position += 1
    let start = position
    while true {
      guard position < bytes.count else {
        throw .malformed(
          .init(file: file, byteOffset: start - 1, line: openingLine), problem: "a quote that is never closed"
        )
      }
      if bytes[position] == Self.quote {
        guard position + 1 < bytes.count, bytes[position + 1] == Self.quote else { break }
        position += 2
      } else if isLineEnd(bytes[position]) {
        skipLineEnd()
      } else {
        position += 1
      }
    }
    let end = position
    position += 1
    while position < bytes.count, bytes[position] == 32 { position += 1 }
    guard position >= bytes.count || bytes[position] == separator || isLineEnd(bytes[position]) else {
      throw .malformed(
        .init(file: file, byteOffset: position, line: nextLine),
        problem: "text after a closing quote; a quote inside quotes is written twice")
    }
    return Field(range: start..<end, isQuoted: true)
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == Self.lineFeed || byte == Self.carriageReturn }

  private mutating func skipLineEnd() {
    let isPair =
      bytes[position] == Self.carriageReturn && position + 1 < bytes.count
      && bytes[position + 1] == Self.lineFeed
    position += isPair ? 2 : 1
    nextLine += 1
  }
}
