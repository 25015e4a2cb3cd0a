import NetworkGraph
import Testing

/// Networks whose nodes colour refinement cannot tell apart.
@Suite struct CanonicalSymmetryTests {
  private let dense = Operation.dense(.init(units: 4))
  private let relu = Operation.activation(.relu)

  /// One dense layer per vertex, one relu of a sum per edge, and the sum of those.
  private func network(vertices: Int, edges: [(Int, Int)]) throws -> Network {
    var builder = NetworkBuilder(input: .features(4))
    var layers: [NodeReference] = []
    for _ in 0..<vertices { layers.append(try builder.add(dense, from: builder.input)) }
    var terms: [NodeReference] = []
    for (a, b) in edges {
      terms.append(try builder.add(relu, from: builder.add(.add, from: [layers[a], layers[b]])))
    }
    return try builder.build(output: builder.add(.add, from: terms))
  }

  private func expectStable(_ network: Network, rounds: Int, seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    let canonical = try CanonicalNetwork(network)
    for _ in 0..<rounds {
      let other = try CanonicalNetwork(shuffled(network, using: &generator))
      #expect(other.hash == canonical.hash)
      #expect(other.network == canonical.network)
    }
  }

  private let hexagon = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]
  private let triangles = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]

  @Test func aHexagonIsNotTwoTriangles() throws {
    let one = try CanonicalNetwork(network(vertices: 6, edges: hexagon))
    let two = try CanonicalNetwork(network(vertices: 6, edges: triangles))
    #expect(one.hash != two.hash)
  }

  @Test func regularGraphsKeepTheirHash() throws {
    try expectStable(network(vertices: 6, edges: hexagon), rounds: 20, seed: 1)
    try expectStable(network(vertices: 6, edges: triangles), rounds: 20, seed: 2)
    let petersen = [
      (0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (0, 5), (1, 6), (2, 7), (3, 8), (4, 9), (5, 7), (7, 9), (9, 6),
      (6, 8),
      (8, 5),
    ]
    try expectStable(network(vertices: 10, edges: petersen), rounds: 20, seed: 3)
    // Tied vertices that no automorphism exchanges: a hexagon beside two triangles.
    let mixed = hexagon + triangles.map { ($0 + 6, $1 + 6) }
    try expectStable(network(vertices: 12, edges: mixed), rounds: 20, seed: 4)
    // The Frucht graph: three edges at every vertex and no symmetry at all.
    let frucht = [
      (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 0), (0, 7), (1, 7), (2, 8), (3, 9), (4, 9), (5, 10),
      (6, 10),
      (7, 11), (8, 11), (8, 9), (10, 11),
    ]
    try expectStable(network(vertices: 12, edges: frucht), rounds: 20, seed: 5)
  }

  /// Two strongly regular graphs with the same parameters (16, 6, 2, 2): no count of neighbours or of their
  /// common neighbours tells them apart.
  @Test func theRooksGraphIsNotTheShrikhandeGraph() throws {
    func grid(_ isEdge: (_ rows: Int, _ columns: Int) -> Bool) throws -> Network {
      var edges: [(Int, Int)] = []
      for a in 0..<16 {
        for b in (a + 1)..<16 where isEdge((b / 4 - a / 4 + 4) % 4, (b % 4 - a % 4 + 4) % 4) {
          edges.append((a, b))
        }
      }
      #expect(edges.count == 48)
      return try network(vertices: 16, edges: edges)
    }
    let rook = try grid { rows, columns in (rows == 0) != (columns == 0) }
    let shrikhande = try grid { rows, columns in
      [[0, 1], [0, 3], [1, 0], [3, 0], [1, 1], [3, 3]].contains([rows, columns])
    }
    #expect(try CanonicalNetwork(rook).hash != CanonicalNetwork(shrikhande).hash)
    try expectStable(rook, rounds: 10, seed: 8)
    try expectStable(shrikhande, rounds: 10, seed: 9)
  }

  @Test func randomGraphsKeepTheirHash() throws {
    var generator = SplitMix64(seed: 10)
    for round in 0..<60 {
      let vertices = Int.random(in: 4...9, using: &generator)
      var edges = [(0, 1)]
      for a in 0..<vertices {
        for b in a..<vertices where Int.random(in: 0..<3, using: &generator) == 0 { edges.append((a, b)) }
      }
      try expectStable(network(vertices: vertices, edges: edges), rounds: 3, seed: UInt64(round))
    }
  }

  /// `branches` copies of a branch, each with `inner` copies of an inner branch.
  private func branched(_ branches: Int, inner: Int) throws -> Network {
    var builder = NetworkBuilder(input: .features(4))
    var outer: [NodeReference] = []
    for _ in 0..<branches {
      let entry = try builder.add(relu, from: builder.add(dense, from: builder.input))
      var parts: [NodeReference] = []
      for _ in 0..<inner {
        parts.append(try builder.add(.layerNormalization(.init()), from: builder.add(dense, from: entry)))
      }
      outer.append(try builder.add(relu, from: builder.add(.add, from: parts)))
    }
    return try builder.build(output: builder.add(.add, from: outer))
  }

  @Test func branchesWithinBranchesKeepTheirHash() throws {
    try expectStable(branched(4, inner: 3), rounds: 20, seed: 6)
    try expectStable(branched(12, inner: 1), rounds: 20, seed: 7)
  }

  @Test func manyParallelBranchesAreFast() throws {
    let clock = ContinuousClock()
    let network = try branched(12, inner: 1)
    #expect(try clock.measure { _ = try CanonicalNetwork(network) } < .milliseconds(200))
    let wide = try branched(300, inner: 1)
    #expect(try clock.measure { _ = try CanonicalNetwork(wide) } < .seconds(10))
    let nested = try branched(24, inner: 8)
    #expect(try clock.measure { _ = try CanonicalNetwork(nested) } < .seconds(10))
  }

  @Test func differencesDeepInsideOneBranchAreSeen() throws {
    func network(slopes: [Double]) throws -> Network {
      var builder = NetworkBuilder(input: .features(4))
      var terms: [NodeReference] = []
      for slope in slopes {
        let entry = try builder.add(dense, from: builder.input)
        terms.append(
          try builder.add(dense, from: builder.add(.activation(.leakyRelu(slope: slope)), from: entry)))
      }
      return try builder.build(output: builder.add(.add, from: terms))
    }
    let first = try CanonicalNetwork(network(slopes: [0.1, 0.1, 0.2])).hash
    #expect(try CanonicalNetwork(network(slopes: [0.2, 0.1, 0.1])).hash == first)
    #expect(try CanonicalNetwork(network(slopes: [0.2, 0.2, 0.1])).hash != first)
  }

  /// The cell-based network of NAS-Bench-201 (Dong & Yang 2020) with N = 5 cells per stage and every edge a 3×3
  /// convolution.
  @Test func networksOfCellsAreFast() throws {
    var builder = NetworkBuilder(input: .maps(channels: 3, height: 32, width: 32))
    func block(_ input: NodeReference, _ channels: Int, stride: Int = 1) throws -> NodeReference {
      let active = try builder.add(relu, from: input)
      let convolution = Convolution(filters: channels, kernel: 3, stride: stride, padding: 1, bias: false)
      return try builder.add(
        .batchNormalization(.init()), from: builder.add(.convolution(convolution), from: active))
    }
    func cell(_ input: NodeReference, _ channels: Int) throws -> NodeReference {
      var states = [input]
      for _ in 0..<3 {
        var edges: [NodeReference] = []
        for state in states { edges.append(try block(state, channels)) }
        states.append(try builder.add(.add, from: edges))
      }
      return states[3]
    }
    var last = try builder.add(.convolution(.init(filters: 16, kernel: 3, padding: 1)), from: builder.input)
    for channels in [16, 32, 64] {
      if channels > 16 { last = try block(block(last, channels, stride: 2), channels) }
      for _ in 0..<5 { last = try cell(last, channels) }
    }
    let network = try builder.build(
      output: builder.add(.dense(.init(units: 10)), from: builder.add(.globalAveragePooling, from: last)))
    #expect(network.nodes.count > 300)
    let time = try ContinuousClock().measure { _ = try CanonicalNetwork(network) }
    #expect(time < .milliseconds(500), "\(network.nodes.count) nodes took \(time)")
  }
}
