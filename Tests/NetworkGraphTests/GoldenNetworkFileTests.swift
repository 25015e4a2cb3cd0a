import NetworkGraph
import Testing
import YAMLDocuments

@Suite struct GoldenNetworkFileTests {
  /// Files as other programs write them: outside references for the empirical and the infinite-width kernel.
  private static let files = [
    """
    # conv-BN-relu residual, BN eval mode (running stats)
    input: [3, 8, 8]
    layers:
      - {name: c0, op: conv2d, filters: 4, kernel: 3, stride: 1, padding: 1, bias: false, from: input}
      - {name: n0, op: batch_norm, epsilon: 1e-05, from: c0}
      - {name: r0, op: relu, from: n0}
      - {name: c1, op: conv2d, filters: 4, kernel: 3, stride: 2, padding: 1, bias: false, from: r0}
      - {name: n1, op: batch_norm, epsilon: 1e-05, from: c1}
      - {name: ap, op: average_pool, kernel: 2, stride: 2, padding: 0, count_include_pad: false, from: n0}
      - {name: s, op: add, from: [ap, n1]}
      - {name: n2, op: batch_norm, epsilon: 1e-05, from: s}
      - {name: r2, op: relu, from: n2}
      - {name: p, op: global_average_pool, from: r2}
      - {name: y, op: dense, units: 3, bias: true, from: p}
    output: y
    """,
    """
    # FCN NTK parameterization erf
    input: [12]
    layers:
      - {name: z0, op: dense, units: 16, bias: true, weight_scale: 0.43301270189221935, bias_scale: 0.05, from: input}
      - {name: h0, op: erf, from: z0}
      - {name: z2, op: dense, units: 3, bias: true, weight_scale: 0.375, bias_scale: 0.05, from: h0}
    output: z2
    """,
    """
    # {"net": "cnn", "act": "relu", "conv_layers": 2, "head": "flatten", "W_std": 1.4142135623730951}
    input: [3, 6, 6]
    parameterization: ntk
    layers:
      - {op: conv2d, filters: 512, kernel: 3, stride: 1, padding: 1, weight_variance: 2.0000000000000004, bias_variance: 0.010000000000000002}
      - {op: relu}
      - {op: average_pool, kernel: 2, stride: 2, padding: 0}
      - {op: conv2d, filters: 512, kernel: 3, stride: 1, padding: 1, weight_variance: 2.0000000000000004, bias_variance: 0.010000000000000002}
      - {op: relu}
      - {op: flatten}
      - {op: dense, units: 1, weight_variance: 2.0000000000000004, bias_variance: 0.010000000000000002}
    """,
  ]

  @Test(arguments: files)
  func referenceFilesAreReadWrittenAndCanonicalised(text: String) throws {
    let file = try NetworkFile.read(SourceText(name: "network.yaml", text: text))
    #expect(try NetworkFile.read(SourceText(name: "again.yaml", text: file.yaml())) == file)
    let canonical = try CanonicalNetwork(file.network)
    #expect(canonical.network.outputCount == file.network.outputCount)
    #expect(canonical.network.parameterCount == file.network.parameterCount)
    #expect(Set(canonical.originalNames.compactMap(\.self)).count == canonical.network.nodes.count)
  }
}
