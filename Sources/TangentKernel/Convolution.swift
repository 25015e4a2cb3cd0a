import CLaneKernels
import LaneKernels
import NetworkGraph

/// What the per-sample gradients of some weights may take between being formed and multiplied out: most of a
/// second-level cache.
let weightGradientCacheBytes = 600 << 10

/// A two-dimensional convolution (cross-correlation) with stride, zero padding, dilation and groups.
///
/// Forward and backward are the same micro-kernel over lists of taps. Backward with stride s runs once for each of
/// the s² classes of input positions modulo s, each with the taps that reach it.
final class ConvolutionPass<Scalar: LaneScalar>: LanePass {
  private let layer: Convolution
  private let input: TensorShape
  private let output: TensorShape
  private let weights: LayerParameters<Scalar>
  private let height, width, outputHeight, outputWidth: Int
  private let sourceChannels, targetChannels: Int
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
    forwardTaps = TapList(layer) { kernelRow, kernelColumn in
      (kernelRow * layer.dilation - layer.padding, kernelColumn * layer.dilation - layer.padding)
    }
    let (height, width, stride) = (height, width, layer.stride)
    backwardPhases = (0..<min(stride, height)).flatMap { row in
      (0..<min(stride, width)).map { column in
        Phase(
          row: row, column: column, rows: (height - row + stride - 1) / stride,
          columns: (width - column + stride - 1) / stride,
          taps: TapList(layer) { kernelRow, kernelColumn in
            let r = row + layer.padding - kernelRow * layer.dilation
            let c = column + layer.padding - kernelColumn * layer.dilation
            guard r.isMultiple(of: stride), c.isMultiple(of: stride) else { return nil }
            return (r / stride, c / stride)
          })
      }
    }
  }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    let taps = layer.kernelHeight * layer.kernelWidth
    var shape = LaneCorrelation()
    shape.targetRows = Int64(outputHeight)
    shape.targetColumns = Int64(outputWidth)
    shape.targetChannelStride = Int64(outputHeight * outputWidth)
    shape.targetRowStride = Int64(outputWidth)
    shape.targetColumnStride = 1
    shape.sourceChannels = Int64(sourceChannels)
    shape.sourceRows = Int64(height)
    shape.sourceColumns = Int64(width)
    shape.sourceChannelStride = Int64(height * width)
    shape.sourceRowStride = Int64(width)
    shape.sourceColumnStride = 1
    shape.rowStep = Int64(layer.stride)
    shape.columnStep = Int64(layer.stride)
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
          bias: weights.bias.map { UnsafePointer($0) + channel }, into: output.channel(channel, ofColumn: column))
      }
    }
  }

  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0] else { return }
    let taps = layer.kernelHeight * layer.kernelWidth
    for phase in backwardPhases {
      var shape = LaneCorrelation()
      shape.targetRows = Int64(phase.rows)
      shape.targetColumns = Int64(phase.columns)
      shape.targetChannelStride = Int64(height * width)
      shape.targetRowStride = Int64(layer.stride * width)
      shape.targetColumnStride = Int64(layer.stride)
      shape.sourceChannels = Int64(targetChannels)
      shape.sourceRows = Int64(outputHeight)
      shape.sourceColumns = Int64(outputWidth)
      shape.sourceChannelStride = Int64(outputHeight * outputWidth)
      shape.sourceRowStride = Int64(outputWidth)
      shape.sourceColumnStride = 1
      shape.rowStep = 1
      shape.columnStep = 1
      shape.weightTargetStride = Int64(taps)
      shape.weightSourceStride = Int64(sourceChannels * taps)
      shape.accumulate = target.accumulate
      phase.taps.apply(to: &shape) { shape in
        nonisolated(unsafe) let whole = shape
        forEachColumn(of: gradient, channels: sourceChannels, context) { column, group, range in
          var part = whole
          part.targetChannels = Int64(range.count)
          let start = target.tensor.channel(group * sourceChannels + range.lowerBound, ofColumn: column)
          context.kernels.correlate(
            part, source: gradient.channel(group * targetChannels, ofColumn: column),
            weights: weights.weight + (group * targetChannels * sourceChannels + range.lowerBound) * taps, bias: nil,
            into: start + (phase.row * width + phase.column) * laneCount)
        }
      }
    }
  }

  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {
    guard let input = inputs[0] else { return }
    let chunks = weightGradientChunks(columns: gradient.columns)
    let chunkVectors = chunks.map(\.parameters).max() ?? 0
    let columns = gradient.columns, slots = gramSlotCount
    let factor = weights.weightFactor * weights.weightFactor
    // A slot's chunks run in order on one worker, which also owns the slot's scratch.
    let lanes = min(slots, chunks.count)
    nonisolated(unsafe) let scratch = context.pool.take(
      Scalar.self, count: lanes * columns * chunkVectors * laneCount)
    context.workers.forEach(lanes) { slot in
      let buffer = scratch + slot * columns * chunkVectors * laneCount
      for index in stride(from: slot, to: chunks.count, by: slots) {
        let chunk = chunks[index], columnStride = chunk.parameters * laneCount
        buffer.fillWithZeros(columns * columnStride)
        for column in 0..<columns {
          addWeightGradients(
            of: chunk, gradient, column: column, input, into: buffer + column * columnStride, context)
        }
        gram.add(buffer, parameters: chunk.parameters, columnStride: columnStride, factor: factor, slot: slot)
      }
    }
    context.pool.giveBack(scratch)
    if context.filter == .all, weights.bias != nil {
      accumulateChannelSums(of: gradient, factor: weights.biasFactor * weights.biasFactor, into: gram, context)
    }
  }

  // MARK: Weight gradients

  /// Some target channels of one group against some of its source channels: as many as keep the per-sample
  /// gradients of all columns in the second-level cache between being formed and multiplied out.
  private struct Chunk {
    var group: Int
    var targets: Range<Int>
    var sources: Range<Int>
    var taps: Int
    var parameters: Int { targets.count * sources.count * taps }
  }

  private func weightGradientChunks(columns: Int) -> [Chunk] {
    let taps = layer.kernelHeight * layer.kernelWidth
    let affordable = max(1, weightGradientCacheBytes / (columns * laneCount * MemoryLayout<Scalar>.stride))
    var sourceCount = sourceChannels
    let fewestTargets = min(4, targetChannels)
    if fewestTargets * sourceCount * taps > affordable {
      sourceCount = min(sourceChannels, max(2, affordable / (fewestTargets * taps) / 2 * 2))
    }
    // At least two chunks, so that two workers have something to do; multiples of the register tile.
    let most = max(fewestTargets, affordable / (sourceCount * taps) / 4 * 4)
    let targetCount = min(most, max(fewestTargets, (targetChannels + 1) / 2))
    var chunks: [Chunk] = []
    for group in 0..<layer.groups {
      for target in stride(from: 0, to: targetChannels, by: targetCount) {
        for source in stride(from: 0, to: sourceChannels, by: sourceCount) {
          chunks.append(
            Chunk(
              group: group, targets: target..<min(target + targetCount, targetChannels),
              sources: source..<min(source + sourceCount, sourceChannels), taps: taps))
        }
      }
    }
    return chunks
  }

  /// Adds one column's per-sample gradients, a strip of rows at a time so that the strip stays in cache while every
  /// tile passes over it.
  private func addWeightGradients(
    of chunk: Chunk, _ gradient: LaneTensor<Scalar>, column: Int, _ input: LaneTensor<Scalar>,
    into sums: UnsafeMutablePointer<Scalar>, _ context: PassContext<Scalar>
  ) {
    var shape = LaneWeightGradient()
    shape.targets = Int64(chunk.targets.count)
    shape.targetColumns = Int64(outputWidth)
    shape.targetChannelStride = Int64(outputHeight * outputWidth)
    shape.targetRowStride = Int64(outputWidth)
    shape.sources = Int64(chunk.sources.count)
    shape.sourceRows = Int64(height)
    shape.sourceColumns = Int64(width)
    shape.sourceChannelStride = Int64(height * width)
    shape.sourceRowStride = Int64(width)
    shape.stride = Int64(layer.stride)
    shape.dilation = Int64(layer.dilation)
    shape.padding = Int64(layer.padding)
    shape.kernelHeight = Int64(layer.kernelHeight)
    shape.kernelWidth = Int64(layer.kernelWidth)
    let source = input.channel(
      chunk.group * sourceChannels + chunk.sources.lowerBound, ofColumn: column % context.blocks)
    let outputGradient = gradient.channel(
      chunk.group * targetChannels + chunk.targets.lowerBound, ofColumn: column)
    let rowBytes =
      (chunk.targets.count * outputWidth + chunk.sources.count * width * layer.stride) * laneCount
      * MemoryLayout<Scalar>.stride
    let rows = max(4, (384 << 10) / max(1, rowBytes))
    for first in Swift.stride(from: 0, to: outputHeight, by: rows) {
      shape.firstRow = Int64(first)
      shape.endRow = Int64(min(first + rows, outputHeight))
      context.kernels.weightGradient(shape, source: source, outputGradient: outputGradient, into: sums)
    }
  }

  // MARK: Taps

  private struct Phase {
    var row, column, rows, columns: Int
    var taps: TapList
  }

  /// Calls `body` for every column, group and range of channels; channels are split only when there are fewer
  /// columns than workers. Every output is computed whole by one call, so splitting changes no bits.
  private func forEachColumn(
    of tensor: LaneTensor<Scalar>, channels: Int, _ context: PassContext<Scalar>,
    _ body: (_ column: Int, _ group: Int, _ range: Range<Int>) -> Void
  ) {
    let tile = 12
    let wanted = (2 * context.workers.threads + tensor.columns - 1) / tensor.columns
    let parts = context.workers.threads > 1 ? max(1, min(wanted, (channels + tile - 1) / tile)) : 1
    let part = ((channels + parts - 1) / parts + 5) / 6 * 6
    context.workers.forEach(tensor.columns * parts) { index in
      let start = index % parts * part, end = min(start + part, channels)
      guard start < end else { return }
      for group in 0..<layer.groups { body(index / parts, group, start..<end) }
    }
  }
}

/// The taps of a correlation: where each reads relative to the target position, and which weight it uses.
private struct TapList {
  private var rows: [Int32] = []
  private var columns: [Int32] = []
  private var weights: [Int32] = []

  /// `offset` gives each kernel position's offset, or nil when it does not take part.
  init(_ layer: Convolution, offset: (_ kernelRow: Int, _ kernelColumn: Int) -> (Int, Int)?) {
    for kernelRow in 0..<layer.kernelHeight {
      for kernelColumn in 0..<layer.kernelWidth {
        guard let (row, column) = offset(kernelRow, kernelColumn) else { continue }
        rows.append(Int32(row))
        columns.append(Int32(column))
        weights.append(Int32(kernelRow * layer.kernelWidth + kernelColumn))
      }
    }
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
