import NetworkGraph

/// The parameters of one dense or convolution layer in float64, as an evaluation in double precision uses them.
package struct EffectiveParameters: Sendable {
  /// Row-major (out, in, …): what multiplies the layer's inputs.
  package var weight: [Double]
  /// Nil without a bias.
  package var bias: [Double]?
  /// effective = factor · stored; the network's parameters are the stored ones.
  package let weightFactor: Double
  package let biasFactor: Double
}

extension TangentKernelEngine {
  /// The parameters of each layer of a network, by its place among the canonical nodes: the same numbers that `evaluate`
  /// computes with.
  ///
  /// - Throws: `KernelError.parameters` for arrays that the source lacks.
  package static func effectiveParameters(
    of network: CanonicalNetwork, source: ParameterSource, settings: KernelSettings
  ) throws(KernelError) -> [Int: EffectiveParameters] {
    let workers = Workers(threads: 1)
    defer { workers.end() }
    var result: [Int: EffectiveParameters] = [:]
    for (index, node) in network.network.nodes.enumerated() {
      let layer: (scaling: ParameterScaling, bias: Bool, outputs: Int, groups: Int)
      switch node.operation {
      case .dense(let dense): layer = (dense.scaling, dense.bias, dense.units, 1)
      case .convolution(let convolution):
        layer = (convolution.scaling, convolution.bias, convolution.filters, convolution.groups)
      default: continue
      }
      let array = network.network.parameterArrays(at: index)[0]
      let parameters = try LayerParameters<Double>(
        scaling: layer.scaling, weight: array, hasBias: layer.bias, node: node.name,
        originalName: network.originalNames[index] ?? node.name, outputs: layer.outputs, groups: layer.groups,
        source: source, settings: settings, workers: workers, pool: BufferPool())
      result[index] = EffectiveParameters(
        weight: Array(UnsafeBufferPointer(start: parameters.weight, count: array.count)),
        bias: parameters.bias.map { Array(UnsafeBufferPointer(start: $0, count: layer.outputs)) },
        weightFactor: parameters.weightFactor, biasFactor: parameters.biasFactor)
    }
    return result
  }
}
