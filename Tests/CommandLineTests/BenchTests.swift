import Testing

@Suite struct BenchTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func bench(_ arguments: String...) throws -> Finished {
    try Tool.run(["bench", "--seconds", "0.002"] + arguments, in: folder)
  }

  /// Two threads on however few cores; nothing about speed beyond what no machine can exceed.
  @Test(arguments: ["1", "2"])
  func everythingIsMeasuredWithinItsLimits(threads: String) throws {
    let result = try bench("--threads", threads, "--format", "json")
    #expect(result.exitCode == 0)
    #expect(result.errors.isEmpty)
    let document = try jsonObject(result.output)
    let variants = try #require(document["variants"] as? [String])
    #expect(variants.first == document["variant"] as? String && variants.last == "portable")
    #expect((document["openBLASCore"] as? String)?.isEmpty == false)
    #expect(document["threads"] as? Int == Int(threads))
    let peak = try #require(document["peak"] as? [String: Double])
    let (single, double) = (try #require(peak["singleGigaflops"]), try #require(peak["doubleGigaflops"]))
    #expect(single > 0.01 && double > 0.01 && double < 2 * single)

    let reads = try #require(document["readBandwidth"] as? [[String: Any]])
    #expect(reads.compactMap { $0["bytes"] as? Int } == (0..<8).map { 1 << (14 + 2 * $0) })
    #expect(reads.allSatisfy { ($0["gigabytesPerSecond"] as? Double ?? 0) > 0.01 })

    let kernels = try #require(document["kernels"] as? [[String: Any]])
    let names = Set(kernels.compactMap { $0["name"] as? String })
    #expect(
      names.isSuperset(of: [
        "correlate 3×3", "correlate 1×1", "correlate 3×3 stride 2", "correlate 3×3 depthwise",
        "weightGradient 3×3", "gram of 64 samples", "relu", "gelu", "tanh", "averagePool 3×3", "maxPool 2×2",
        "normalize", "moments", "normals",
      ]))
    for name in names where name.hasPrefix("correlate") || name.hasPrefix("weight") || name.hasPrefix("gram")
    {
      let channels = kernels.filter { $0["name"] as? String == name }.compactMap { $0["channels"] as? Int }
      #expect(channels == [8, 16, 32, 64])
    }
    for kernel in kernels {
      let share = try #require(kernel["share"] as? Double)
      // In two milliseconds beside other tests a limit may be measured lower than the machine can do.
      #expect(share > 0 && share < 3, "\(kernel)")
      #expect(try #require(kernel["rate"] as? Double) > 0)
      #expect(try #require(kernel["workingSetBytes"] as? Int) > 0)
      let isArithmetic = kernel["limit"] as? String == "FMA peak"
      #expect(isArithmetic || kernel["limit"] as? String == "bandwidth")
      #expect(kernel["unit"] as? String == (isArithmetic ? "GFLOP/s" : "GB/s"))
    }
  }

  @Test func aVariantCanBeChosenByName() throws {
    let document = try jsonObject(try bench("--variant", "PORTABLE", "--format", "json").output)
    #expect(document["variant"] as? String == "portable")
  }

  @Test func anUnknownVariantSuggestsTheNearest() throws {
    let result = try bench("--variant", "portabel")
    #expect(result.exitCode == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("no variant 'portabel' runs on this machine"))
    #expect(result.errors.contains("did you mean 'portable'?"))
  }

  @Test(arguments: ["table", "csv", "markdown"])
  func everyFormatHasTheSameRows(format: String) throws {
    let result = try bench("--format", format)
    #expect(result.exitCode == 0)
    for text in ["FMA peak, float32", "FMA peak, float64", "correlate 3×3 depthwise", "normals", "GFLOP/s"] {
      #expect(result.output.contains(text), "\(text)")
    }
  }

  @Test(arguments: [["--threads", "0"], ["--seconds", "0"], ["--seconds", "nan"], ["--seconds", "100"]])
  func measurementsThatCannotBeAreRefused(options: [String]) throws {
    let result = try Tool.run(["bench"] + options, in: folder)
    #expect(result.exitCode == 64)
    #expect(result.errors.hasPrefix("ntkscorer: error: --"))
  }
}
