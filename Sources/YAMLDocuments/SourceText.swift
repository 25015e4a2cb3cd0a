import Foundation

/// A text with the name it is known by in messages (usually the path that the user typed).
///
/// Lines end at a line feed, a carriage return, or the two together. A byte-order mark at the start is not part of
/// the text.
public struct SourceText: Sendable {
  /// What messages call it.
  public let name: String
  /// Without a byte-order mark.
  public let text: String

  /// A text that is in memory already; a byte-order mark is dropped.
  public init(name: String, text: String) {
    self.name = name
    self.text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
  }

  /// Reads a file that a person wrote. Pipes can be read too.
  ///
  /// - Parameters:
  ///   - path: relative paths are taken from the working directory.
  ///   - byteLimit: larger files are refused without being read to their end.
  /// - Throws: `InvalidDocument` with one diagnostic when the file is missing, is a directory, may not be read, is
  ///   too large, is not UTF-8 (with the place of the first wrong byte), or is not text.
  public init(contentsOfFile path: String, byteLimit: Int = YAMLLimits().bytes) throws {
    func failure(_ message: String, at location: SourceLocation? = nil) -> InvalidDocument {
      InvalidDocument([Diagnostic(file: path, location: location, message: message)])
    }
    let bytes: [UInt8]
    switch readBytes(ofFile: path, atMost: byteLimit) {
    case .success(let read): bytes = read
    case .failure(let problem): throw failure(problem.message)
    }
    guard bytes.count <= byteLimit else {
      throw failure("the file has more than \(byteLimit) bytes; no file that large is read")
    }
    if let offset = firstInvalidUTF8Offset(bytes) {
      let before = SourceText(name: path, text: String(decoding: bytes[..<offset], as: UTF8.self))
      let byte = String(bytes[offset], radix: 16, uppercase: true)
      throw failure(
        "byte \(offset) (0x\(byte)) is not UTF-8; save the file as UTF-8",
        at: LineTable(before.text).location(ofScalar: before.text.unicodeScalars.count))
    }
    self.init(name: path, text: String(decoding: bytes, as: UTF8.self))
  }

  /// The line with this number (from 1), without its line ending; nil past the end.
  ///
  /// Complexity: O(length of the text up to the line's end).
  public func line(_ number: Int) -> Substring? {
    guard number >= 1 else { return nil }
    let scalars = text.unicodeScalars
    var start = scalars.startIndex
    var current = 1
    while current < number {
      guard let end = scalars[start...].firstIndex(where: isLineBreak) else { return nil }
      start = afterLineBreak(at: end, in: scalars)
      current += 1
    }
    let end = scalars[start...].firstIndex(where: isLineBreak) ?? scalars.endIndex
    return Substring(scalars[start..<end])
  }
}

/// Where each line starts, so that an offset in Unicode scalars can be told as line and column.
struct LineTable {
  /// Offset of the first scalar of each line.
  private var starts: [Int] = [0]
  private let file: Int

  /// - Parameter file: the text's number among those that are read together.
  init(_ text: String, file: Int = 0) {
    self.file = file
    var offset = 0
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if let previous, isLineBreak(previous), !(previous == "\r" && scalar == "\n") { starts.append(offset) }
      previous = scalar
      offset += 1
    }
    if let previous, isLineBreak(previous) { starts.append(offset) }
  }

  /// The place of the scalar with this offset; offsets past the end are taken as the end's line.
  ///
  /// Complexity: O(log lines).
  func location(ofScalar offset: Int) -> SourceLocation {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return SourceLocation(line: low + 1, column: max(0, offset - starts[low]) + 1, file: file)
  }
}

private func isLineBreak(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

private func afterLineBreak(
  at index: String.UnicodeScalarView.Index, in scalars: String.UnicodeScalarView
) -> String.UnicodeScalarView.Index {
  let next = scalars.index(after: index)
  let isPair = scalars[index] == "\r" && next < scalars.endIndex && scalars[next] == "\n"
  return isPair ? scalars.index(after: next) : next
}

private struct FileProblem: Error {
  var message: String
}

/// Reads up to `limit + 1` bytes, so that a caller can tell a file that is too large, and an endless one ends.
private func readBytes(ofFile path: String, atMost limit: Int) -> Result<[UInt8], FileProblem> {
  guard !path.isEmpty else { return .failure(.init(message: "the path of the file is empty")) }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(.init(message: explanation(ofError: errno, path: path))) }
  defer { close(descriptor) }
  var status = stat()
  if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
    return .failure(.init(message: "this is a directory; expected a file"))
  }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while bytes.count <= limit {
    let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count == 0 { break }
    if count < 0 {
      if errno == EINTR { continue }
      return .failure(.init(message: explanation(ofError: errno, path: path)))
    }
    bytes.append(contentsOf: block[..<count])
  }
  return .success(bytes)
}

private func explanation(ofError code: Int32, path: String) -> String {
  switch code {
  case ENOENT, ENOTDIR: "there is no such file"
  case EACCES, EPERM: "the file may not be read (permission denied)"
  case EISDIR: "this is a directory; expected a file"
  default: "the file cannot be read: \(String(cString: strerror(code)))"
  }
}

/// Offset of the first byte that no UTF-8 text could have there; nil when all is well.
private func firstInvalidUTF8Offset(_ bytes: [UInt8]) -> Int? {
  var index = 0
  while index < bytes.count {
    let lead = bytes[index]
    if lead < 0x80 {
      index += 1
      continue
    }
    // Unicode 15, table 3-7: the second byte's range excludes overlong forms, surrogates, and values past U+10FFFF.
    let (length, second): (Int, ClosedRange<UInt8>)
    switch lead {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return index
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]),
      bytes[(index + 2)..<(index + length)].allSatisfy({ 0x80...0xBF ~= $0 })
    else { return index }
    index += length
  }
  return nil
}
