import Datasets
import NetworkGraph
import Testing

@Suite struct IDXTests {
  /// `idxImages(2)`, gzipped.
  static let compressedImages =
    "H4sIAAAAAAACA2Ng4GBmYGBgAmIWIGZmYGRiZmFlY+fg5OIWEBQSFhEVE5eQlJIGACPMnQgoAAAA"
  /// The header of two labels and 100,000 bytes of zeros, gzipped.
  static let compressedBomb =
    """
    H4sIAAAAAAACA+3BMQEAMAzAoHRX/SuujR1A7VQvAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4FsH7RB/lKiGAQA=
    """

  @Test func imagesAreScaledToTheUnitInterval() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("images", idxImages(5))
    let dataset = try Dataset.open(.mnist(path: path))
    #expect(dataset.sampleShape == .maps(channels: 1, height: 4, width: 3))
    #expect(dataset.sampleCount == 5)
    #expect(!dataset.hasLabels)
    let batch = try dataset.batch(count: 5, seed: 3)
    for sample in 0..<5 {
      let pixels: [Int] = batch.values[12 * sample..<12 * sample + 12].map { Int(($0 * 255).rounded()) }
      let expected: [Int] = (0..<12).map { pixels[0] + $0 }
      #expect(pixels == expected)
    }
    #expect(batch.labels == nil)
  }

  @Test func compressedAndPlainFilesAreTheSameDataset() throws {
    let folder = try TemporaryFolder()
    let plain = try folder.write("images", idxImages(2))
    let compressed = try folder.write("images.gz", try bytes(base64: Self.compressedImages))
    let (a, b) = (try Dataset.open(.mnist(path: plain)), try Dataset.open(.mnist(path: compressed)))
    #expect(a.contentHash == b.contentHash)
    #expect(try a.batch(count: 2, seed: 1) == b.batch(count: 2, seed: 1))
  }

  @Test func folderIsReadWithItsLabels() throws {
    let folder = try TemporaryFolder()
    try folder.write("train-images-idx3-ubyte.gz", try bytes(base64: Self.compressedImages))
    try folder.write("train-labels-idx1-ubyte", idxLabels([7, 2]))
    let dataset = try Dataset.open(.mnist(path: folder.path))
    let batch = try dataset.batch(count: 2, seed: 0)
    // Image 0 begins with pixel 0, image 1 with pixel 16.
    let expected = [batch.values[0], batch.values[12]].map { $0 == 0 ? 7 : 2 }
    #expect(batch.labels == expected)
  }

  @Test func numbersOfImagesAndLabelsHaveToAgree() throws {
    let folder = try TemporaryFolder()
    let images = try folder.write("images", idxImages(3))
    let labels = try folder.write("labels", idxLabels([1, 2]))
    let error = datasetError { _ = try Dataset.open(.mnist(path: images, labels: labels)) }
    #expect(error?.description == "\(labels): 2 labels for the 3 images of \(images)")
  }

  @Test func labelsInPlaceOfImagesAreNoticed() throws {
    let folder = try TemporaryFolder()
    let labels = try folder.write("labels", idxLabels([UInt8](repeating: 1, count: 20)))
    let error = datasetError { _ = try Dataset.open(.mnist(path: labels)) }
    #expect(
      error?.description
        == "\(labels): byte 0: not an IDX file of images: expected bytes 0, 0, 8 (unsigned bytes) and 3 (axes)"
    )
  }

  @Test func truncatedFilesSayWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    let short = try folder.write("short", Array(idxImages(2).dropLast(5)))
    #expect(
      datasetError { _ = try Dataset.open(.mnist(path: short)) }?.description
        == "\(short): byte 35: the file ends here: shape [2, 4, 3] needs 24 bytes and 19 are there")
    let damaged = try folder.write("short.gz", Array(try bytes(base64: Self.compressedImages).dropLast(12)))
    #expect(
      datasetError { _ = try Dataset.open(.mnist(path: damaged)) }?.description
        == "\(damaged): the compressed data end too early")
  }

  @Test func emptyFolderNamesWhatWasLookedFor() throws {
    let folder = try TemporaryFolder()
    let error = datasetError { _ = try Dataset.open(.mnist(path: folder.path)) }
    #expect(error?.description.contains("train-images-idx3-ubyte") == true)
  }
}
