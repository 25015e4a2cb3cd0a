import CLaneKernels
import LaneKernels
import NetworkGraph

/// y = f_w W x + f_b b. One reading of the weights serves all columns: the batch's blocks, and all directions of a
/// backward pass.
final class DensePass<Scalar: LaneScalar>: LanePass {
  private let inputs: Int
  private let units: Int
  private let weights: LayerParameters<Scalar>

  init(inputs: Int, units: Int, parameters: LayerParameters<Scalar>) {
    self.inputs = inputs
    self.units = units
    weights = parameters
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    multiply(
      inputs[0], into: output, weightTargetStride: self.inputs, weightSourceStride: 1, bias: weights.bias,
      accumulate: false, context)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0] else { return }
    multiply(
      gradient, into: target.tensor, weightTargetStride: 1, weightSourceStride: self.inputs, bias: nil,
      accumulate: target.accumulate, context)
  }

  /// Never the n × P Jacobian: its Gram is the elementwise product of the Gram matrices of the inputs and of the
  /// back-propagated gradients (SPEC 3.6), O(n² · (inputs + units)) instead of O(n² · inputs · units).
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    if context.isCoupled { return accumulateCoupledGram(gradient, input: input, into: gram, context) }
    let samples = gram.blocks * laneCount
    let a = context.pool.take(Double.self, count: samples * samples)
    gram.gram(
      of: input.base, blocks: gram.blocks, parameters: input.vectors, columnStride: input.columnStride,
      workers: context.workers, into: a)
    let groups = gram.reduction == .full ? 1 : gram.directions
    let groupBlocks = gram.reduction == .full ? gram.directions * gram.blocks : gram.blocks
    let g = context.pool.take(Double.self, count: groupBlocks * laneCount * groupBlocks * laneCount)
    let biasFactor =
      context.filter == .all && weights.bias != nil ? weights.biasFactor * weights.biasFactor : 0
    for group in 0..<groups {
      gram.gram(
        of: gradient.column(group * gram.blocks), blocks: groupBlocks, parameters: units,
        columnStride: gradient.columnStride, workers: context.workers, into: g)
      gram.addProduct(
        inputs: a, gradients: g, gradientBlocks: groupBlocks,
        weightFactor: weights.weightFactor * weights.weightFactor, biasFactor: biasFactor)
    }
    context.pool.giveBack(a)
    context.pool.giveBack(g)
    gram.close(.weight, slots: GramAccumulator<Scalar>.weightSlots, context.workers)
    if context.filter == .all, weights.bias != nil {
      gram.close(.bias, slots: GramAccumulator<Scalar>.biasSlots, context.workers)
    }
  }

  /// A direction's weight gradients are sums over samples, as a 1 × 1 convolution's over a map whose positions are the
  /// samples.
  private func accumulateCoupledGram(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    let layer = Dense(units: units, bias: weights.bias != nil)
    let samples = context.samples
    let (convolution, inputShape, outputShape) = Self.asConvolution(layer, inputs: inputs, samples: samples)
    let values = LaneTensor(
      base: context.pool.take(Scalar.self, count: inputs * samples), shape: inputShape, columns: 1, lanes: 1)
    for sample in 0..<samples {
      let column = input.column(sample)
      for index in 0..<inputs { values.base[index * samples + sample] = column[index] }
    }
    let blocks = gradient.columns / samples
    let gradients = LaneTensor(
      base: context.pool.take(Scalar.self, count: gradient.count), shape: outputShape, columns: blocks)
    for column in 0..<gradient.columns {
      let (block, sample) = column.quotientAndRemainder(dividingBy: samples)
      for unit in 0..<units {
        (gradients.channel(unit, ofColumn: block) + sample * laneCount).update(
          from: gradient.column(column) + unit * laneCount, count: laneCount)
      }
    }
    var whole = context
    whole.samples = 1
    ConvolutionPass(convolution, input: inputShape, output: outputShape, parameters: weights).accumulateGram(
      gradients, inputs: [values], output: nil, into: gram, whole)
    context.pool.giveBack(gradients.base)
    context.pool.giveBack(values.base)
  }

  /// The 1 × 1 convolution that a dense layer is, over a map whose positions are samples.
  static func asConvolution(
    _ layer: Dense, inputs: Int, samples: Int
  ) -> (layer: Convolution, input: TensorShape, output: TensorShape) {
    (
      Convolution(filters: layer.units, kernelHeight: 1, kernelWidth: 1, bias: layer.bias),
      .maps(channels: inputs, height: 1, width: samples),
      .maps(channels: layer.units, height: 1, width: samples)
    )
  }

  private func multiply(
    _ source: LaneTensor<Scalar>, into target: LaneTensor<Scalar>, weightTargetStride: Int,
    weightSourceStride: Int, bias: UnsafeMutablePointer<Scalar>?, accumulate: Bool,
    _ context: PassContext<Scalar>
  ) {
    let targets = target.shape.elementCount
    var shape = LaneProduct()
    shape.sources = Int64(source.shape.elementCount)
    shape.columns = Int64(target.columns)
    shape.weightTargetStride = Int64(weightTargetStride)
    shape.weightSourceStride = Int64(weightSourceStride)
    shape.sourceColumnStride = shape.sources
    shape.targetColumnStride = Int64(targets)
    shape.accumulate = accumulate
    let whole = shape
    // Ranges of whole packed panels; how targets are shared out changes no bits.
    let panels = (targets + 15) / 16
    let parts = context.workers.threads > 1 ? min(panels, 2 * context.workers.threads, gramSlotCount) : 1
    nonisolated(unsafe) let scratch = context.pool.take(Scalar.self, count: parts * Int(PACKED_SCALARS))
    nonisolated(unsafe) let bias = bias
    context.workers.forEach(parts) { index in
      let first = panels * index / parts * 16
      var part = whole
      part.targets = Int64(min(panels * (index + 1) / parts * 16, targets) - first)
      context.kernels.multiply(
        part, weights: weights.weight + first * weightTargetStride,
        bias: bias.map { UnsafePointer($0) + first },
        source: source.base, into: target.base + first * laneCount,
        scratch: scratch + index * Int(PACKED_SCALARS))
    }
    context.pool.giveBack(scratch)
  }
}
