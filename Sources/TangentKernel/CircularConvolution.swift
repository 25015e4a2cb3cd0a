import LaneKernels
import NetworkGraph

/// A convolution over a torus: the map is copied with its wrapped border, and a convolution without padding does the
/// rest; the border's gradients are added back to where the border came from.
final class CircularConvolutionPass<Scalar: LaneScalar>: LanePass {
  private let interior: ConvolutionPass<Scalar>
  private let padding: Int
  private let padded: TensorShape

  init(_ layer: Convolution, input: TensorShape, output: TensorShape, parameters: LayerParameters<Scalar>) {
    padding = layer.padding
    let computed = layer.computed(on: input)
    padded = computed.input
    interior = ConvolutionPass(
      computed.layer, input: computed.input, output: output, parameters: parameters)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    withWrapped(inputs[0], context) { interior.forward([$0], into: output, context) }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0] else { return }
    let whole = LaneTensor(
      base: context.pool.take(Scalar.self, count: padded.elementCount * gradient.columns * laneCount),
      shape: padded,
      columns: gradient.columns)
    interior.backward(
      gradient, inputs: [nil], output: nil, into: [GradientTarget(tensor: whole, accumulate: false)], context)
    if !target.accumulate { target.tensor.base.fillWithZeros(target.tensor.count) }
    context.workers.forEach(gradient.columns) { column in
      forEachRun(of: target.tensor.shape) { inside, outside, count in
        let place = target.tensor.column(column) + inside * laneCount
        context.kernels.affine(
          vectors: count, factor: 1, offset: 0, whole.column(column) + outside * laneCount, into: place,
          accumulate: true)
      }
    }
    context.pool.giveBack(whole.base)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    withWrapped(input, context) {
      interior.accumulateGram(gradient, inputs: [$0], output: output, into: gram, context)
    }
  }

  private func withWrapped(
    _ input: LaneTensor<Scalar>, _ context: PassContext<Scalar>, _ body: (LaneTensor<Scalar>) -> Void
  ) {
    let whole = LaneTensor(
      base: context.pool.take(Scalar.self, count: padded.elementCount * input.columns * input.lanes),
      shape: padded,
      columns: input.columns, lanes: input.lanes)
    context.workers.forEach(input.columns) { column in
      forEachRun(of: input.shape) { inside, outside, count in
        (whole.column(column) + outside * input.lanes).update(
          from: input.column(column) + inside * input.lanes, count: count * input.lanes)
      }
    }
    body(whole)
    context.pool.giveBack(whole.base)
  }

  /// Every run of neighbouring positions in a padded row that are neighbours in the map too: where it starts in the
  /// map and in the padded map, and its length.
  private func forEachRun(
    of map: TensorShape, _ body: (_ inside: Int, _ outside: Int, _ count: Int) -> Void
  ) {
    let (height, width) = (map.dimensions[1], map.dimensions[2])
    let paddedWidth = width + 2 * padding
    let paddedHeight = height + 2 * padding
    for channel in 0..<map.channels {
      for row in 0..<paddedHeight {
        let source = (row - padding + height * padding) % height
        var column = 0
        while column < paddedWidth {
          let start = (column - padding + width * padding) % width
          let length = min(width - start, paddedWidth - column)
          body(
            (channel * height + source) * width + start,
            (channel * paddedHeight + row) * paddedWidth + column, length)
          column += length
        }
      }
    }
  }
}

extension Convolution {
  /// The convolution that is computed and what it reads: with circular padding, one without padding over the map with
  /// its wrapped border; else itself.
  func computed(on input: TensorShape) -> (layer: Convolution, input: TensorShape) {
    guard paddingMode == .circular else { return (self, input) }
    var unpadded = self
    unpadded.padding = 0
    unpadded.paddingMode = .zeros
    let padded = TensorShape.maps(
      channels: input.channels, height: input.dimensions[1] + 2 * padding,
      width: input.dimensions[2] + 2 * padding)
    return (unpadded, padded)
  }
}
