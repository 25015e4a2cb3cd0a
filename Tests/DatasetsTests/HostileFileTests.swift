import Datasets
import Foundation
import NetworkGraph
import RandomStreams
import Testing

/// Random damage to valid files: whatever it does, reading ends in values or in a `DatasetError`.
@Suite struct HostileFileTests {
  static let mutations = 4_000
  static let limits = ReadLimits(maximumBytes: 1 << 20)

  /// A few bytes set, flipped, cut out, doubled or cut off.
  static func damaged(_ bytes: [UInt8], _ mutation: Int) -> [UInt8] {
    let stream = RandomStream(seed: UInt64(mutation), purpose: "damage")
    var damaged = bytes
    let changes: UInt64 = 1 + stream.bounded(4, at: 0)
    for change in 0..<changes {
      guard !damaged.isEmpty else { break }
      let position = Int(stream.bounded(UInt64(damaged.count), at: 4 * change + 1))
      let value = stream.uniform64(at: 4 * change + 2)
      switch stream.bounded(6, at: 4 * change + 3) {
      case 0: damaged[position] = UInt8(truncatingIfNeeded: value)
      case 1: damaged[position] ^= 1 << UInt8(value % 8)
      case 2: damaged[position] = 0xff
      case 3: damaged.remove(at: position)
      case 4: damaged.insert(contentsOf: damaged[position...].prefix(Int(value % 16)), at: position)
      default: damaged = Array(damaged[..<position])
      }
    }
    return damaged
  }

  @Test func damagedNPYNeverStopsTheProcess() throws {
    let valid = try NumericArray(shape: [3, 2], values: [1, 2, 3, 4, 5, 6]).npyBytes(as: .float32)
    var failures = 0
    for mutation in 0..<Self.mutations {
      do {
        let bytes = Self.damaged(valid, mutation)
        let array = try NumericArray(npyBytes: bytes, name: "x.npy", limits: Self.limits)
        #expect(array.values.count == array.shape.reduce(1, *))
      } catch { failures += 1 }
    }
    #expect(failures > Self.mutations / 2)
  }

  @Test(arguments: [NumPyArchives.saved, NumPyArchives.compressed])
  func damagedNPZNeverStopsTheProcess(base64: String) throws {
    let valid = try bytes(base64: base64)
    var failures = 0
    for mutation in 0..<Self.mutations {
      do {
        let bytes = Self.damaged(valid, mutation)
        _ = try NPZArchive(bytes: bytes, name: "x.npz", limits: Self.limits).arrays()
      } catch { failures += 1 }
    }
    #expect(failures > Self.mutations / 4)
  }

  @Test func damagedImageFilesNeverStopTheProcess() throws {
    let folder = try TemporaryFolder()
    let compressed = try bytes(base64: IDXTests.compressedImages)
    let files: [(String, [UInt8], (String) -> DatasetSource)] = [
      ("images", idxImages(3), { .mnist(path: $0) }),
      ("images.gz", compressed, { .mnist(path: $0) }),
      ("batch.bin", cifarRecords(1), { .cifar10(path: $0) }),
    ]
    for (name, valid, source) in files {
      for mutation in 0..<100 {
        let path = try folder.write(name, Self.damaged(valid, mutation))
        if let dataset = try? Dataset.open(source(path), standardization: .perChannel, limits: Self.limits) {
          _ = try dataset.batch(count: 1, seed: 0)
        }
      }
    }
  }

  /// 100,000 bytes of zeros in 137 bytes of gzip, whose IDX header declares two labels.
  @Test func gzipBombIsInflatedNoFurtherThanItsHeaderDeclares() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("labels.gz", try bytes(base64: IDXTests.compressedBomb))
    let images = try folder.write("images", idxImages(2))
    let error = datasetError { _ = try Dataset.open(.mnist(path: images, labels: path)) }
    #expect(error?.description == "\(path): byte 10: bytes follow the 2 of shape [2]")
  }
}
