import CLaneKernels
import LaneKernels
import NetworkGraph

/// A two-dimensional convolution (cross-correlation) with stride, zero padding, dilation and groups.
///
/// Forward and backward are the same micro-kernel over lists of taps. Backward with stride s runs once for each of
/// the s² classes of input positions modulo s, each with the taps that reach it.
final class ConvolutionPass<Scalar: LaneScalar>: LanePass {
  let layer: Convolution
  let input: TensorShape
  let output: TensorShape
  let weights: LayerParameters<Scalar>
  let height, width, outputHeight, outputWidth: Int
  let sourceChannels, targetChannels: Int
  let winograd: WinogradConvolution?
  private var backwardWeights: BackwardWeights<Scalar>?
  /// The zeros that a gradient's maps need around them for no tap to leave them, going backward. Only where samples are
  /// coupled do gradients have any.
  let gradientBorder: MapBorder
  private let forwardTaps: TapList
  private let backwardPhases: [Phase]

  init(_ layer: Convolution, input: TensorShape, output: TensorShape, parameters: LayerParameters<Scalar>) {
    self.layer = layer
    self.input = input
    self.output = output
    weights = parameters
    (height, width) = (input.dimensions[1], input.dimensions[2])
    (outputHeight, outputWidth) = (output.dimensions[1], output.dimensions[2])
    sourceChannels = input.channels / layer.groups
    targetChannels = output.channels / layer.groups
    winograd = WinogradConvolution(layer, input: input, output: output)
    let forwardAxis = { (kernel: Int) in
      (0..<kernel).map { (index: $0, offset: $0 * layer.dilation - layer.padding) }
    }
    forwardTaps = TapList(
      layer, rows: forwardAxis(layer.kernelHeight), columns: forwardAxis(layer.kernelWidth))
    let (height, width, stride) = (height, width, layer.stride)
    let border = layer.gradientBorder(input: input, output: output)
    gradientBorder = border
    backwardPhases = (0..<min(stride, height)).flatMap { row in
      (0..<min(stride, width)).map { column in
        Phase(
          row: row, column: column, rows: (height - row + stride - 1) / stride,
          columns: (width - column + stride - 1) / stride,
          taps: TapList(
            layer, rows: Self.reachingTaps(layer.kernelHeight, position: row, layer),
            columns: Self.reachingTaps(layer.kernelWidth, position: column, layer)),
          border: border)
      }
    }
  }

  /// Along one axis, the kernel positions that reach input positions ≡ `position` modulo the stride, each with the
  /// output position it comes from, relative to the class's first.
  private static func reachingTaps(
    _ kernel: Int, position: Int, _ layer: Convolution
  ) -> [(index: Int, offset: Int)] {
    (0..<kernel).compactMap { index in
      let distance = position + layer.padding - index * layer.dilation
      return distance.isMultiple(of: layer.stride) ? (index, distance / layer.stride) : nil
    }
  }

  var taps: Int { layer.kernelHeight * layer.kernelWidth }

  /// The maps of one group.
  private var sourceMap: LaneMap { LaneMap(channels: sourceChannels, rows: height, columns: width) }
  private var targetMap: LaneMap {
    LaneMap(channels: targetChannels, rows: outputHeight, columns: outputWidth)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    if let winograd = winograd?.ofPasses {
      winograd.forward(inputs[0], weights: weights.weight, bias: weights.bias, into: output, context)
      return
    }
    var shape = LaneCorrelation(from: sourceMap, to: targetMap, step: layer.stride)
    shape.weightTargetStride = Int64(sourceChannels * taps)
    shape.weightSourceStride = Int64(taps)
    forwardTaps.apply(to: &shape) { shape in
      nonisolated(unsafe) let whole = shape
      forEachColumn(of: output, channels: targetChannels, context) { column, group, range in
        var part = whole
        part.targetChannels = Int64(range.count)
        let channel = group * targetChannels + range.lowerBound
        context.kernels.correlate(
          part, source: inputs[0].channel(group * sourceChannels, ofColumn: column),
          weights: weights.weight + channel * sourceChannels * taps,
          bias: weights.bias.map { UnsafePointer($0) + channel },
          into: output.channel(channel, ofColumn: column))
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    if let target = targets[0] { backward(gradient, factor: nil, mask: nil, into: target, context) }
  }

  /// - Parameters:
  ///   - factor: multiplied into the weights of each target channel, when there is one; the same at every call.
  ///   - mask: the values of the input, where samples are coupled and `Convolution.takesMask`: the gradient goes on
  ///     where they are positive alone, as through the ReLU that they come from.
  func backward(
    _ gradient: LaneTensor<Scalar>, factor: ((_ channel: Int) -> Scalar)?, mask: LaneTensor<Scalar>?,
    into target: GradientTarget<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    let prepared = backwardWeights ?? BackwardWeights(self, factor: factor, context)
    if context.keepsWeights { backwardWeights = prepared }
    if let winograd, let transformed = prepared.transformed {
      winograd.backward(gradient, transformedWeights: transformed, into: target, context)
      return
    }
    nonisolated(unsafe) let weights = prepared.folded ?? self.weights.weight
    let border = gradient.border
    let borderOffset = (border.top * gradient.rowStride + border.left) * laneCount
    let gradientMap = LaneMap(
      channels: targetChannels, rows: outputHeight, columns: outputWidth, border: border)
    var shape = LaneCorrelation(from: gradientMap, to: sourceMap)
    shape.sourceRows += Int64(border.top + border.bottom)
    shape.sourceColumns += Int64(border.left + border.right)
    shape.targetRowStride = Int64(layer.stride * width)
    shape.targetColumnStride = Int64(layer.stride)
    shape.weightTargetStride = Int64(taps)
    shape.weightSourceStride = Int64(sourceChannels * taps)
    shape.accumulate = target.accumulate
    nonisolated(unsafe) let whole = shape
    // A column's phases one after another, since they go through the same memory.
    forEachColumn(of: gradient, channels: sourceChannels, context) { column, group, range in
      let first = group * sourceChannels + range.lowerBound
      let from = gradient.channel(group * targetChannels, ofColumn: column) - borderOffset
      let into = target.tensor.channel(first, ofColumn: column)
      let positive = mask?.channel(first, ofColumn: context.sample(of: column, gradient))
      for phase in backwardPhases {
        var part = whole
        part.targetChannels = Int64(range.count)
        part.targetRows = Int64(phase.rows)
        part.targetColumns = Int64(phase.columns)
        let place = phase.row * width + phase.column
        (border.isEmpty ? phase.taps : phase.borderedTaps).apply(to: &part) { part in
          context.kernels.correlate(
            part, source: from,
            weights: weights + (group * targetChannels * sourceChannels + range.lowerBound) * taps, bias: nil,
            mask: positive.map { UnsafePointer($0 + place) }, into: into + place * laneCount)
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    accumulateWeightGram(gradient, input: input, into: gram, context) { _, _, _ in }
    if context.filter == .all, weights.bias != nil {
      accumulateChannelSums(
        of: gradient, .bias, factor: weights.biasFactor * weights.biasFactor, into: gram, context)
    }
  }

  // MARK: Taps

  private struct Phase {
    let row, column, rows, columns: Int
    let taps: TapList
    /// Where gradients stand within a border.
    let borderedTaps: TapList

    init(row: Int, column: Int, rows: Int, columns: Int, taps: TapList, border: MapBorder) {
      (self.row, self.column, self.rows, self.columns) = (row, column, rows, columns)
      self.taps = taps
      borderedTaps = taps.shifted(rows: border.top, columns: border.left)
    }
  }

  /// Calls `body` for every column, group and range of channels; channels are split only when there are fewer
  /// columns than workers. Every output is computed whole by one call, so splitting changes no bits.
  private func forEachColumn(
    of tensor: LaneTensor<Scalar>, channels: Int, _ context: PassContext<Scalar>,
    _ body: (_ column: Int, _ group: Int, _ range: Range<Int>) -> Void
  ) {
    let tile = 16
    let wanted = (2 * context.workers.threads + tensor.columns - 1) / tensor.columns
    let parts = context.workers.threads > 1 ? max(1, min(wanted, (channels + tile - 1) / tile)) : 1
    let part = ((channels + parts - 1) / parts + 7) / 8 * 8
    context.workers.forEach(tensor.columns * parts) { index in
      let start = index % parts * part
      let end = min(start + part, channels)
      guard start < end else { return }
      for group in 0..<layer.groups { body(index / parts, group, start..<end) }
    }
  }
}

/// What a backward pass reads of a convolution's weights beside themselves.
private final class BackwardWeights<Scalar: LaneScalar> {
  /// With factors of the target channels multiplied in, unless there are none or the transformed ones suffice.
  private(set) var folded: UnsafeMutablePointer<Scalar>?
  let transformed: UnsafeMutablePointer<Scalar>?
  private let pool: BufferPool

  init(
    _ convolution: ConvolutionPass<Scalar>, factor: ((_ channel: Int) -> Scalar)?,
    _ context: PassContext<Scalar>
  ) {
    pool = context.pool
    if let factor { folded = Self.fold(convolution, factor, context) }
    guard let winograd = convolution.winograd?.ofPasses else {
      transformed = nil
      return
    }
    let place = pool.take(Scalar.self, count: winograd.transformedWeightCount)
    winograd.transform(folded ?? convolution.weights.weight, isBackward: true, into: place, context)
    transformed = place
    if let folded { pool.giveBack(folded) }
    folded = nil
  }

  deinit {
    if let folded { pool.giveBack(folded) }
    if let transformed { pool.giveBack(transformed) }
  }

  private static func fold(
    _ convolution: ConvolutionPass<Scalar>, _ factor: (_ channel: Int) -> Scalar,
    _ context: PassContext<Scalar>
  ) -> UnsafeMutablePointer<Scalar> {
    let channels = convolution.output.channels
    let perChannel = convolution.sourceChannels * convolution.taps
    let weights = convolution.weights.weight
    let folded = context.pool.take(Scalar.self, count: channels * perChannel)
    // Whole vectors where channels start on one: generic code goes number by number.
    let vectors = perChannel.isMultiple(of: laneCount) ? perChannel / laneCount : 0
    for channel in 0..<channels {
      let factor = factor(channel)
      let first = channel * perChannel
      context.kernels.affine(
        vectors: vectors, factor: factor, offset: 0, weights + first, into: folded + first, accumulate: false)
      for index in first + vectors * laneCount..<first + perChannel {
        folded[index] = weights[index] * factor
      }
    }
    return folded
  }
}

/// The taps of a correlation: where each reads relative to the target position, and which weight it uses.
private struct TapList {
  private var rows: [Int32] = []
  private var columns: [Int32] = []
  private var weights: [Int32] = []

  init(_ layer: Convolution, rows: [(index: Int, offset: Int)], columns: [(index: Int, offset: Int)]) {
    for row in rows {
      for column in columns {
        self.rows.append(Int32(clamping: row.offset))
        self.columns.append(Int32(clamping: column.offset))
        weights.append(Int32(clamping: row.index * layer.kernelWidth + column.index))
      }
    }
  }

  func shifted(rows: Int, columns: Int) -> TapList {
    var list = self
    for index in list.rows.indices {
      list.rows[index] = Int32(clamping: Int(list.rows[index]) + rows)
      list.columns[index] = Int32(clamping: Int(list.columns[index]) + columns)
    }
    return list
  }

  /// Calls `body` with the taps filled in; the pointers are valid only within.
  func apply(to shape: inout LaneCorrelation, _ body: (LaneCorrelation) -> Void) {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        weights.withUnsafeBufferPointer { weights in
          shape.taps = Int64(rows.count)
          shape.tapRow = rows.baseAddress
          shape.tapColumn = columns.baseAddress
          shape.tapWeight = weights.baseAddress
          body(shape)
        }
      }
    }
  }
}

extension Convolution {
  /// Whether the backward pass takes a mask: where products come tile by tile, and not as those of a large matrix.
  func takesMask(input: TensorShape, output: TensorShape) -> Bool {
    let isMatrix = kernelHeight * kernelWidth == 1 && min(input.channels, output.channels) > 16
    return !isMatrix && WinogradConvolution(self, input: input, output: output)?.ofPasses == nil
  }

  /// How far beyond the output's map the taps reach that lead back to the input's positions.
  func gradientBorder(input: TensorShape, output: TensorShape) -> MapBorder {
    WeightGradientChunks(self, input: input, output: output, columns: 1, scalarBytes: 1)
      .shape(targets: 1, sources: 1).sampleLayout.border
  }
}
