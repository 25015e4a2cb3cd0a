import Foundation
import Testing
import YAMLDocuments

@Suite struct FileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "yaml-\(UUID().uuidString)")

  /// The message about a file with these bytes, after `file:`; nil when it is read.
  private func message(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> String? {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "x.yaml").path
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(bytes).write(to: URL(filePath: path))
    return message(path, limit: limit)
  }

  private func message(_ path: String, limit: Int = 1 << 20) -> String? {
    do {
      _ = try SourceText(contentsOfFile: path, byteLimit: limit)
      return nil
    } catch let error as InvalidDocument {
      #expect(error.diagnostics.first?.file == path)
      return String(error.description.dropFirst(path.count))
    } catch {
      return "another kind of error"
    }
  }

  @Test func missingFileIsReported() {
    #expect(message("/nowhere/at/all.yaml") == ": error: there is no such file")
    #expect(message("") == ": error: the path of the file is empty")
  }

  @Test func directoryIsReported() {
    #expect(message("/tmp") == ": error: this is a directory; expected a file")
  }

  @Test func endlessFileIsReadOnlyToTheLimit() {
    #expect(
      message("/dev/zero", limit: 100_000)
        == ": error: the file has more than 100000 bytes; no file that large is read")
  }

  @Test(
    arguments: [
      ([0x61, 0x0A, 0x62, 0xFF, 0x63], ":2:2: error: byte 3 (0xFF) is not UTF-8; save the file as UTF-8"),
      ([0xC3], ":1:1: error: byte 0 (0xC3) is not UTF-8; save the file as UTF-8"),
      ([0xC3, 0xA9, 0xC0, 0x80], ":1:2: error: byte 2 (0xC0) is not UTF-8; save the file as UTF-8"),
      ([0xED, 0xA0, 0x80], ":1:1: error: byte 0 (0xED) is not UTF-8; save the file as UTF-8"),
      ([0xF4, 0x90, 0x80, 0x80], ":1:1: error: byte 0 (0xF4) is not UTF-8; save the file as UTF-8"),
      ([0xE2, 0x82, 0x41], ":1:1: error: byte 0 (0xE2) is not UTF-8; save the file as UTF-8"),
    ] as [([UInt8], String)])
  func bytesThatAreNotUTF8AreReportedAtTheirPlace(bytes: [UInt8], expected: String) throws {
    #expect(try message(bytes) == expected)
  }

  @Test func everyUnicodeScalarIsAccepted() throws {
    var text = ""
    for value in stride(from: UInt32(0x20), through: 0x10FFFF, by: 97) {
      if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    #expect(try message(Array(text.utf8)) == nil)
  }

  @Test func textIsReadWithoutItsByteOrderMark() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "x.yaml").path
    try Data([0xEF, 0xBB, 0xBF, 0x61]).write(to: URL(filePath: path))
    #expect(try SourceText(contentsOfFile: path).text == "a")
  }
}
