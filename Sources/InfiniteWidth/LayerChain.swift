import CLaneKernels
import LaneKernels

/// A network of vectors whose layers follow one another, each activation in closed form: all its layers are computed
/// pair by pair, to the same bits as step by step.
struct LayerChain {
  /// What a layer is, before what is known of the samples.
  private struct Link {
    var factors = LayerFactors.mean
    var table: Int?
  }

  private let layers: [LaneChainLayer]

  /// Nil when the plan is something else.
  init?(_ plan: KernelPlan, first: SampleTables, second: SampleTables) {
    guard plan.isOfVectors, let links = Self.links(plan) else { return nil }
    var layers: [LaneChainLayer] = []
    for link in links {
      var layer = LaneChainLayer()
      let factors = link.factors
      let ratio = factors.tangentWeight / factors.kernelWeight
      (layer.weight, layer.bias) = (factors.kernelWeight, factors.kernelBias)
      (layer.share, layer.constant) = (ratio, factors.tangentBias - ratio * factors.kernelBias)
      if let table = link.table {
        guard let dual = plan.tables[table].dual.flatMap(DualCoefficients.laneDual),
          layers.allSatisfy({ !$0.hasDual || $0.dual.kind == dual.kind })
        else { return nil }
        (layer.hasDual, layer.dual) = (true, dual)
        layer.first = UnsafePointer(first.first(table))
        layer.firstOther = UnsafePointer(first.second(table, positions: 1))
        layer.second = UnsafePointer(second.first(table))
        layer.secondOther = UnsafePointer(second.second(table, positions: 1))
      }
      layers.append(layer)
    }
    self.layers = layers
  }

  /// An input, then dense layers and activations, each of what came before it.
  private static func links(_ plan: KernelPlan) -> [Link]? {
    guard case .input(var last, _) = plan.steps.first else { return nil }
    var links: [Link] = []
    var hasOpenLayer = false
    for step in plan.steps.dropFirst() {
      switch step {
      case .dense(let target, let terms, let factors):
        guard terms.count == 1, terms[0].source == last, terms[0].weight == 1, factors.kernelWeight != 0
        else {
          return nil
        }
        links.append(Link(factors: factors))
        (last, hasOpenLayer) = (target, true)
      case .activate(let target, let source, let table):
        guard source == last else { return nil }
        if !hasOpenLayer { links.append(Link()) }
        links[links.count - 1].table = table
        (last, hasOpenLayer) = (target, false)
      default: return nil
      }
    }
    return last == plan.output ? links : nil
  }

  /// - Parameters:
  ///   - targetStride: numbers between the rows of both kernels: whole vectors.
  func compute(
    _ products: InnerProducts, _ firsts: Range<Int>, _ seconds: Range<Int>,
    _ variant: UnsafePointer<LaneVariant>, kernel: UnsafeMutablePointer<Double>,
    tangent: UnsafeMutablePointer<Double>?, targetStride: Int
  ) {
    var tile = LaneChainTile(
      rows: Int64(firsts.count), length: Int64(seconds.count), first: Int64(firsts.lowerBound),
      second: Int64(seconds.lowerBound), covarianceStride: Int64(products.stride),
      targetStride: Int64(targetStride))
    products.values.withUnsafeBufferPointer { values in
      layers.withUnsafeBufferPointer { layers in
        guard let values = values.baseAddress else { return }
        variant.pointee.gaussianChain(
          layers.baseAddress, Int64(layers.count), &tile,
          values + firsts.lowerBound * products.stride + seconds.lowerBound, kernel, tangent)
      }
    }
  }
}
