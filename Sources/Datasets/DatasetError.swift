import NetworkGraph

/// A place in a data file: the file, the member of an archive, the byte or the row. Rows count from 0, as in
/// NumPy.
public struct DataLocation: Hashable, Sendable, CustomStringConvertible {
  /// The file's name as the user gave it.
  public let file: String
  /// The array of an NPZ archive.
  public let member: String?
  /// Counted from the start of the file, or of the member when there is one.
  public let byteOffset: Int?
  /// Of a text file, counted from 1 as editors do.
  public let line: Int?
  /// Of a table or of images, without the header.
  public let row: Int?
  /// The name of a table's column, or its number from 1 where columns have no names.
  public let column: String?

  /// Only the file is always known.
  public init(
    file: String, member: String? = nil, byteOffset: Int? = nil, line: Int? = nil, row: Int? = nil,
    column: String? = nil
  ) {
    self.file = file
    self.member = member
    self.byteOffset = byteOffset
    self.line = line
    self.row = row
    self.column = column
  }

  /// `weights.npz: member 'head.weight': byte 128`.
  public var description: String {
    var text = file
    if let member { text += ": member '\(member)'" }
    if let byteOffset { text += ": byte \(byteOffset)" }
    if let line { text += ": line \(line)" }
    if let row { text += ": row \(row)" }
    if let column { text += ": column '\(column)'" }
    return text
  }
}

/// What can be wrong with a data file or a request for samples.
public enum DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operating system refused to read the file.
  case unreadable(file: String, reason: String)
  /// The operating system refused to write the file.
  case unwritable(file: String, reason: String)
  /// The bytes are not what the format promises.
  case malformed(DataLocation, problem: String)
  /// Reading it would take more memory than `ReadLimits` allows. `bytes` is what the file declares, when it
  /// does.
  case tooLarge(DataLocation, bytes: Int?, limit: Int)
  /// An archive has no array of that name.
  case missingMember(file: String, member: String, available: [String])
  /// More samples were asked for than the dataset holds.
  case tooFewRows(dataset: String, asked: Int, available: Int)
  /// A batch with as many samples of every class asks for more of this class than there are.
  case tooFewOfClass(dataset: String, label: Int, asked: Int, available: Int)
  /// One sample does not have the shape that the network expects.
  case shapeMismatch(dataset: String, sample: [Int], expected: TensorShape)
  /// The values do not form a batch or array of the stated shape.
  case invalidValues(String)

  /// Where, and what is wrong, in words.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): return "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): return "\(file): cannot be written: \(reason)"
    case .malformed(let location, let problem): return "\(location): \(problem)"
    case .tooLarge(let location, let bytes, let limit):
      let size = bytes.map { "\($0) bytes" } ?? "more bytes than can be counted"
      return "\(location): needs \(size), and the limit is \(limit)"
    case .missingMember(let file, let member, let available):
      let shown = available.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
      let more = available.count > 20 ? ", … (\(available.count) in all)" : ""
      return "\(file): no array '\(member)'; the archive holds \(available.isEmpty ? "none" : shown + more)"
    case .tooFewRows(let dataset, let asked, let available):
      return "\(dataset): \(asked) samples were asked for and the dataset holds \(available)"
    case .tooFewOfClass(let dataset, let label, let asked, let available):
      return
        "\(dataset): a balanced batch needs \(asked) samples of class \(label) and the dataset holds \(available)"
    case .shapeMismatch(let dataset, let sample, let expected):
      let shape = "[" + sample.map(String.init).joined(separator: ", ") + "]"
      return "\(dataset): one sample has shape \(shape) and the network expects \(expected)"
    case .invalidValues(let problem): return problem
    }
  }
}

/// How much memory reading a file may take, so that a hostile file costs an error and not the machine.
public struct ReadLimits: Hashable, Sendable {
  /// Bytes of one file, of one inflated archive member, and of one decoded array. 4 GiB by default.
  public var maximumBytes: Int

  /// - Parameter maximumBytes: of what is read into memory; below 0 counts as 0.
  public init(maximumBytes: Int = 4 << 30) { self.maximumBytes = min(max(0, maximumBytes), 1 << 56) }
}

/// The product of non-negative dimensions; nil when one is negative or the product does not fit.
func checkedProduct(_ dimensions: some Sequence<Int>) -> Int? {
  var product = 1
  for dimension in dimensions {
    let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
    guard dimension >= 0, !overflow else { return nil }
    product = next
  }
  return product
}
