import LaneKernels
import NetworkGraph

/// The pass of each operation.
struct PassFactory<Scalar: LaneScalar> {
  let plan: ExecutionPlan
  let settings: KernelSettings
  let source: ParameterSource
  let workers: Workers
  let pool: BufferPool

  func passes() throws(KernelError) -> [any LanePass<Scalar>] {
    var passes: [any LanePass<Scalar>] = []
    for step in plan.steps { passes.append(try pass(for: step)) }
    return passes
  }

  private func pass(for step: ExecutionPlan.Step) throws(KernelError) -> any LanePass<Scalar> {
    let node = step.node
    let inputs = plan.inputShapes(of: step)
    switch node.operation {
    case .dense(let layer):
      return DensePass(
        inputs: inputs[0].elementCount, units: layer.units,
        parameters: try layerParameters(
          step, scaling: layer.scaling, hasBias: layer.bias, outputs: layer.units, groups: 1))
    case .convolution(let layer):
      let parameters = try layerParameters(
        step, scaling: layer.scaling, hasBias: layer.bias, outputs: layer.filters, groups: layer.groups)
      if layer.paddingMode == .circular, layer.padding > 0 {
        return CircularConvolutionPass(layer, input: inputs[0], output: node.shape, parameters: parameters)
      }
      let convolution = ConvolutionPass(layer, input: inputs[0], output: node.shape, parameters: parameters)
      if let index = step.normalization,
        case .batchNormalization(let normalization) = plan.network.network.nodes[index].operation
      {
        return NormalizedConvolutionPass(
          convolution, normalization, parameters: normalizationParameters(index, node.shape),
          usesStoredStatistics: settings.normalizationMode == .running)
      }
      return convolution
    case .batchNormalization(let layer):
      return BatchNormalizationPass(
        layer, parameters: normalizationParameters(step.index, node.shape), mode: settings.normalizationMode)
    case .layerNormalization(let layer):
      return GroupNormalizationPass(
        groups: 1, epsilon: layer.epsilon, parameters: normalizationParameters(step.index, node.shape))
    case .groupNormalization(let layer):
      return GroupNormalizationPass(
        groups: layer.groups, epsilon: layer.epsilon,
        parameters: normalizationParameters(step.index, node.shape))
    case .activation(let activation): return ActivationPass(activation)
    case .averagePooling(let pool):
      return AveragePoolingPass(pool, input: inputs[0], output: node.shape)
    case .maxPooling(let pool): return MaxPoolingPass(pool, input: inputs[0], output: node.shape)
    case .globalAveragePooling: return GlobalAveragePoolingPass(input: inputs[0])
    case .add: return AdditionPass()
    case .multiply: return MultiplicationPass()
    case .scale(let factor): return ScalingPass(factor: factor)
    case .concatenate: return ConcatenationPass(inputs: inputs)
    case .input, .zero, .flatten, .identity: return ZeroPass()
    }
  }

  private func layerParameters(
    _ step: ExecutionPlan.Step, scaling: ParameterScaling, hasBias: Bool, outputs: Int, groups: Int
  ) throws(KernelError) -> LayerParameters<Scalar> {
    try LayerParameters(
      scaling: scaling, weight: plan.network.network.parameterArrays(at: step.index)[0], hasBias: hasBias,
      node: step.node.name, originalName: originalName(step.index), outputs: outputs, groups: groups,
      source: source,
      settings: settings, workers: workers, pool: pool)
  }

  private func normalizationParameters(_ index: Int, _ shape: TensorShape) -> NormalizationParameters {
    NormalizationParameters(channels: shape.channels, originalName: originalName(index), source: source)
  }

  private func originalName(_ index: Int) -> String {
    plan.network.originalNames[index] ?? plan.network.network.nodes[index].name
  }
}
