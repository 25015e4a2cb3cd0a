import CLaneKernels
import LaneKernels
import NetworkGraph

/// A convolution that Winograd's minimal filtering computes with a quarter of the products (half of them for weight
/// gradients): kernels of 3 × 3, stride one, no dilation, and enough channels to pay for the transforms. Decided by shape
/// alone, as the rounding follows from it.
struct WinogradConvolution {
  /// Fewer channels than this on either side cost more in transforms than the products saved.
  private static let fewestChannels = 6
  /// The same of forward and backward passes, whose transforms are along both axes.
  private static let fewestChannelsOfPasses = 8

  let groups: Int
  /// Of one group.
  let sourceChannels, targetChannels: Int
  private let padding: Int
  private let height, width, outputHeight, outputWidth: Int

  /// Nil where the plain sum over taps is to be used.
  init?(_ layer: Convolution, input: TensorShape, output: TensorShape) {
    groups = layer.groups
    sourceChannels = input.channels / groups
    targetChannels = output.channels / groups
    padding = layer.padding
    (height, width) = (input.dimensions[1], input.dimensions[2])
    (outputHeight, outputWidth) = (output.dimensions[1], output.dimensions[2])
    guard layer.kernelHeight == 3, layer.kernelWidth == 3, layer.stride == 1, layer.dilation == 1,
      padding <= 2,
      min(sourceChannels, targetChannels) >= Self.fewestChannels,
      min(height, width, outputHeight, outputWidth) >= 4
    else { return nil }
  }

  /// For forward and backward passes; nil where these are to use the plain sum.
  var ofPasses: WinogradConvolution? {
    min(sourceChannels, targetChannels) >= Self.fewestChannelsOfPasses ? self : nil
  }

  /// Scalars of all groups' transformed weights, in either direction.
  var transformedWeightCount: Int {
    groups * pointStride * Int(WINOGRAD_POINTS * WINOGRAD_POINTS)
  }

  /// Scalars from one point's transformed weights to the next, in either direction.
  private var pointStride: Int { Int(laneWinogradPoint(Int64(targetChannels), Int64(sourceChannels))) }

  /// Vectors of scratch that one worker needs in a forward or backward pass.
  var scratchVectors: Int {
    max(
      Int(
        laneWinogradStrip(
          Int64(targetChannels), Int64(sourceChannels), Int64(outputHeight), Int64(outputWidth)
        ).scratch),
      Int(
        laneWinogradStrip(Int64(sourceChannels), Int64(targetChannels), Int64(height), Int64(width)).scratch))
  }

  /// Vectors of scratch that one worker needs for the weight gradients of some channels.
  func gradientScratchVectors(targets: Int, sources: Int) -> Int {
    Int(
      laneWinogradGradientStrip(
        Int64(targets), Int64(sources), Int64(outputHeight), Int64(outputWidth)
      ).scratch)
  }

  /// The weights as the passes read them; backward, kernels are turned and the channels exchanged.
  func transform<Scalar: LaneScalar>(
    _ weights: UnsafeMutablePointer<Scalar>, isBackward: Bool, into transformed: UnsafeMutablePointer<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    let taps = 9
    let (targets, sources) =
      isBackward ? (sourceChannels, targetChannels) : (targetChannels, sourceChannels)
    let targetStride = isBackward ? taps : sourceChannels * taps
    let parts = (targets + 15) / 16
    nonisolated(unsafe) let (weights, transformed) = (weights, transformed)
    context.workers.forEach(groups * parts) { index in
      let (group, part) = index.quotientAndRemainder(dividingBy: parts)
      let first = 16 * part
      context.kernels.winogradWeights(
        targets: min(16, targets - first), sources: sources, pointStride: pointStride,
        targetStride: targetStride, sourceStride: isBackward ? sourceChannels * taps : taps,
        isFlipped: isBackward,
        weights + group * sourceChannels * targetChannels * taps + first * targetStride,
        into: transformed + group * (transformedWeightCount / groups) + first * sources)
    }
  }

  /// y = w ∗ x + bias for every column.
  func forward<Scalar: LaneScalar>(
    _ input: LaneTensor<Scalar>, weights: UnsafeMutablePointer<Scalar>, bias: UnsafeMutablePointer<Scalar>?,
    into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let transformed = context.pool.take(Scalar.self, count: transformedWeightCount)
    transform(weights, isBackward: false, into: transformed, context)
    correlate(input, into: output, transformed, bias: bias, padding: padding, accumulate: false, context)
    context.pool.giveBack(transformed)
  }

  /// The gradient by the input: the correlation with the kernels turned and the channels exchanged.
  func backward<Scalar: LaneScalar>(
    _ gradient: LaneTensor<Scalar>, transformedWeights: UnsafeMutablePointer<Scalar>,
    into target: GradientTarget<Scalar>, _ context: PassContext<Scalar>
  ) {
    correlate(
      gradient, into: target.tensor, transformedWeights, bias: nil, padding: 2 - padding,
      accumulate: target.accumulate, context)
  }

  /// Forms per-sample gradients of one chunk's weights, of one column.
  func formWeightGradients<Scalar: LaneScalar>(
    of chunk: WeightGradientChunks.Chunk, _ gradient: LaneTensor<Scalar>, column: Int,
    _ input: LaneTensor<Scalar>, into sums: UnsafeMutablePointer<Scalar>,
    _ scratch: UnsafeMutablePointer<Scalar>, _ context: PassContext<Scalar>
  ) {
    let shape = LaneWinograd(
      from: LaneMap(channels: chunk.sources.count, rows: height, columns: width),
      to: LaneMap(channels: chunk.targets.count, rows: outputHeight, columns: outputWidth), padding: padding)
    context.kernels.winogradWeightGradient(
      shape,
      source: input.channel(
        chunk.group * sourceChannels + chunk.sources.lowerBound, ofColumn: column % context.blocks),
      outputGradient: gradient.channel(
        chunk.group * targetChannels + chunk.targets.lowerBound, ofColumn: column),
      into: sums, scratch: scratch)
  }

  /// Whole strips of an axis in so many parts or fewer.
  private func parts(of extent: Int, strip: Int, atMost most: Int) -> [(Int64, Int64)] {
    let strips = (extent + strip - 1) / strip
    let count = min(most, strips)
    return (0..<count).map { part in
      (Int64(strips * part / count * strip), Int64(min(extent, strips * (part + 1) / count * strip)))
    }
  }

  private func correlate<Scalar: LaneScalar>(
    _ source: LaneTensor<Scalar>, into target: LaneTensor<Scalar>,
    _ transformedWeights: UnsafeMutablePointer<Scalar>, bias: UnsafeMutablePointer<Scalar>?, padding: Int,
    accumulate: Bool, _ context: PassContext<Scalar>
  ) {
    let (sources, targets) = (source.shape.channels / groups, target.shape.channels / groups)
    let perGroup = transformedWeightCount / groups
    nonisolated(unsafe) let transformed = transformedWeights
    let (rows, columns) = (target.shape.dimensions[1], target.shape.dimensions[2])
    var shape = LaneWinograd(
      from: LaneMap(
        channels: sources, rows: source.shape.dimensions[1], columns: source.shape.dimensions[2],
        border: source.border),
      to: LaneMap(channels: targets, rows: rows, columns: columns), padding: padding)
    shape.accumulate = accumulate
    let strip = laneWinogradStrip(Int64(targets), Int64(sources), Int64(rows), Int64(columns))
    // Each tile is computed whole by one call, so how a map is shared out changes no bits. Many more parts than
    // threads: the machine may hold one up.
    let wanted =
      context.workers.threads > 1 ? (12 * context.workers.threads + target.columns - 1) / target.columns : 1
    let columnParts = parts(of: columns, strip: 4 * Int(strip.tiles), atMost: wanted)
    let rowParts = parts(
      of: rows, strip: Int(strip.rows), atMost: (wanted + columnParts.count - 1) / columnParts.count)
    let parts = columnParts.count * rowParts.count
    let slots = min(context.workers.threads, gramSlotCount, target.columns * parts)
    let slotScalars = scratchVectors * laneCount
    nonisolated(unsafe) let scratch = context.pool.take(Scalar.self, count: slots * slotScalars)
    nonisolated(unsafe) let bias = bias
    let whole = shape
    context.workers.forEach(target.columns * parts, slots: slots) { item, slot in
      let (column, part) = item.quotientAndRemainder(dividingBy: parts)
      var piece = whole
      (piece.firstRow, piece.endRow) = rowParts[part % rowParts.count]
      (piece.firstColumn, piece.endColumn) = columnParts[part / rowParts.count]
      for group in 0..<groups {
        context.kernels.winogradCorrelate(
          piece, source: source.channel(group * sources, ofColumn: column),
          transformedWeights: transformed + group * perGroup,
          bias: bias.map { UnsafePointer($0) + group * targets },
          into: target.channel(group * targets, ofColumn: column), scratch: scratch + slot * slotScalars)
      }
    }
    context.pool.giveBack(scratch)
  }
}
