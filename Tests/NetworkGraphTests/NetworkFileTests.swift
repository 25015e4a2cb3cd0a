import NetworkGraph
import Testing
import YAMLDocuments

@Suite struct NetworkFileTests {
  private func read(_ text: String) throws -> NetworkFile {
    try NetworkFile.read(SourceText(name: "net.yaml", text: text))
  }

  /// Every mistake as `line:column message`, with the suggestion after an arrow.
  private func mistakes(in text: String) -> [String] {
    do {
      _ = try read(text)
      return []
    } catch let error as InvalidDocument {
      return error.diagnostics.map { diagnostic in
        let place = diagnostic.location.map { "\($0.line):\($0.column) " } ?? ""
        return place + diagnostic.message + (diagnostic.suggestion.map { " → \($0)" } ?? "")
      }
    } catch {
      return ["\(error)"]
    }
  }

  @Test func layersReadTheOneBeforeUnlessFromNamesOthers() throws {
    let network = try read(
      """
      input: [3, 32, 32]
      layers:
        - {name: stem, op: conv2d, filters: 16, kernel: 3, padding: 1, bias: false}
        - {name: n1, op: batch_norm}
        - {op: relu}
        - {name: left, op: conv2d, filters: 16, kernel: 3, padding: 1, from: n1}
        - {op: add, from: [left, n1]}
        - {op: global_average_pool}
        - {name: head, op: dense, units: 10}
      """
    ).network
    #expect(
      network.nodes.map(\.name) == ["input", "stem", "n1", "layer2", "left", "layer4", "layer5", "head"])
    #expect(network.nodes.map(\.inputs) == [[], [0], [1], [2], [2], [4, 2], [5], [6]])
    #expect(network.output == 7)
    #expect(network.nodes[5].shape == .maps(channels: 16, height: 32, width: 32))
    #expect(network.parameterCount == 432 + 32 + (16 * 16 * 9 + 16) + 170)
  }

  @Test func attributesLeftOutTakeTheirDefaults() throws {
    let file = try read(
      """
      input: [2, 8, 8]
      layers:
        - {op: conv2d, filters: 4, kernel: [3, 1]}
        - {op: average_pool, kernel: 2}
        - {op: leaky_relu}
        - {op: layer_norm}
        - {op: flatten}
        - {op: dense, units: 2}
      """)
    let operations = file.network.nodes.map(\.operation)
    #expect(
      operations == [
        .input,
        .convolution(
          .init(
            filters: 4, kernelHeight: 3, kernelWidth: 1, stride: 1, padding: 0, paddingMode: .zeros,
            dilation: 1,
            groups: 1, bias: true, scaling: .init(weightScale: 1, biasScale: 1))),
        .averagePooling(.init(kernel: 2, stride: 2, padding: 0, countsPadding: false)),
        .activation(.leakyRelu(slope: 0.01)), .layerNormalization(.init(epsilon: 1e-5)), .flatten,
        .dense(.init(units: 2, bias: true)),
      ])
    #expect(file.parameterization == nil)
  }

  @Test func everyAttributeIsRead() throws {
    let file = try read(
      """
      input: [4, 9, 9]
      parameterization: ntk
      layers:
        - {name: a, op: conv2d, filters: 4, kernel: 3, stride: 2, padding: 1, padding_mode: circular, dilation: 2,
           groups: 2, bias: true, weight_scale: 0.25, bias_scale: 1e-2, weight_variance: 2.5, bias_variance: 0}
        - {name: b, op: average_pool, kernel: 3, stride: 1, padding: 1, count_include_pad: true}
        - {name: c, op: group_norm, groups: 2, epsilon: 1e-3}
        - {name: d, op: multiply, factor: -0.5}
        - {name: e, op: scale, factor: 2, from: c}
        - {name: f, op: multiply, from: [d, e]}
        - {name: g, op: leaky_relu, slope: 0.2}
      output: f
      """)
    let operations = file.network.nodes.dropFirst().map(\.operation)
    #expect(
      operations == [
        .convolution(
          .init(
            filters: 4, kernelHeight: 3, kernelWidth: 3, stride: 2, padding: 1, paddingMode: .circular,
            dilation: 2,
            groups: 2, bias: true,
            scaling: .init(weightScale: 0.25, biasScale: 0.01, weightVariance: 2.5, biasVariance: 0))),
        .averagePooling(.init(kernel: 3, stride: 1, padding: 1, countsPadding: true)),
        .groupNormalization(.init(groups: 2, epsilon: 1e-3)), .scale(-0.5), .scale(2), .multiply,
        .activation(.leakyRelu(slope: 0.2)),
      ])
    #expect(file.parameterization == .ntk)
    #expect(file.network.nodes[file.network.output].name == "f")
  }

  @Test(arguments: Operation.names)
  func everyOperationNameIsReadAndWritten(name: String) throws {
    let attributes = [
      "dense": ", units: 3", "conv2d": ", filters: 2, kernel: 1", "group_norm": ", groups: 2",
      "average_pool": ", kernel: 2", "max_pool": ", kernel: 2", "scale": ", factor: 3",
      "multiply": ", from: [x, x]",
    ]
    let input = name == "dense" ? "[4]" : "[2, 4, 4]"
    let file = try read(
      "input: \(input)\nlayers: [{name: x, op: tanh}, {name: y, op: \(name)\(attributes[name] ?? "")}]\noutput: y\n"
    )
    #expect(file.network.nodes[file.network.output].operation.name == name)
  }

  @Test func theInputMayBeNamedAsALayer() throws {
    let file = try read(
      "input: [4]\nlayers: [{name: x, op: input}, {op: dense, units: 2}, {op: add, from: [x]}]\n")
    #expect(file.network.nodes.map(\.inputs) == [[], [0], [0]])
  }

  @Test func statedZerosReadNothing() throws {
    let file = try read("input: [4]\nlayers: [{name: z, op: zero, shape: [2, 3, 3]}]\n")
    #expect(file.network.nodes[1].shape == .maps(channels: 2, height: 3, width: 3))
    #expect(file.network.nodes[1].inputs.isEmpty)
  }

  @Test func jsonIsReadAsWell() throws {
    let file = try read(
      """
      {"input": [4], "layers": [{"op": "dense", "units": 3, "bias": false, "weight_scale": 5e-1}, {"op": "erf"}]}
      """)
    #expect(file.network.outputCount == 3)
  }

  @Test func allMistakesAreReportedInOneGo() {
    let found = mistakes(
      in: """
        input: [3, 8]
        parameterisation: ntk
        layers:
          - {name: a, op: conv, filters: 4}
          - {name: b, op: conv2d, filter: 4, kernel: [3, 3, 3]}
          - {name: b, op: relu}
          - {name: c, op: dense, units: -1, bias: maybe, weight_scale: wide}
          - {name: d, op: add, from: [a, bb]}
          - 7
        output: e
        """)
    #expect(
      found == [
        "1:8 'input' is [3, 8]; expected [features] or [channels, height, width], integers of at least 1",
        "2:1 unknown key 'parameterisation' in the network → parameterization",
        "4:19 unknown operation 'conv' → conv2d",
        "5:5 layer 'b' lacks the key 'filters'",
        "5:27 unknown key 'filter' in layer 'b' → filters",
        "5:46 'kernel' is a list of 3; expected an integer of at least 1 or a list [height, width] of two",
        "6:12 duplicate layer name 'b'; a layer on line 5 has it already",
        "7:33 'units' is '-1'; expected an integer from 1 to 2147483647",
        "7:43 'bias' is 'maybe'; expected true or false",
        "7:64 'weight_scale' is 'wide'; expected a number",
        "8:34 no layer is called 'bb' → b",
        "9:5 layer 'layer5' must be a mapping of keys to values, not '7'",
        "10:9 no layer is called 'e' → a",
      ])
  }

  @Test func unknownAndForwardReferencesAreTold() {
    let found = mistakes(
      in: """
        input: [4]
        layers:
          - {name: first, op: relu, from: second}
          - {name: second, op: relu, from: fist}
          - {name: third, op: add, from: [second, nowhere_near]}
        output: thrid
        """)
    #expect(
      found == [
        "3:35 layer 'second' stands below on line 4; a layer may read only layers above it",
        "4:36 no layer is called 'fist' → first",
        "5:43 no layer is called 'nowhere_near'; expected 'input' or the name of a layer above",
        "6:9 no layer is called 'thrid' → third",
      ])
  }

  @Test func circlesAreShown() {
    let found = mistakes(
      in: """
        input: [4]
        layers:
          - {name: a, op: add, from: [input, c]}
          - {name: b, op: relu}
          - {name: c, op: relu}
          - {name: d, op: relu, from: d}
        """)
    #expect(
      found == [
        "3:38 layers read one another in a circle: a ← c ← b ← a",
        "6:31 layers read one another in a circle: d ← d",
      ])
  }

  @Test func shapesThatDoNotFitPointAtTheAttribute() {
    let found = mistakes(
      in: """
        input: [3, 8, 8]
        layers:
          - {name: a, op: conv2d, filters: 4, kernel: 11}
          - {name: b, op: relu}
          - {name: c, op: group_norm, groups: 2, from: input}
          - {name: d, op: dense, units: 4, from: input}
        """)
    #expect(found.count == 3)
    #expect(found.first?.hasPrefix("3:47 node 'a': a kernel of 11 does not fit") == true)
    #expect(found.dropFirst().first?.hasPrefix("5:39 node 'c': groups is 2; expected a divisor") == true)
    #expect(found.last?.hasPrefix("6:42 node 'd': a dense layer reads features") == true)
  }

  @Test(arguments: [
    ("layers: [{op: relu}]", "1:1 the network lacks the key 'input'"),
    ("input: [4]", "1:1 the network lacks the key 'layers'"),
    ("input: [4]\nlayers: []", "2:9 'layers' is an empty list; expected a list of at least one layer"),
    ("input: [4]\nlayers: 3", "2:9 'layers' is '3'; expected a list of at least one layer"),
    ("input: [4]\nlayers: [{units: 3}]", "2:10 layer 'layer0' lacks the key 'op'"),
    (
      "input: [4]\nlayers: [{name: input, op: relu}]",
      "2:17 'input' is the name of the network's input; expected another name"
    ),
    (
      "input: [4]\nlayers: [{op: multiply}]",
      "2:10 multiply reads one node; expected two or more in 'from', or a 'factor'"
    ),
    (
      "input: [4]\nlayers: [{op: zero, shape: [3], from: input}]",
      "2:39 a zero with a shape reads nothing; expected either 'shape' or 'from'"
    ),
    (
      "input: [4]\nlayers: [{op: relu, from: []}]",
      "2:27 'from' is an empty list; expected the name of a layer or a list of names"
    ),
    (
      "input: [4]\nparameterization: NTK\nlayers: [{op: relu}]",
      "2:19 'parameterization' is 'NTK'; expected one of standard, ntk → ntk"
    ),
    (
      "input: [99999999999999999999]\nlayers: [{op: relu}]",
      "1:8 'input' is [99999999999999999999]; expected [features] or [channels, height, width], integers of at least 1"
    ),
    (
      "input: [2000000000, 2000000000, 2000000000]\nlayers: [{op: relu}]",
      "1:8 node 'input': 2000000000 × 2000000000 × 2000000000 numbers per sample are more than the largest allowed 1099511627776"
    ),
  ])
  func eachMistakeHasItsPlaceAndText(text: String, expected: String) {
    #expect(mistakes(in: text) == [expected])
  }

  @Test func writingAndReadingGivesTheSameNetworkBack() throws {
    var generator = SplitMix64(seed: 5)
    for round in 0..<200 {
      let network =
        try round % 2 == 0
        ? randomFeatureNetwork(nodes: 12, using: &generator) : randomMapNetwork(nodes: 12, using: &generator)
      let file = NetworkFile(network: network, parameterization: [nil, .standard, .ntk][round % 3])
      #expect(try read(file.yaml()) == file, "\(file.yaml())")
      #expect(try read(file.json()) == file, "\(file.json())")
      let canonical = NetworkFile(network: try CanonicalNetwork(network).network)
      #expect(try read(canonical.yaml()) == canonical, "\(canonical.yaml())")
    }
  }

  @Test func damagedFilesNeverTrap() throws {
    var generator = SplitMix64(seed: 6)
    let original = Array(
      NetworkFile(network: try randomMapNetwork(nodes: 10, using: &generator), parameterization: .ntk).yaml()
        .utf8)
    let alphabet = Array("0123456789-.,:[]{}\"'ae\n &*".utf8)
    var valid = 0
    for _ in 0..<4000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        default: bytes.remove(at: place)
        }
      }
      do {
        let file = try read(String(decoding: bytes, as: UTF8.self))
        #expect(file.network.parameterCount >= 0 && file.network.multiplyAdds >= 0)
        _ = try CanonicalNetwork(file.network)
        valid += 1
      } catch let error as InvalidDocument {
        #expect(!error.diagnostics.isEmpty)
      }
    }
    // Both outcomes are exercised.
    #expect((100...3900).contains(valid), "\(valid)")
  }

  @Test func writtenFilesAreForPeople() throws {
    let text = """
      input: [3, 8, 8]
      parameterization: ntk
      layers:
        - {name: stem, op: conv2d, filters: 4, kernel: [3, 1], padding: 1, bias: false}
        - {name: n1, op: batch_norm}
        - {name: r, op: relu}
        - {name: s, op: add, from: [r, n1]}
      output: r

      """
    #expect(try read(text).yaml() == text)
  }
}
