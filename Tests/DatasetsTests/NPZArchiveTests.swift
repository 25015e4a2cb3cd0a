import Datasets
import Testing

/// `numpy.savez(…)` and `numpy.savez_compressed(…)` of NumPy 2 with two arrays: head.weight = [[0, ¼, ½], [¾,
/// 1, 1¼]] in float32 and labels = [3, −1, 2⁴⁰] in int64. Both hold ZIP64 records.
enum NumPyArchives {
  static let saved = """
    UEsDBC0AAAAAAAAAIQAKnACk//////////8PABQAaGVhZC53ZWlnaHQubnB5AQAQAJgAAAAAAAAAmAAAAAAAAACTTlVNUFkBAHYA\
    eydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAAAAAAIA+AAAAPwAAQD8AAIA/AACgP1BLAwQtAAAA\
    AAAAACEAPpjtyP//////////CgAUAGxhYmVscy5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxp\
    OCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAwAAAAAAAAD//////////wAAAAAAAQAAUEsBAi0DLQAAAAAAAAAhAAqcAKSY\
    AAAAmAAAAA8AAAAAAAAAAAAAAIABAAAAAGhlYWQud2VpZ2h0Lm5weVBLAQItAy0AAAAAAAAAIQA+mO3ImAAAAJgAAAAKAAAAAAAA\
    AAAAAACAAdkAAABsYWJlbHMubnB5UEsFBgAAAAACAAIAdQAAAK0BAAAAAA==
    """

  static let compressed = """
    UEsDBC0AAAAIAAAAIQAKnACk//////////8PABQAaGVhZC53ZWlnaHQubnB5AQAQAJgAAAAAAAAAVgAAAAAAAACb7BfqGxDJyFDG\
    UK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgrGmjoKtQpkAy4GMGiwAxL2DAwOQNwAxAvs\
    AVBLAwQtAAAACAAAACEAPpjtyP//////////CgAUAGxhYmVscy5ucHkBABAAmAAAAAAAAABPAAAAAAAAAJvsF+obEMnIUMZQrZ6S\
    WpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC5mBgj4DwVgDiMDAwBQSwECLQMtAAAA\
    CAAAACEACpwApFYAAACYAAAADwAAAAAAAAAAAAAAgAEAAAAAaGVhZC53ZWlnaHQubnB5UEsBAi0DLQAAAAgAAAAhAD6Y7chPAAAA\
    mAAAAAoAAAAAAAAAAAAAAIABlwAAAGxhYmVscy5ucHlQSwUGAAAAAAIAAgB1AAAAIgEAAAAA
    """
}

@Suite struct NPZArchiveTests {
  @Test(arguments: [NumPyArchives.saved, NumPyArchives.compressed])
  func archivesOfNumPyAreRead(base64: String) throws {
    let archive = try NPZArchive(bytes: try bytes(base64: base64), name: "x.npz")
    #expect(archive.arrayNames == ["head.weight", "labels"])
    let weight = try archive.array("head.weight")
    #expect(weight.shape == [2, 3])
    #expect(weight.values == [0, 0.25, 0.5, 0.75, 1, 1.25])
    #expect(weight.elementType == .float32)
    #expect(try archive.array("labels").labels(name: "labels") == [3, -1, 1 << 40])
    #expect(try archive.arrays().keys.sorted() == ["head.weight", "labels"])
  }

  @Test func writtenArchivesAreReadBack() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/weights.npz"
    let kernel = try NumericArray(shape: [2, 2], values: [1, .pi, -.infinity, 0x1p-1074])
    let empty = try NumericArray(shape: [0, 3], values: [])
    try NPZArchive.write([("kernel", kernel), ("größe/λ", empty)], to: path)
    let archive = try NPZArchive(path: path)
    #expect(archive.arrayNames == ["kernel", "größe/λ"])
    #expect(try archive.array("kernel") == kernel)
    #expect(try archive.array("größe/λ") == empty)
  }

  @Test func equalArraysGiveEqualBytes() throws {
    let array = try NumericArray(shape: [3], values: [1, 2, 3])
    #expect(try NPZArchive.encode([("a", array)]) == NPZArchive.encode([("a", array)]))
  }

  @Test func aNameMayNotOccurTwice() throws {
    let array = try NumericArray(shape: [1], values: [1])
    #expect(throws: DatasetError.self) { try NPZArchive.encode([("a", array), ("a", array)]) }
  }

  @Test func missingArrayListsThoseThatAreThere() throws {
    let archive = try NPZArchive(bytes: try bytes(base64: NumPyArchives.saved), name: "x.npz")
    let error = datasetError { _ = try archive.array("head.bias") }
    #expect(
      error == .missingMember(file: "x.npz", member: "head.bias", available: ["head.weight", "labels"]))
    #expect(error?.description == "x.npz: no array 'head.bias'; the archive holds 'head.weight', 'labels'")
  }

  @Test func changedElementFailsTheChecksum() throws {
    var archive = try NPZArchive.encode([("a", try NumericArray(shape: [2], values: [1, 2]))])
    let element = try #require(archive.firstIndex(of: 0x3f))
    archive[element] = 0x40
    let error = datasetError { _ = try NPZArchive(bytes: archive, name: "x.npz").array("a") }
    #expect(error?.description == "x.npz: member 'a': the bytes do not match their checksum (CRC-32)")
  }

  @Test func everyTruncationIsAnErrorThatNamesTheFile() throws {
    for base64 in [NumPyArchives.saved, NumPyArchives.compressed] {
      let whole = try bytes(base64: base64)
      for length in 0..<whole.count {
        let error = datasetError {
          _ = try NPZArchive(bytes: Array(whole[..<length]), name: "x.npz").arrays()
        }
        #expect(error?.description.hasPrefix("x.npz") == true, "cut to \(length) bytes")
      }
    }
  }

  @Test func memberThatInflatesBeyondItsDeclaredSizeIsRefused() throws {
    // The directory's size fields (the ZIP64 records are in the local headers only) declare fewer bytes than
    // follow.
    var archive = try bytes(base64: NumPyArchives.compressed)
    let directory = try #require(
      archive.indices.dropLast(3).first { archive[$0..<$0 + 4] == [0x50, 0x4b, 1, 2] })
    archive[directory + 24] = 0x10
    let error = datasetError { _ = try NPZArchive(bytes: archive, name: "x.npz").array("head.weight") }
    #expect(
      error?.description
        == "x.npz: member 'head.weight': it inflates to another size than the 16 bytes declared")
  }

  @Test func memberThatDeclaresMoreThanTheLimitIsRefusedBeforeInflating() throws {
    var archive = try bytes(base64: NumPyArchives.compressed)
    let directory = try #require(
      archive.indices.dropLast(3).first { archive[$0..<$0 + 4] == [0x50, 0x4b, 1, 2] })
    archive[directory + 27] = 0x70
    let reader = try NPZArchive(bytes: archive, name: "x.npz", limits: ReadLimits(maximumBytes: 1 << 20))
    let declared = 0x7000_0098
    #expect(
      datasetError { _ = try reader.array("head.weight") }
        == .tooLarge(.init(file: "x.npz", member: "head.weight"), bytes: declared, limit: 1 << 20))
  }

  @Test func bytesThatAreNoArchiveAreNamed() {
    let error = datasetError {
      _ = try NPZArchive(bytes: Array("no archive, some text instead".utf8), name: "x.npz")
    }
    #expect(error?.description == "x.npz: byte 29: not an NPZ file (no ZIP directory)")
  }
}
