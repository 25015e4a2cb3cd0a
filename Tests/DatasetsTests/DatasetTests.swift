import Datasets
import Foundation
import NetworkGraph
import RandomStreams
import Testing

@Suite struct GaussianInputsTests {
  @Test func samplesDependOnTheSeedAndNotOnTheBatchSize() throws {
    let dataset = try Dataset.gaussian(shape: .features(10))
    let long = try dataset.batch(count: 50, seed: 7)
    let short = try dataset.batch(count: 20, seed: 7)
    #expect(Array(long.values[..<200]) == short.values)
    #expect(try dataset.batch(count: 20, seed: 8) != short)
    #expect(short.labels == nil)
    #expect(dataset.sampleCount == nil)
  }

  @Test func valuesAreTheInputStreamsNormals() throws {
    let batch = try Dataset.gaussian(shape: .maps(channels: 3, height: 4, width: 4)).batch(count: 5, seed: 11)
    #expect(batch.values == RandomStream(seed: 11, purpose: "inputs").normals(240))
  }

  @Test func hashIsThatOfTheDefinition() throws {
    let (a, b) = (try Dataset.gaussian(shape: .features(10)), try Dataset.gaussian(shape: .features(11)))
    #expect(a.contentHash.count == 64)
    #expect(a.contentHash != b.contentHash)
    #expect(try a.contentHash == Dataset.open(.gaussian(shape: .features(10))).contentHash)
  }

  @Test func absurdSizesAreErrors() throws {
    let huge = TensorShape.maps(channels: 1 << 40, height: 1 << 40, width: 1 << 40)
    #expect(throws: DatasetError.self) { try Dataset.gaussian(shape: huge) }
    #expect(throws: DatasetError.self) { try Dataset.gaussian(shape: .features(0)) }
    #expect(throws: DatasetError.self) { try Dataset.gaussian(shape: .features(-3)) }
    let dataset = try Dataset.gaussian(shape: .features(10))
    #expect(throws: DatasetError.self) { try dataset.batch(count: 0, seed: 0) }
    #expect(throws: DatasetError.self) { try dataset.batch(count: -1, seed: 0) }
    #expect(throws: DatasetError.self) { try dataset.batch(count: .max, seed: 0) }
  }
}

@Suite struct ArrayDatasetTests {
  /// Row i is [10·i, 10·i + 1, …].
  static func rows(_ count: Int, _ row: [Int]) throws -> NumericArray {
    let length = row.reduce(1, *)
    let values: [Double] = (0..<count * length).map { Double(10 * ($0 / length) + $0 % length) }
    return try NumericArray(shape: [count] + row, values: values)
  }

  @Test func batchIsDrawnWithoutReplacement() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Self.rows(100, [3]).write(npy: path)
    let dataset = try Dataset.open(.npy(path: path))
    let batch = try dataset.batch(count: 100, seed: 1)
    let drawn: [Int] = (0..<100).map { Int(batch.values[3 * $0]) / 10 }
    #expect(drawn != Array(0..<100))
    #expect(drawn.sorted() == Array(0..<100))
    for row in 0..<100 { #expect(batch.values[3 * row + 2] == batch.values[3 * row] + 2) }
  }

  @Test func seedChoosesTheRowsAndALongerBatchBeginsWithAShorterOne() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Self.rows(1000, [1]).write(npy: path, as: .float32)
    let dataset = try Dataset.open(.npy(path: path))
    let batch = try dataset.batch(count: 40, seed: 1)
    #expect(try dataset.batch(count: 40, seed: 1) == batch)
    #expect(try dataset.batch(count: 40, seed: 2).values != batch.values)
    #expect(try Array(dataset.batch(count: 400, seed: 1).values[..<40]) == batch.values)
  }

  /// Each of 10 rows is drawn first with probability 1/10: 2,000 draws, four standard deviations.
  @Test func rowsAreDrawnUniformly() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Self.rows(10, [1]).write(npy: path)
    let dataset = try Dataset.open(.npy(path: path))
    var counts = [Int](repeating: 0, count: 10)
    for seed in 0..<2000 {
      let batch = try dataset.batch(count: 3, seed: UInt64(seed))
      for value in batch.values { counts[Int(value) / 10] += 1 }
    }
    let expected = 600.0
    let tolerance = 4 * (2000 * 0.3 * 0.7).squareRoot()
    #expect(counts.allSatisfy { abs(Double($0) - expected) < tolerance })
  }

  @Test func askingForMoreRowsThanThereAreSaysBothNumbers() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Self.rows(10, [3]).write(npy: path)
    let error = datasetError { _ = try Dataset.open(.npy(path: path)).batch(count: 11, seed: 0) }
    #expect(error == .tooFewRows(dataset: path, asked: 11, available: 10))
    #expect(error?.description == "\(path): 11 samples were asked for and the dataset holds 10")
  }

  @Test func labelsFollowTheirRows() throws {
    let folder = try TemporaryFolder()
    let (x, y) = (folder.path + "/x.npy", folder.path + "/y.npy")
    try Self.rows(30, [2]).write(npy: x)
    try NumericArray(shape: [30], values: (0..<30).map { Double(1000 + $0) }).write(npy: y, as: .int64)
    let batch = try Dataset.open(.npy(path: x, labels: y)).batch(count: 30, seed: 9)
    let expected: [Int] = (0..<30).map { 1000 + Int(batch.values[2 * $0]) / 10 }
    #expect(batch.labels == expected)
  }

  @Test func labelsHaveToBeAsManyAsRows() throws {
    let folder = try TemporaryFolder()
    let (x, y) = (folder.path + "/x.npy", folder.path + "/y.npy")
    try Self.rows(3, [2]).write(npy: x)
    try NumericArray(shape: [4], values: [0, 1, 2, 3]).write(npy: y)
    #expect(
      datasetError { _ = try Dataset.open(.npy(path: x, labels: y)) }?.description
        == "\(x): 3 samples and 4 labels")
  }

  @Test func archiveWithOneArrayBesidesLabelsNeedsNoName() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/d.npz"
    let labels = try NumericArray(shape: [4], values: [0, 1, 2, 3])
    try NPZArchive.write([("x", try Self.rows(4, [2])), ("y", labels)], to: path)
    let dataset = try Dataset.open(.npz(path: path, labels: "y"))
    #expect(dataset.sampleShape == .features(2))
    #expect(dataset.hasLabels)
    #expect(
      datasetError { _ = try Dataset.open(.npz(path: path)) }?.description.contains("holds x, y") == true)
    let error = datasetError { _ = try Dataset.open(.npz(path: path, inputs: "z")) }
    #expect(error == .missingMember(file: path, member: "z", available: ["x", "y"]))
  }

  @Test(
    arguments: [
      ([], TensorShape.features(1)), ([5], .features(5)), ([4, 3], .maps(channels: 1, height: 4, width: 3)),
      ([2, 4, 3], .maps(channels: 2, height: 4, width: 3)),
    ])
  func axesAfterTheFirstAreTheSample(row: [Int], shape: TensorShape) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try Self.rows(2, row).write(npy: path)
    #expect(try Dataset.open(.npy(path: path)).sampleShape == shape)
  }

  @Test func valuesThatAreNoFiniteFloat32AreNamedByRow() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    for bad in [Double.nan, .infinity, 1e300] {
      try NumericArray(shape: [2, 2], values: [1, 2, 3, bad]).write(npy: path)
      let text = datasetError { _ = try Dataset.open(.npy(path: path)) }?.description
      #expect(text?.hasPrefix("\(path): row 1: a value is") == true)
    }
  }

  @Test func arrayWithoutSamplesIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    for shape in [[0, 3], [3, 0], []] {
      try NumericArray(shape: shape, values: shape.isEmpty ? [1] : []).write(npy: path)
      #expect(throws: DatasetError.self) { try Dataset.open(.npy(path: path)) }
    }
  }

  @Test func constantFeatureIsOnlyShiftedByStandardization() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    try NumericArray(shape: [2, 2], values: [5, 1, 5, 3]).write(npy: path)
    let batch = try Dataset.open(.npy(path: path), standardization: .perChannel).batch(count: 2, seed: 0)
    #expect([[0, -1, 0, 1], [0, 1, 0, -1]].contains(batch.values))
  }

  @Test func hashFollowsTheContentAndNotThePath() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (folder.path + "/a.npy", folder.path + "/b.npy")
    try Self.rows(3, [2]).write(npy: a)
    try Self.rows(3, [2]).write(npy: b)
    #expect(try Dataset.open(.npy(path: a)).contentHash == Dataset.open(.npy(path: b)).contentHash)
    try Self.rows(2, [3]).write(npy: b)
    #expect(try Dataset.open(.npy(path: a)).contentHash != Dataset.open(.npy(path: b)).contentHash)
  }
}

@Suite struct SampleShapeTests {
  @Test func mapsMayBeFlattenedAndVectorsUnfolded() throws {
    let maps = try Dataset.gaussian(shape: .maps(channels: 1, height: 28, width: 28))
    let flat = try maps.conforming(to: .features(784))
    #expect(flat.sampleShape == .features(784))
    #expect(flat.contentHash == maps.contentHash)
    #expect(try flat.batch(count: 2, seed: 4).values == maps.batch(count: 2, seed: 4).values)
    #expect(try flat.conforming(to: maps.sampleShape).sampleShape == maps.sampleShape)
  }

  @Test func otherShapesAreRefusedWithBoth() throws {
    let maps = try Dataset.gaussian(shape: .maps(channels: 1, height: 28, width: 28))
    let error = datasetError { _ = try maps.conforming(to: .features(100)) }
    #expect(error?.description == "gaussian: one sample has shape [1, 28, 28] and the network expects [100]")
    #expect(throws: DatasetError.self) { try maps.conforming(to: .maps(channels: 4, height: 14, width: 14)) }
  }

  @Test func standardizationKeepsItsChannelsAfterFlattening() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("batch.bin", cifarRecords(3))
    let maps = try Dataset.open(.cifar10(path: path), standardization: .perChannel)
    let flat = try maps.conforming(to: .features(3072))
    #expect(try flat.batch(count: 3, seed: 1).values == maps.batch(count: 3, seed: 1).values)
  }

  @Test func batchChecksItsCounts() throws {
    let shape = TensorShape.features(2)
    #expect(try SampleBatch(shape: shape, count: 2, values: [1, 2, 3, 4], labels: [0, 1]).count == 2)
    #expect(throws: DatasetError.self) { try SampleBatch(shape: shape, count: 2, values: [1, 2, 3]) }
    #expect(throws: DatasetError.self) {
      try SampleBatch(shape: shape, count: 1, values: [1, 2], labels: [0, 1])
    }
    #expect(throws: DatasetError.self) { try SampleBatch(shape: shape, count: 0, values: []) }
    let vast = TensorShape.maps(channels: .max, height: .max, width: 2)
    #expect(throws: DatasetError.self) { try SampleBatch(shape: vast, count: .max, values: []) }
  }

  @Test func arrayBecomesABatchOfTheNetworksShape() throws {
    let array = try NumericArray(shape: [2, 1, 2, 2], values: [1, 2, 3, 4, 5, 6, 7, 8])
    let batch = try SampleBatch(array, shape: .features(4), name: "x.npy")
    #expect(batch.count == 2)
    #expect(batch.values == [1, 2, 3, 4, 5, 6, 7, 8])
    let error = datasetError { _ = try SampleBatch(array, shape: .features(5), name: "x.npy") }
    #expect(error?.description == "x.npy: one sample has shape [1, 2, 2] and the network expects [5]")
  }
}

/// Real files, where the machine has them: `NTKSCORER_DATA` names a folder with `cifar-10-batches-bin` and
/// `mnist`.
@Suite struct RealDataTests {
  static let folder = ProcessInfo.processInfo.environment["NTKSCORER_DATA"]

  @Test(.enabled(if: folder != nil, "NTKSCORER_DATA is not set"))
  func realImagesAreRead() throws {
    let folder = try #require(Self.folder)
    let cifar = try Dataset.open(
      .cifar10(path: folder + "/cifar-10-batches-bin"), standardization: .perChannel)
    let mnist = try Dataset.open(.mnist(path: folder + "/mnist"))
    for dataset in [cifar, mnist] {
      let batch = try dataset.batch(count: 64, seed: 0)
      #expect(batch.values.allSatisfy { $0.isFinite })
      #expect(batch.labels?.allSatisfy { (0...9).contains($0) } == true)
    }
    #expect(mnist.sampleShape == .maps(channels: 1, height: 28, width: 28))
  }
}
