import CPNG
import Datasets
import Foundation
import Testing

#if os(Linux)
  /// What many candidates cost.
  @Suite struct ManyCandidatesTests {
    let folder: ScratchFolder
    init() throws { folder = try ScratchFolder() }

    private func run(_ arguments: [String]) throws -> (result: Finished, peakBytes: Int) {
      let process = try Tool.start(arguments, in: folder)
      var peak = 0
      while let bytes = process.peakBytes {
        peak = bytes
        usleep(5_000)
      }
      let result = try process.wait()
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(peak > 1 << 20)
      return (result, peak)
    }

    @Test func tenThousandCandidatesTakeLittleMoreMemoryThanAThousand() throws {
      let space = try folder.write(
        """
        name: many
        family: fully_connected
        input: {shape: [4], outputs: 1, samples: 2}
        fixed: {depth: 1}
        choices:
          width: {from: 1, to: 100}
          activation: [tanh, erf, gelu, gelu_tanh, silu, sin, elu, softplus, sigmoid, leaky_relu]
          weight_variance: {from: 0.5, to: 5, count: 10}
        scoring: {seeds: 1}

        """, to: "many.yaml")
      func rank(_ more: String...) throws -> (result: Finished, peakBytes: Int) {
        try run(
          ["rank", space, "--store", folder.file("s.sqlite"), "--top", "3", "--format", "json"] + more)
      }
      let some = try rank("--limit", "1000")
      let all = try rank()
      #expect(all.result.errors.contains("10000 candidates in "))
      #expect(all.result.errors.contains("computed 9000, from store 1000"))
      #expect(try #require(jsonObject(all.result.output)["candidates"] as? [Any]).count == 3)
      // Some 2 KiB are remembered of each of the other 9,000.
      #expect(all.peakBytes - some.peakBytes < 48 << 20)
      let again = try rank()
      #expect(again.result.errors.contains("all 10000 from the store, nothing computed"))
      #expect(again.peakBytes - some.peakBytes < 48 << 20)

      let page = folder.file("report.html")
      let report = try run(["report", "--store", folder.file("s.sqlite"), "--output", page])
      #expect(report.peakBytes - some.peakBytes < 200 << 20)
      let size = try FileManager.default.attributesOfItem(atPath: page)[.size] as? Int ?? 0
      #expect(size > 1_000_000 && size < 5_000_000)

      let estimate = try jsonObject(rank("--dry-run").result.output)
      #expect(estimate["kernels"] as? Int == 10_000)
      let expected = try #require(estimate["peakMemoryBytes"] as? Int)
      #expect(
        expected > all.peakBytes / 2 && expected < all.peakBytes * 2, "\(expected) for \(all.peakBytes)")
    }

    /// Beside the decoded image no more than a row of it is held.
    @Test func resizingTakesLittleMoreThanTheImage() throws {
      let side = 8000
      for (name, right) in [("a", UInt8(7)), ("b", 200)] {
        let row = [UInt8](repeating: 7, count: side / 2) + [UInt8](repeating: right, count: side / 2)
        let pixels = [UInt8]((0..<side).map { _ in row }.joined())
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        (image.width, image.height) = (png_uint_32(side), png_uint_32(side))
        var size = 1 << 20
        var bytes = [UInt8](repeating: 0, count: size)
        try #require(png_image_write_to_memory(&image, &bytes, &size, 0, pixels, 0, nil) != 0)
        let place = folder.file("images/\(name)")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try Data(bytes[..<size]).write(to: URL(fileURLWithPath: place + "/x.png"))
      }
      let space = try folder.write(
        """
        family: fully_connected
        input: {shape: [1, 4, 4], outputs: 1, samples: 2, dataset: {kind: images, path: images, resize: [4, 4]}}
        fixed: {depth: 1}
        choices: {width: {from: 1, to: 2000}}
        scoring: {seeds: 1}

        """, to: "images.yaml")
      let peak = try run(["rank", space, "--no-store", "--top", "1"]).peakBytes
      #expect(peak < 300 << 20, "\(peak >> 20) MiB")
    }

    /// The system counts what the program that starts another held as the other's own.
    @Test func memoryOfWhoeverStartsTheProgramIsNotItsOwn() throws {
      let network = try folder.write(
        "input: [3]\nlayers: [{name: head, op: dense, units: 1}]\n", to: "network.yaml")
      let inputs = folder.file("inputs.npy")
      try NumericArray(shape: [2, 3], values: [1, 2, 3, 4, 5, 7]).write(npy: inputs)
      let held = [UInt8](repeating: 1, count: 400 << 20)
      let result = try Tool.run(["kernel", network, "--inputs", inputs], in: folder)
      let bytes = try #require(try jsonObject(result.output)["peakMemoryBytes"] as? Int)
      withExtendedLifetime(held) { #expect(bytes > 1 << 20 && bytes < 200 << 20) }
    }

    /// What the estimate says is what the process comes to hold, within a factor of two.
    @Test(arguments: ["tiny", "fcn-mnist", "fcn-tabular", "tutorial"])
    func theEstimateOfMemoryIsNearWhatTheRunTakes(name: String) throws {
      let space = Tool.repository.appendingPathComponent("search-spaces/\(name).yaml").path
      let arguments = ["rank", space, "--no-store", "--threads", "2", "--format", "json"]
      let estimate = try jsonObject(run(arguments + ["--dry-run"]).result.output)
      let peak = try run(arguments).peakBytes
      let expected = try #require(estimate["peakMemoryBytes"] as? Int)
      #expect(expected > peak / 2 && expected < peak * 2, "\(expected) for \(peak)")
    }
  }
#endif
