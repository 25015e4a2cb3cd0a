import Datasets
import NetworkGraph
import Testing

@Suite struct ResolutionTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func resized(_ values: [Double], _ shape: [Int], to height: Int, _ width: Int) throws -> [Float] {
    let path = folder.path + "/x.npy"
    try NumericArray(shape: [1] + shape, values: values).write(npy: path)
    let dataset = try Dataset.open(
      .npy(path: path), resolution: ImageResolution(height: height, width: width))
    #expect(dataset.sampleShape.dimensions.suffix(2) == [height, width])
    return try dataset.batch(count: 1, seed: 0).values
  }

  @Test func byWholeNumbersItIsAveragePooling() throws {
    let values = (0..<32).map(Double.init)
    #expect(try resized(values, [2, 4, 4], to: 2, 2) == [2.5, 4.5, 10.5, 12.5, 18.5, 20.5, 26.5, 28.5])
    #expect(try resized(values, [2, 4, 4], to: 4, 4) == values.map(Float.init))
  }

  @Test func pixelsCountByTheAreaThatIsCovered() throws {
    // 3 → 2: each new pixel is 1.5 wide.
    #expect(try resized([0, 3, 12], [1, 3], to: 1, 2) == [1, 9])
    // 2 → 3: the middle one lies half over each.
    #expect(try resized([0, 6], [1, 2], to: 1, 3) == [0, 3, 6])
    #expect(try resized([4, 8], [2, 1], to: 4, 1) == [4, 4, 8, 8])
  }

  /// The mean of an image does not depend on its resolution, and a constant image stays as it is.
  @Test(arguments: [(1, 1), (3, 5), (7, 7), (13, 2), (20, 31)])
  func theMeanIsKept(height: Int, width: Int) throws {
    let values = (0..<77).map { Double(($0 * 37) % 101) }
    let result: [Double] = try resized(values, [7, 11], to: height, width).map { Double($0) }
    let mean: Double = result.reduce(0, +) / Double(result.count)
    let expected: Double = values.reduce(0, +) / 77
    #expect(abs(mean - expected) < 1e-4)
    let constant = try resized([Double](repeating: 0.3, count: 77), [7, 11], to: height, width)
    #expect(constant.allSatisfy { abs($0 - 0.3) < 1e-6 })
  }

  @Test func standardizationFollowsResizing() throws {
    let path = try folder.write("batch.bin", cifarRecords(6))
    let small = try Dataset.open(
      .cifar10(path: path), standardization: .perChannel, resolution: ImageResolution(height: 8, width: 8))
    #expect(small.sampleShape == .maps(channels: 3, height: 8, width: 8))
    let batch = try small.batch(count: 6, seed: 0)
    for channel in 0..<3 {
      var values: [Double] = []
      for sample in 0..<6 {
        let start = 192 * sample + 64 * channel
        values += batch.values[start..<start + 64].map { Double($0) }
      }
      let mean: Double = values.reduce(0, +) / 384
      let squares: [Double] = values.map { ($0 - mean) * ($0 - mean) }
      #expect(abs(mean) < 1e-6)
      #expect(abs(squares.reduce(0, +) / 384 - 1) < 1e-5)
    }
    let hashes = try [nil, ImageResolution(height: 8, width: 8), ImageResolution(height: 8, width: 9)].map {
      try Dataset.open(.cifar10(path: path), resolution: $0).contentHash
    }
    #expect(Set(hashes).count == 3)
    #expect(
      try hashes[0]
        == Dataset.open(
          .cifar10(path: path), resolution: ImageResolution(height: 32, width: 32)
        ).contentHash)
  }

  @Test func vectorsHaveNoResolution() throws {
    let path = folder.path + "/x.npy"
    try NumericArray(shape: [2, 4], values: [1, 2, 3, 4, 5, 6, 7, 8]).write(npy: path)
    let error = datasetError {
      _ = try Dataset.open(.npy(path: path), resolution: ImageResolution(height: 1, width: 2))
    }
    #expect(error?.description == "\(path): samples of shape [4] are no images, which alone can be resized")
  }

  @Test func anAbsurdResolutionIsRefusedBeforeItIsMade() throws {
    let path = try folder.write("batch.bin", cifarRecords(2))
    let error = datasetError {
      _ = try Dataset.open(.cifar10(path: path), resolution: ImageResolution(height: 1 << 16, width: 1 << 16))
    }
    guard case .tooLarge = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}

@Suite struct BalancedBatchTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Row i is [i], of class 0 for i < 60, 1 for i < 90, else 7.
  private func dataset(_ drawing: BatchDrawing = .classBalanced) throws -> Dataset {
    let (x, y) = (folder.path + "/x.npy", folder.path + "/y.npy")
    try NumericArray(shape: [100, 1], values: (0..<100).map(Double.init)).write(npy: x)
    try NumericArray(shape: [100], values: (0..<100).map { $0 < 60 ? 0 : $0 < 90 ? 1 : 7 }).write(npy: y)
    return try Dataset.open(.npy(path: x, labels: y), drawing: drawing)
  }

  @Test func everyClassHasAsManySamplesOrOneMore() throws {
    let dataset = try dataset()
    for count in [1, 2, 3, 7, 24, 29, 30] {
      let batch = try dataset.batch(count: count, seed: 5)
      let labels = try #require(batch.labels)
      let counts = [0, 1, 7].map { label in labels.count { $0 == label } }
      #expect(counts.allSatisfy { $0 == count / 3 || $0 == (count + 2) / 3 }, "\(count): \(counts)")
      #expect(Set(batch.values).count == count)
      for (value, label) in zip(batch.values, labels) {
        #expect(label == (value < 60 ? 0 : value < 90 ? 1 : 7))
      }
    }
  }

  @Test func theSeedDecidesAndALongerBatchBeginsWithAShorterOne() throws {
    let dataset = try dataset()
    let long = try dataset.batch(count: 30, seed: 3)
    #expect(try Array(long.values[..<11]) == dataset.batch(count: 11, seed: 3).values)
    #expect(try dataset.batch(count: 30, seed: 4).values != long.values)
    // Which class comes first differs between seeds, so that a batch smaller than the classes favours none.
    let first = try Set((0..<40).map { try #require(dataset.batch(count: 1, seed: $0).labels?.first) })
    #expect(first == [0, 1, 7])
  }

  @Test func aClassThatIsTooSmallIsNamed() throws {
    let name = folder.path + "/x.npy"
    let error = datasetError { _ = try dataset().batch(count: 36, seed: 0) }
    #expect(error == .tooFewOfClass(dataset: name, label: 7, asked: 12, available: 10))
    #expect(
      error?.description
        == "\(name): a balanced batch needs 12 samples of class 7 and the dataset holds 10")
  }

  @Test func theDrawingBelongsToTheContent() throws {
    #expect(try dataset(.uniform).contentHash != dataset().contentHash)
  }

  @Test func withoutLabelsThereIsNoBalance() throws {
    _ = try dataset()
    let error = datasetError {
      _ = try Dataset.open(.npy(path: folder.path + "/x.npy"), drawing: .classBalanced)
    }
    #expect(error?.description.hasSuffix("balanced batches need labels, and there are none") == true)
  }
}
