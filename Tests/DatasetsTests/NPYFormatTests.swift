import Datasets
import Testing

@Suite struct NPYFormatTests {
  @Test func float64RoundTripsBitForBit() throws {
    let values = [0, -0.0, 1 / 3, .pi, 0x1p-1074, -.greatestFiniteMagnitude, .infinity]
    let array = try NumericArray(shape: [7], values: values)
    let read = try NumericArray(npyBytes: try array.npyBytes(), name: "x.npy")
    #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(read.shape == [7])
  }

  @Test func float32AndInt64AreWrittenOnRequest() throws {
    let array = try NumericArray(shape: [2, 1], values: [3, -7])
    for (type, element) in [
      (NumericArray.StoredType.float32, NumericArray.ElementType.float32), (.int64, .int64),
    ] {
      let read = try NumericArray(npyBytes: try array.npyBytes(as: type), name: "x.npy")
      #expect(read.values == [3, -7])
      #expect(read.elementType == element)
    }
  }

  @Test func fractionIsNotWrittenAsAnInteger() throws {
    let array = try NumericArray(shape: [2], values: [3, 0.5])
    #expect(
      datasetError { _ = try array.npyBytes(as: .int64) }
        == .invalidValues("element 1 is 0.5, which cannot be written as a 64-bit integer"))
  }

  /// The bytes that `numpy.save` writes for `numpy.zeros((2, 3))`, up to the elements.
  @Test func headerIsTheOneNumPyWrites() throws {
    let bytes = try NumericArray(shape: [2, 3], values: [Double](repeating: 0, count: 6)).npyBytes()
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"
    let padded = text + String(repeating: " ", count: 128 - 10 - text.count - 1) + "\n"
    #expect(bytes.count == 128 + 48)
    #expect(Array(bytes[..<128]) == [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8))
  }

  @Test func filesAreWrittenAndReadBack() throws {
    let folder = try TemporaryFolder()
    let array = try NumericArray(shape: [], values: [42])
    try array.write(npy: folder.path + "/k.npy")
    #expect(try NumericArray(npy: folder.path + "/k.npy") == array)
  }

  @Test func everyElementTypeIsWidened() throws {
    func read(_ type: String, _ elements: [UInt8]) throws -> [Double] {
      let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (3,)}"
      return try NumericArray(npyBytes: npy(header, elements), name: "x").values
    }
    let halves: [UInt16] = [0x3c00, 0xc500, 0x0001]
    #expect(try read("<f2", littleEndian(halves)) == [1, -5, 0x1p-24])
    #expect(try read(">f2", bigEndian(halves)) == [1, -5, 0x1p-24])
    let singles = [Float(0.1), -2, .infinity].map(\.bitPattern)
    #expect(try read("<f4", littleEndian(singles)) == [Double(Float(0.1)), -2, .infinity])
    #expect(try read(">f4", bigEndian(singles)) == [Double(Float(0.1)), -2, .infinity])
    let doubles = [0.1, -2, 1e300].map(\.bitPattern)
    #expect(try read("<f8", littleEndian(doubles)) == [0.1, -2, 1e300])
    #expect(try read(">f8", bigEndian(doubles)) == [0.1, -2, 1e300])
    #expect(try read("|i1", [0x80, 0xff, 7]) == [-128, -1, 7])
    #expect(try read("<i2", littleEndian([Int16.min, -1, 300] as [Int16])) == [-32768, -1, 300])
    #expect(try read(">i4", bigEndian([Int32.min, -1, 300] as [Int32])) == [-2_147_483_648, -1, 300])
    #expect(try read("<i8", littleEndian([Int64.min, -1, 300] as [Int64])) == [-0x1p63, -1, 300])
    #expect(try read("|u1", [0, 128, 255]) == [0, 128, 255])
    #expect(try read(">u2", bigEndian([UInt16.max, 1, 300] as [UInt16])) == [65535, 1, 300])
    #expect(try read("<u4", littleEndian([UInt32.max, 1, 300] as [UInt32])) == [4_294_967_295, 1, 300])
    #expect(try read("=u8", littleEndian([UInt64.max, 1, 300] as [UInt64])) == [0x1p64, 1, 300])
    #expect(try read("|b1", [0, 1, 1]) == [0, 1, 1])
  }

  @Test func fortranOrderIsReadRowMajor() throws {
    // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)): the first axis runs fastest on disk.
    var elements = [UInt8](repeating: 0, count: 24)
    for index in 0..<24 {
      let (i, j, k) = (index / 12, index / 4 % 3, index % 4)
      elements[i + 2 * j + 6 * k] = UInt8(index)
    }
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }"
    let array = try NumericArray(npyBytes: npy(header, elements), name: "x")
    #expect(array.values == (0..<24).map(Double.init))
  }

  @Test(arguments: [UInt8(1), 2, 3])
  func allVersionsAreRead(version: UInt8) throws {
    let header = #"{"shape": (2L, 1), 'fortran_order':False,"descr":"|u1"}"# + "   \n"
    let array = try NumericArray(npyBytes: npy(header, [4, 5], version: version), name: "x")
    #expect(array.shape == [2, 1])
    #expect(array.values == [4, 5])
  }

  @Test func truncatedElementsAreCounted() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}"
    let error = datasetError {
      _ = try NumericArray(npyBytes: npy(header, [UInt8](repeating: 0, count: 20)), name: "x.npy")
    }
    #expect(
      error?.description
        == "x.npy: byte 85: the file ends here: shape [3] needs 24 bytes of elements and 20 are there")
  }

  @Test func bytesAfterTheArrayAreRefused() {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}"
    let error = datasetError { _ = try NumericArray(npyBytes: npy(header, [1, 2, 3, 4]), name: "x.npy") }
    #expect(error?.description == "x.npy: byte 68: 1 bytes follow the array")
  }

  @Test(
    arguments: [
      (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "more bytes than can be counted"
      ),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 0)}", "the file ends here"),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", "the length of an axis"),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "the length of an axis"),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': 3}", "expected a string, a tuple"),
      ("{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", "element type '<c16'"),
      ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "element type '|O'"),
      ("{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}", "element type '|f8'"),
      ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "structured types are not read"),
      ("{'descr': '<f8', 'fortran_order': False}", "the header has no 'shape'"),
      ("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "the key 'descr' twice"),
      ("{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}", "expected a string"),
      ("{'descr': '<f8", "a string that does not end"),
      ("", "expected '{'"),
      ("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x", "text after the header's dictionary"),
    ])
  func badHeadersAreExplained(header: String, expected: String) throws {
    let error = datasetError { _ = try NumericArray(npyBytes: npy(header, [1, 2, 3]), name: "x.npy") }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("x.npy: "))
    if !expected.hasPrefix("the file ends here") { #expect(text.contains(expected)) }
  }

  @Test func headerLongerThanNumPyAllowsIsNotRead() {
    let bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xff, 0xff, 0xff, 0x7f] + [0x20]
    let error = datasetError { _ = try NumericArray(npyBytes: bytes, name: "x.npy") }
    #expect(error?.description == "x.npy: byte 8: a header of 2147483647 bytes; at most 65536")
  }

  @Test func wrongMagicIsNamed() {
    let error = datasetError { _ = try NumericArray(npyBytes: Array("PK".utf8), name: "x.npy") }
    #expect(error?.description == "x.npy: byte 0: not an NPY file (it does not begin with \\x93NUMPY)")
  }

  @Test func decodedArrayMayNotExceedTheLimit() {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000,)}"
    let file = npy(header, [UInt8](repeating: 1, count: 1000))
    let error = datasetError {
      _ = try NumericArray(npyBytes: file, name: "x.npy", limits: ReadLimits(maximumBytes: 7999))
    }
    #expect(error == .tooLarge(.init(file: "x.npy"), bytes: 8000, limit: 7999))
  }

  @Test func missingFileAndFolderAreNamedWithTheSystemsReason() throws {
    let folder = try TemporaryFolder()
    #expect(
      datasetError { _ = try NumericArray(npy: folder.path + "/none.npy") }
        == .unreadable(file: folder.path + "/none.npy", reason: "No such file or directory"))
    #expect(
      datasetError { _ = try NumericArray(npy: folder.path) }
        == .unreadable(file: folder.path, reason: "it is not a regular file"))
    let array = try NumericArray(shape: [1], values: [1])
    let target = folder.path + "/none/k.npy"
    #expect(
      datasetError { try array.write(npy: target) }
        == .unwritable(file: target, reason: "No such file or directory"))
  }

  @Test func labelsAreOneColumnOfIntegers() throws {
    #expect(try NumericArray(shape: [2, 1], values: [4, 0]).labels(name: "y") == [4, 0])
    let fraction = try NumericArray(shape: [2], values: [4, 0.5])
    #expect(
      datasetError { _ = try fraction.labels(name: "y.npy") }?.description
        == "y.npy: row 1: the label 0.5 is not an integer")
    let matrix = try NumericArray(shape: [1, 2], values: [4, 0])
    #expect(datasetError { _ = try matrix.labels(name: "y.npy") } != nil)
  }
}
