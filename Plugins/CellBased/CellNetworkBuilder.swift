import NetworkGraph

/// Builds the benchmark's network around a cell: stem, three stages with a residual block between two, head.
struct CellNetworkBuilder {
  private let cell: NASBench201Cell
  private var builder: NetworkBuilder

  init(cell: NASBench201Cell, input: TensorShape) {
    self.cell = cell
    builder = NetworkBuilder(input: input)
  }

  /// - Parameters:
  ///   - channels: of the first stage, at most 2¹⁶.
  ///   - outputs: units of the readout.
  mutating func build(channels: Int, cellsPerStage: Int, outputs: Int) throws -> Network {
    var last = try addConvolution("stem", filters: channels, kernel: 3, from: builder.input)
    for stage in 1...3 {
      let channels = channels << (stage - 1)
      if stage > 1 { last = try addReduction("reduction\(stage - 1)", channels: channels, from: last) }
      for position in 1...cellsPerStage {
        last = try addCell("stage\(stage)_cell\(position)", channels: channels, from: last)
      }
    }
    last = try builder.add(.batchNormalization(.init()), name: "head_norm", from: last)
    last = try builder.add(.activation(.relu), name: "head_relu", from: last)
    last = try builder.add(.globalAveragePooling, name: "head_pool", from: last)
    return try builder.build(output: builder.add(.dense(.init(units: outputs)), name: "readout", from: last))
  }

  private mutating func addCell(
    _ name: String, channels: Int, from input: NodeReference
  ) throws -> NodeReference {
    var nodes = [input]
    for node in 1...3 {
      var terms: [NodeReference] = []
      for (predecessor, operation) in cell.incoming(node) {
        let edge = NASBench201Cell.Edge(node: node, predecessor: predecessor)
        terms.append(
          try addOperation(
            operation, "\(name)_\(edge.name)", channels: channels, from: nodes[predecessor]))
      }
      nodes.append(
        terms.count == 1 ? terms[0] : try builder.add(.add, name: "\(name)_node\(node)", from: terms))
    }
    return nodes[3]
  }

  private mutating func addOperation(
    _ operation: CellOperation, _ name: String, channels: Int, from input: NodeReference
  ) throws -> NodeReference {
    switch operation {
    case .zeroize: try builder.add(.zero, name: name, from: input)
    case .skipConnection: input
    case .convolution1x1: try addActivatedConvolution(name, filters: channels, kernel: 1, from: input)
    case .convolution3x3: try addActivatedConvolution(name, filters: channels, kernel: 3, from: input)
    case .averagePooling3x3:
      try builder.add(.averagePooling(.init(kernel: 3, stride: 1, padding: 1)), name: name, from: input)
    }
  }

  /// Halves the maps: two convolutions, and a shortcut of 2×2 average pooling and a 1×1 convolution, which alone
  /// has no normalization.
  private mutating func addReduction(
    _ name: String, channels: Int, from input: NodeReference
  ) throws -> NodeReference {
    var branch = try addActivatedConvolution(
      "\(name)_first", filters: channels, kernel: 3, stride: 2, from: input)
    branch = try addActivatedConvolution("\(name)_second", filters: channels, kernel: 3, from: branch)
    let pooled = try builder.add(.averagePooling(.init(kernel: 2)), name: "\(name)_pool", from: input)
    let projection = Convolution(filters: channels, kernel: 1, bias: false)
    let shortcut = try builder.add(.convolution(projection), name: "\(name)_shortcut", from: pooled)
    return try builder.add(.add, name: "\(name)_sum", from: [shortcut, branch])
  }

  private mutating func addActivatedConvolution(
    _ name: String, filters: Int, kernel: Int, stride: Int = 1, from input: NodeReference
  ) throws -> NodeReference {
    let active = try builder.add(.activation(.relu), name: "\(name)_relu", from: input)
    return try addConvolution(name, filters: filters, kernel: kernel, stride: stride, from: active)
  }

  /// A convolution that keeps the size of the maps up to its stride, and batch norm.
  private mutating func addConvolution(
    _ name: String, filters: Int, kernel: Int, stride: Int = 1, from input: NodeReference
  ) throws -> NodeReference {
    let convolution = Convolution(
      filters: filters, kernel: kernel, stride: stride, padding: kernel / 2, bias: false)
    let maps = try builder.add(.convolution(convolution), name: "\(name)_conv", from: input)
    return try builder.add(.batchNormalization(.init()), name: "\(name)_norm", from: maps)
  }
}
