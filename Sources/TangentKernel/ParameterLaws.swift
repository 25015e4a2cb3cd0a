import NetworkGraph

/// How the parameters of one dense or convolution layer are drawn.
struct ParameterLaws {
  /// Of stored weights.
  let weight: Initialization.Law
  /// Of stored biases; its `biasVariance` counts.
  let bias: Initialization.Law
  /// effective = factor · stored.
  let weightFactor: Double
  let biasFactor: Double
  private let groups: Int

  init(
    _ scaling: ParameterScaling, weight array: ParameterArray, outputs: Int, groups: Int,
    settings: KernelSettings
  ) {
    self.groups = groups
    let fanIn = array.fanIn
    // fan_out = out / groups · kernel area, and array.dimensions is (out, in / groups, …).
    let fanOut = outputs / groups * array.dimensions.dropFirst(2).reduce(1, *)
    var law = settings.initialization.law(fanIn: fanIn, fanOut: fanOut)
    switch settings.parameterization {
    case .ntk:
      weightFactor = ((scaling.weightVariance ?? 2) / Double(fanIn)).squareRoot() * scaling.weightScale
      biasFactor = (scaling.biasVariance ?? 0).squareRoot() * scaling.biasScale
      let isOrthogonal = law.shape == .orthogonal || law.shape == .deltaOrthogonal
      law =
        isOrthogonal
        ? .init(shape: law.shape, weightVariance: Double(fanIn), biasVariance: 1)
        : .init(shape: .normal, weightVariance: 1, biasVariance: 1)
    case .standard:
      (weightFactor, biasFactor) = (scaling.weightScale, scaling.biasScale)
    }
    var biasLaw = law
    if settings.parameterization == .standard {
      if let variance = scaling.weightVariance {
        switch law.shape {
        case .orthogonal, .deltaOrthogonal: law.weightVariance = variance
        case .normal, .uniform:
          law = .init(shape: .normal, weightVariance: variance / Double(fanIn), biasVariance: 0)
        }
      }
      if let variance = scaling.biasVariance {
        biasLaw = .init(shape: .normal, weightVariance: 0, biasVariance: variance)
      }
    }
    (weight, bias) = (law, biasLaw)
  }
}

extension TangentKernelEngine {
  /// √E‖ω‖² over the stored parameters that a filter includes, as they are drawn.
  package static func expectedParameterNorm(of network: Network, settings: KernelSettings) -> Double {
    var sum = 0.0
    for (index, node) in network.nodes.enumerated() {
      if case .batchNormalization = node.operation, settings.normalizationMode == .removed { continue }
      let arrays = network.parameterArrays(at: index)
      for array in arrays where settings.parameterFilter.includes(array.role) {
        switch array.role {
        case .normalizationScale: sum += Double(array.count)
        case .normalizationShift, .runningMean, .runningVariance: break
        case .weight, .bias:
          guard let laws = ParameterLaws(node, arrays[0], settings) else { continue }
          sum +=
            array.role == .weight
            ? laws.expectedSquare(ofWeights: array) : laws.bias.biasVariance * Double(array.count)
        }
      }
    }
    return sum.squareRoot()
  }
}

extension ParameterLaws {
  /// Nil for nodes without a kernel.
  fileprivate init?(_ node: Node, _ weight: ParameterArray, _ settings: KernelSettings) {
    switch node.operation {
    case .dense(let dense):
      self.init(dense.scaling, weight: weight, outputs: dense.units, groups: 1, settings: settings)
    case .convolution(let convolution):
      self.init(
        convolution.scaling, weight: weight, outputs: convolution.filters, groups: convolution.groups,
        settings: settings)
    default: return nil
    }
  }

  /// E Σ w². Of an orthogonal matrix the smaller side counts its rows of length 1; a delta-orthogonal convolution has
  /// such a matrix for each group.
  fileprivate func expectedSquare(ofWeights array: ParameterArray) -> Double {
    switch weight.shape {
    case .normal, .uniform: return weight.weightVariance * Double(array.count)
    case .orthogonal: return weight.weightVariance * Double(min(array.dimensions[0], array.fanIn))
    case .deltaOrthogonal:
      return weight.weightVariance * Double(min(array.dimensions[0], array.dimensions[1] * groups))
    }
  }
}
