import NetworkGraph
import Testing
import YAMLDocuments

@Suite struct CanonicalNetworkTests {
  /// The canonical form of a network on `[4, 8, 8]` with these layers.
  private func canonical(_ layers: String, output: String? = nil) throws -> CanonicalNetwork {
    var text = "input: [4, 8, 8]\nlayers:\n"
    for layer in layers.split(separator: "\n") { text += "  - {\(layer)}\n" }
    if let output { text += "output: \(output)\n" }
    return try CanonicalNetwork(NetworkFile.read(SourceText(name: "test", text: text)).network)
  }

  private func operations(_ canonical: CanonicalNetwork) -> [String] {
    canonical.network.nodes.map(\.operation.name)
  }

  private let conv = "op: conv2d, filters: 4, kernel: 3, padding: 1"

  @Test func deadNodesAndIdentitiesGo() throws {
    let plain = try canonical("name: a, \(conv)\nname: r, op: relu")
    let cluttered = try canonical(
      """
      name: i, op: identity
      name: dead, \(conv)
      name: a, \(conv), from: i
      name: s, op: scale, factor: 1
      name: p, op: max_pool, kernel: 1
      name: one, op: add, from: [p]
      name: c, op: concatenate
      name: r, op: relu
      name: f, op: flatten
      name: late, op: tanh
      """, output: "f")
    #expect(cluttered.hash == plain.hash)
    #expect(cluttered.network == plain.network)
    #expect(cluttered.originalNames == ["input", "a", "r"])
    #expect(plain.network.nodes.map(\.name) == ["input", "n1", "n2"])
  }

  @Test func sumsWithinSumsAreFlattenedUnlessShared() throws {
    let branches = "name: a, \(conv)\nname: b, \(conv), from: input\nname: c, \(conv), from: input\n"
    let flat = try canonical(branches + "op: add, from: [a, b, c]")
    let nested = try canonical(branches + "name: s, op: add, from: [a, b]\nop: add, from: [s, c]")
    #expect(flat.hash == nested.hash)
    #expect(operations(nested).filter { $0 == "add" }.count == 1)
    let shared = try canonical(
      branches + "name: s, op: add, from: [a, b]\nname: r, op: relu\nop: add, from: [s, c, r]")
    #expect(operations(shared).filter { $0 == "add" }.count == 2)
    let twice = try canonical(branches + "name: s, op: add, from: [a, b]\nop: add, from: [s, s, c]")
    #expect(operations(twice).filter { $0 == "add" }.count == 2)
  }

  @Test func copiesWithoutParametersAreMerged() throws {
    let once = try canonical("name: a, \(conv)\nname: r, op: relu\nname: b, \(conv)\nop: add, from: [b, r]")
    let copied = try canonical(
      "name: a, \(conv)\nname: r, op: relu\nname: q, op: relu, from: a\nname: b, \(conv)\nop: add, from: [b, r]"
    )
    #expect(once.hash == copied.hash)
    // A merge can leave an inner sum with one reader, which then goes too.
    let branches = "name: a, \(conv)\nname: b, \(conv), from: input\nname: s, op: add, from: [a, b]\n"
    let merged = try canonical(
      branches
        + "name: t, op: add, from: [s, input]\nname: u, op: add, from: [input, s]\nop: multiply, from: [t, u]"
    )
    #expect(operations(merged).filter { $0 == "add" }.count == 1)
  }

  @Test func sharingIsKept() throws {
    let shared = try canonical("name: a, \(conv)\nop: add, from: [a, a]")
    let separate = try canonical("name: a, \(conv)\nname: b, \(conv), from: input\nop: add, from: [a, b]")
    #expect(shared.hash != separate.hash)
    #expect(shared.network.parameterCount * 2 == separate.network.parameterCount)
    #expect(shared.network.nodes.last?.inputs == [1, 1])
  }

  @Test(arguments: [
    "op: relu", "op: tanh", "op: gelu", "op: hard_swish", "op: abs", "op: sin", "op: flatten",
    "op: max_pool, kernel: 2",
    "op: average_pool, kernel: 3, padding: 1", "op: global_average_pool", "op: scale, factor: 3",
    "op: conv2d, filters: 9, kernel: 3, bias: false", "op: conv2d, filters: 9, kernel: 3, bias_scale: 0",
    "op: multiply, from: [z, input]", "op: concatenate, from: [z, z]", "op: add, from: [z, z]",
  ])
  func zeroGoesThroughWhatMapsZeroToZero(layer: String) throws {
    let folded = try canonical("name: z, op: zero\n\(layer)")
    #expect(operations(folded) == ["input", "zero"])
    #expect(folded.network.nodes[1].inputs.isEmpty)
  }

  @Test(arguments: [
    "op: sigmoid", "op: softplus", "op: batch_norm", "op: layer_norm", "op: group_norm, groups: 2",
    "op: conv2d, filters: 9, kernel: 3", "op: concatenate, from: [z, input]",
  ])
  func zeroStopsAtWhatIsNotAlwaysZero(layer: String) throws {
    #expect(operations(try canonical("name: z, op: zero\n\(layer)")).count == 3)
  }

  @Test func zerosVanishFromSums() throws {
    let plain = try canonical("name: a, \(conv)\nop: relu")
    let padded = try canonical(
      """
      name: a, \(conv)
      name: z, op: zero, from: input
      name: y, op: conv2d, filters: 4, kernel: 3, padding: 1, bias: false, from: z
      name: w, op: scale, factor: 0, from: a
      name: s, op: add, from: [z, a, y, w]
      op: relu
      """)
    #expect(plain.hash == padded.hash)
  }

  @Test func aFoldedPartLeavesNoParametersBehind() throws {
    let folded = try canonical(
      "name: a, op: conv2d, filters: 64, kernel: 3\nname: z, op: zero\n\(conv), name: b")
    #expect(operations(folded) == ["input", "zero", "conv2d"])
    #expect(folded.network.nodes[1].shape == .maps(channels: 64, height: 6, width: 6))
    #expect(folded.originalNames == ["input", "z", "b"])
  }

  @Test func theOrderOfConcatenatedInputsCounts() throws {
    let parts = "name: a, \(conv)\nname: r, op: relu, from: input\n"
    let first = try canonical(parts + "op: concatenate, from: [a, r]")
    let second = try canonical(parts + "op: concatenate, from: [r, a]")
    #expect(first.hash != second.hash)
    let sums =
      try canonical(parts + "op: add, from: [a, r]").hash == canonical(parts + "op: add, from: [r, a]").hash
    #expect(sums)
  }

  @Test(arguments: [
    ("stride: 2", false), ("dilation: 2", false), ("groups: 2", false), ("bias: false", false),
    ("padding_mode: circular", false), ("weight_scale: 0.5", false), ("bias_scale: 0.5", false),
    ("weight_variance: 2", false), ("bias_variance: 0", false), ("stride: 1", true), ("groups: 1", true),
  ])
  func everyAttributeThatCountsIsHashed(attribute: String, isDefault: Bool) throws {
    let plain = try canonical("\(conv)\nop: relu")
    #expect(try (canonical("\(conv), \(attribute)\nop: relu").hash == plain.hash) == isDefault)
  }

  @Test func attributesWithoutEffectAreNotHashed() throws {
    let pointwise = "op: conv2d, filters: 4, kernel: 1, bias: false"
    let plain = try canonical(pointwise)
    let adorned = try canonical(
      pointwise + ", dilation: 3, padding_mode: circular, bias_scale: 3, bias_variance: 1")
    #expect(plain.hash == adorned.hash)
    let counted = try canonical("op: average_pool, kernel: 2, count_include_pad: true").hash
    #expect(counted == (try canonical("op: average_pool, kernel: 2").hash))
  }

  @Test func slopesAndEpsilonsAreHashedToTheLastBit() throws {
    let slopes =
      try canonical("op: leaky_relu, slope: 0.1").hash
      == canonical(
        "op: leaky_relu, slope: 0.10000000000000002"
      ).hash
    #expect(!slopes)
    let epsilons = try canonical("op: batch_norm").hash == canonical("op: batch_norm, epsilon: 1e-3").hash
    #expect(!epsilons)
  }

  /// Stores keep hashes: this one may change only together with the header of the byte string.
  @Test func theHashOfAKnownNetworkStays() throws {
    let hash = try canonical("name: a, \(conv)\nname: r, op: relu\nop: add, from: [a, r]").hash
    #expect(hash == "f2cba15eef81dff5e903a819438334681d3d05c203436cbd5864522b7d0d712e")
  }

  @Test func canonicalNetworksOfShuffledNetworksAreEqual() throws {
    var generator = SplitMix64(seed: 1)
    for round in 0..<300 {
      let network =
        try round % 3 == 0
        ? randomMapNetwork(nodes: 14, using: &generator) : randomFeatureNetwork(nodes: 24, using: &generator)
      let canonical = try CanonicalNetwork(network)
      let other = try CanonicalNetwork(shuffled(network, using: &generator))
      #expect(canonical.hash == other.hash, "\(NetworkFile(network: network).yaml())")
      #expect(canonical.network == other.network)
    }
  }

  @Test func theCanonicalFormOfACanonicalFormIsItself() throws {
    var generator = SplitMix64(seed: 2)
    for _ in 0..<200 {
      let canonical = try CanonicalNetwork(randomFeatureNetwork(nodes: 24, using: &generator))
      let again = try CanonicalNetwork(canonical.network)
      #expect(again.network == canonical.network)
      #expect(again.hash == canonical.hash)
      #expect(again.originalNames == canonical.network.nodes.map(\.name))
    }
  }

  @Test func everyNodeComesAfterThoseItReads() throws {
    var generator = SplitMix64(seed: 3)
    for _ in 0..<100 {
      let network = try CanonicalNetwork(randomFeatureNetwork(nodes: 24, using: &generator)).network
      #expect(network.nodes[0].operation == .input)
      #expect(
        network.nodes.indices.allSatisfy { index in network.nodes[index].inputs.allSatisfy { $0 < index } })
    }
  }

  @Test func theCanonicalFormComputesTheSame() throws {
    var generator = SplitMix64(seed: 4)
    let input = [0.3, -0.7, 1.1, 0.2]
    for _ in 0..<500 {
      let network = try randomFeatureNetwork(nodes: 20, using: &generator)
      let canonical = try CanonicalNetwork(network)
      let expected = evaluate(network, input) { network.nodes[$0].name }
      let found = evaluate(canonical.network, input) { canonical.originalNames[$0] ?? "" }
      #expect(expected.count == found.count)
      for (a, b) in zip(expected, found) { #expect(abs(a - b) <= 1e-10 * max(1, abs(a))) }
    }
  }
}
