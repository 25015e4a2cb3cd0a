extension Network {
  /// The same architecture with every hidden layer `factor` times as wide: units and filters of all dense layers and
  /// convolutions but the last ones, between which and the output no other lies.
  ///
  /// - Parameter factor: at least 1.
  /// - Throws: `NetworkError` where a wider layer meets something whose width is the input's or the output's, and when the
  ///   network becomes too large.
  public func widened(by factor: Int) throws -> Network {
    let last = lastLayers
    var builder = NetworkBuilder(input: inputShape)
    var references = [builder.input]
    for (index, node) in nodes.enumerated().dropFirst() {
      let inputs = node.inputs.map { references[$0] }
      let factor = last.contains(index) ? 1 : factor
      switch node.operation {
      case .dense(var dense):
        dense.units = saturatingProduct(dense.units, factor)
        references.append(try builder.add(.dense(dense), name: node.name, from: inputs))
      case .convolution(var convolution):
        convolution.filters = saturatingProduct(convolution.filters, factor)
        references.append(try builder.add(.convolution(convolution), name: node.name, from: inputs))
      case .zero where inputs.isEmpty:
        let shape: TensorShape =
          switch node.shape {
          case .features(let count): .features(saturatingProduct(count, factor))
          case .maps(let channels, let height, let width):
            .maps(channels: saturatingProduct(channels, factor), height: height, width: width)
          }
        references.append(try builder.addZero(shape, name: node.name))
      default: references.append(try builder.add(node.operation, name: node.name, from: inputs))
      }
    }
    return try builder.build(output: references[output])
  }

  /// Nodes from which the output is reached without passing another layer with weights.
  private var lastLayers: Set<Int> {
    var (found, open) = (Set([output]), [output])
    while let index = open.popLast() {
      switch nodes[index].operation {
      case .dense, .convolution: continue
      default: for input in nodes[index].inputs where found.insert(input).inserted { open.append(input) }
      }
    }
    return found
  }
}
