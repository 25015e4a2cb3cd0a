import YAMLDocuments

/// How a table is read.
public struct TableOptions: Hashable, Sendable {
  /// The column of classes: its name, or its number from 1. Nil for a table without labels.
  public var label: String?
  /// Whether the first record holds names. Nil to see for oneself: it does when some column has a number below and
  /// none in it.
  public var hasHeader: Bool?
  /// Columns that are no features, by name or number: identifiers, say.
  public var ignored: [String]

  /// - Parameters:
  ///   - label: the column of classes; nil for none.
  ///   - hasHeader: whether the first line names the columns; found out when nil.
  ///   - ignored: columns that are left out.
  public init(label: String? = nil, hasHeader: Bool? = nil, ignored: [String] = []) {
    self.label = label
    self.hasHeader = hasHeader
    self.ignored = ignored
  }
}

/// Tables of numbers as text: a record is a sample, a column a feature.
struct CSVFiles {
  let path: String
  let options: TableOptions
  private var records: CSVRecords
  /// Of the columns, or their numbers from 1.
  private var names: [String] = []
  private var hasHeader = false

  static func rows(_ path: String, _ options: TableOptions, limits: ReadLimits) throws(DatasetError)
    -> SampleRows
  {
    let bytes = try FileBytes.read(path, limits: limits)
    guard !bytes.isEmpty else {
      throw .malformed(.init(file: path, byteOffset: 0), problem: "the file is empty")
    }
    var reader = CSVFiles(path: path, options: options, records: CSVRecords(bytes, file: path))
    return try reader.rows(limits: limits)
  }

  private init(path: String, options: TableOptions, records: CSVRecords) {
    self.path = path
    self.options = options
    self.records = records
  }

  private mutating func rows(limits: ReadLimits) throws(DatasetError) -> SampleRows {
    try readHeader()
    let label = try options.label.map(column)
    var ignored: Set<Int> = []
    for name in options.ignored { ignored.insert(try column(name)) }
    if let label, ignored.contains(label) {
      throw .malformed(
        .init(file: path, column: names[label]), problem: "the column of labels is also to be ignored")
    }
    let features = names.indices.filter { $0 != label && !ignored.contains($0) }
    guard !features.isEmpty else { throw .malformed(.init(file: path), problem: "no column is a feature") }

    var bytes: [UInt8] = []
    var labels: [(text: String, line: Int)] = []
    var row = 0
    while let fields = try records.next() {
      guard fields.count == names.count else {
        throw .malformed(
          .init(file: path, line: records.line, row: row),
          problem: "\(fields.count) fields where the first record has \(names.count)")
      }
      for feature in features {
        let value = try number(fields[feature], row: row, column: feature)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
      }
      if let label {
        let text = records.text(fields[label])
        if Self.isMissing(text) { throw missing(row, label) }
        labels.append((text, records.line))
      }
      guard bytes.count <= limits.maximumBytes else {
        throw .tooLarge(.init(file: path), bytes: nil, limit: limits.maximumBytes)
      }
      row += 1
    }
    guard row > 0,
      let array = EncodedArray(shape: [row, features.count], elementType: .float64, bytes: bytes)
    else { throw .malformed(.init(file: path, line: records.line), problem: "no record follows the header") }
    return try SampleRows(
      array: array, labels: try label.map { column throws(DatasetError) in try classes(labels, column) },
      divisor: 1, name: path)
  }

  // MARK: Columns

  private mutating func readHeader() throws(DatasetError) {
    let start = records
    guard let first = try records.next() else {
      throw .malformed(.init(file: path, byteOffset: 0), problem: "the file holds no record")
    }
    let firstTexts = first.map { records.text($0) }
    if let given = options.hasHeader {
      hasHeader = given
    } else if let second = try records.next() {
      hasHeader = zip(firstTexts, second).contains {
        Self.isName($0) && Self.number(records.text($1)) != nil
      }
    } else {
      hasHeader = firstTexts.allSatisfy(Self.isName)
    }
    names = hasHeader ? firstTexts : first.indices.map { "\($0 + 1)" }
    records = start
    if hasHeader { _ = try records.next() }
  }

  /// The index of the column that a name or number means.
  private func column(_ name: String) throws(DatasetError) -> Int {
    let places = names.indices.filter { names[$0] == name }
    if places.count == 1 { return places[0] }
    guard places.isEmpty else {
      throw .malformed(
        .init(file: path, line: records.line), problem: "\(places.count) columns are called '\(name)'")
    }
    if let number = Int(name), names.indices.contains(number - 1) { return number - 1 }
    let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    let hint =
      !hasHeader
      ? "the table has no header; name a column by its number, 1 to \(names.count)"
      : nearestSpelling(to: name, among: names).map { "did you mean '\($0)'?" } ?? "there are \(shown)"
    throw .malformed(.init(file: path), problem: "no column is called '\(name)'; \(hint)")
  }

  // MARK: Values

  private func number(_ field: CSVRecords.Field, row: Int, column: Int) throws(DatasetError) -> Double {
    let text = records.text(field)
    if let value = Self.number(text), value.isFinite { return value }
    if Self.isMissing(text) { throw missing(row, column) }
    let isLocal = Self.number(text.replacing(",", with: ".")) != nil
    throw .malformed(
      place(row, column),
      problem: "'\(text.prefix(40))' is not a number"
        + (isLocal
          ? "; the decimal sign is a point"
          : "; features are numbers: encode categories as such, or ignore the column"))
  }

  private func missing(_ row: Int, _ column: Int) -> DatasetError {
    .malformed(
      place(row, column), problem: "the value is missing; fill it in, or leave out the row or the column")
  }

  private func place(_ row: Int, _ column: Int) -> DataLocation {
    .init(file: path, line: records.line, row: row, column: names[column])
  }

  /// Whole numbers as they are, else the distinct names in the order of their characters, from 0.
  private func classes(
    _ labels: [(text: String, line: Int)], _ column: Int
  ) throws(DatasetError) -> [Int] {
    let numbers = labels.map { Self.number($0.text) }
    guard numbers.contains(nil) else {
      var classes: [Int] = []
      for (row, number) in numbers.enumerated() {
        guard let label = number.flatMap({ Int(exactly: $0) }) else {
          throw .malformed(
            .init(file: path, line: labels[row].line, row: row, column: names[column]),
            problem: "the label \(labels[row].text) is not a class; expected whole numbers or names")
        }
        classes.append(label)
      }
      return classes
    }
    let names = Set(labels.map(\.text)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let places = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    return labels.map { places[$0.text] ?? 0 }
  }

  /// Decimal numbers; neither infinities nor hexadecimal ones, which `Double` reads too.
  private static func number(_ text: String) -> Double? {
    let isDecimal = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    return isDecimal ? Double(text) : nil
  }

  private static func isName(_ text: String) -> Bool { number(text) == nil && !isMissing(text) }

  private static func isMissing(_ text: String) -> Bool {
    text.isEmpty || ["?", "na", "n/a", "nan", "null", "none", "-"].contains(text.lowercased())
  }
}
