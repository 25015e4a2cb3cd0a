import Datasets
import NetworkGraph
import Testing

@Suite struct CIFAR10Tests {
  @Test func recordsAreLabelsAndScaledImages() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("batch.bin", cifarRecords(12))
    let dataset = try Dataset.open(.cifar10(path: path))
    #expect(dataset.sampleShape == .maps(channels: 3, height: 32, width: 32))
    #expect(dataset.sampleCount == 12)
    let batch = try dataset.batch(count: 12, seed: 5)
    let labels = try #require(batch.labels)
    #expect(labels.sorted() == [0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (sample, label) in labels.enumerated() {
      let start = 3072 * sample
      let image: [Int] = batch.values[start..<start + 3072].map { Int(($0 * 255).rounded()) }
      let expected: [Int] = (0..<3072).map { (image[0] + 7 * $0) % 256 }
      #expect(image[0] % 10 == label)
      #expect(image == expected)
    }
  }

  @Test func folderIsItsBatchesInOrderOfTheirNames() throws {
    let folder = try TemporaryFolder()
    let whole = cifarRecords(7)
    try folder.write("data_batch_2.bin", Array(whole[(3 * 3073)...]))
    try folder.write("data_batch_1.bin", Array(whole[..<(3 * 3073)]))
    try folder.write("test_batch.bin", cifarRecords(1))
    let single = try TemporaryFolder()
    let path = try single.write("data_batch_1.bin", whole)
    let (a, b) = (try Dataset.open(.cifar10(path: folder.path)), try Dataset.open(.cifar10(path: path)))
    #expect(a.sampleCount == 7)
    #expect(a.contentHash == b.contentHash)
  }

  @Test func perChannelStandardizationGivesMeanZeroAndVarianceOne() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("batch.bin", cifarRecords(4))
    let dataset = try Dataset.open(.cifar10(path: path), standardization: .perChannel)
    let batch = try dataset.batch(count: 4, seed: 0)
    for channel in 0..<3 {
      var values: [Double] = []
      for sample in 0..<4 {
        let start = 3072 * sample + 1024 * channel
        values += batch.values[start..<start + 1024].map { Double($0) }
      }
      let mean: Double = values.reduce(0, +) / 4096
      let deviations: [Double] = values.map { $0 - mean }
      let variance: Double = deviations.map { $0 * $0 }.reduce(0, +) / 4096
      // Each of the 4096 values is rounded to float32.
      #expect(abs(mean) < 1e-6)
      #expect(abs(variance - 1) < 1e-6)
    }
    #expect(try dataset.contentHash != Dataset.open(.cifar10(path: path)).contentHash)
  }

  @Test func incompleteRecordIsNamedByRowAndByte() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("batch.bin", Array(cifarRecords(3).dropLast(73)))
    let error = datasetError { _ = try Dataset.open(.cifar10(path: path)) }
    #expect(error?.description == "\(path): byte 6146: row 2: 3000 bytes where a record has 3073")
  }

  @Test func labelBeyondNineIsNamed() throws {
    let folder = try TemporaryFolder()
    var records = cifarRecords(3)
    records[3073] = 10
    let path = try folder.write("batch.bin", records)
    let error = datasetError { _ = try Dataset.open(.cifar10(path: path)) }
    #expect(error?.description == "\(path): byte 3073: row 1: the label 10; CIFAR-10's are 0 to 9")
  }

  @Test func folderWithoutBatchesIsAnError() throws {
    let folder = try TemporaryFolder()
    #expect(
      datasetError { _ = try Dataset.open(.cifar10(path: folder.path)) }
        == .unreadable(file: folder.path, reason: "the folder holds no data_batch_*.bin"))
  }
}

@Suite struct CIFAR100Tests {
  /// Record i has superclass i mod 20 and class 3i mod 100.
  static func records(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in 0..<count {
      bytes += [UInt8(record % 20), UInt8(3 * record % 100)]
      for index in 0..<3072 { bytes.append(UInt8((record + 7 * index) % 256)) }
    }
    return bytes
  }

  @Test(arguments: [false, true])
  func recordsHaveTwoLabels(coarse: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.write("train.bin", Self.records(30))
    try folder.write("test.bin", Self.records(1))
    let dataset = try Dataset.open(.cifar100(path: folder.path, coarseLabels: coarse))
    #expect(dataset.sampleCount == 30)
    #expect(dataset.sampleShape == .maps(channels: 3, height: 32, width: 32))
    let batch = try dataset.batch(count: 30, seed: 2)
    let labels = try #require(batch.labels)
    for (sample, label) in labels.enumerated() {
      let record = Int((batch.values[3072 * sample] * 255).rounded())
      #expect(label == (coarse ? record % 20 : 3 * record % 100))
    }
  }

  @Test func labelsOutOfRangeAreNamedByByteAndRow() throws {
    let folder = try TemporaryFolder()
    for (byte, value, words) in [
      (0, UInt8(20), "coarse label 20; CIFAR-100's are 0 to 19"),
      (1, UInt8(100), "fine label 100; CIFAR-100's are 0 to 99"),
    ] {
      var records = Self.records(3)
      records[3074 + byte] = value
      let path = try folder.write("train.bin", records)
      let error = datasetError { _ = try Dataset.open(.cifar100(path: path)) }
      #expect(error?.description == "\(path): byte \(3074 + byte): row 1: the \(words)")
    }
  }

  /// CIFAR-10's files have records of another length: taken for CIFAR-100 they are refused.
  @Test func theOtherDatasetsFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("train.bin", cifarRecords(3))
    let error = datasetError { _ = try Dataset.open(.cifar100(path: path)) }
    #expect(error?.description == "\(path): byte 6148: row 2: 3071 bytes where a record has 3074")
    let empty = try folder.write("empty.bin", [])
    #expect(
      datasetError { _ = try Dataset.open(.cifar100(path: empty)) }?.description
        == "\(empty): byte 0: row 0: the file is empty")
    #expect(
      datasetError { _ = try Dataset.open(.cifar10(path: folder.path)) }
        == .unreadable(file: folder.path, reason: "the folder holds no data_batch_*.bin"))
  }
}
