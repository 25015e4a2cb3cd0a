import CLaneKernels
import LaneKernels
import NetworkGraph

/// A two-dimensional convolution (cross-correlation) with stride, zero padding, dilation and groups.
///
/// Forward and backward are the same micro-kernel over lists of taps. Backward with stride s runs once for each of
/// the s² classes of input positions modulo s, each with the taps that reach it.
final class ConvolutionPass<Scalar: LaneScalar>: LanePass {
  let layer: Convolution
  private let input: TensorShape
  private let output: TensorShape
  let weights: LayerParameters<Scalar>
  private let height, width, outputHeight, outputWidth: Int
  let sourceChannels, targetChannels: Int
  private let winograd: WinogradConvolution?
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
    backwardPhases = (0..<min(stride, height)).flatMap { row in
      (0..<min(stride, width)).map { column in
        Phase(
          row: row, column: column, rows: (height - row + stride - 1) / stride,
          columns: (width - column + stride - 1) / stride,
          taps: TapList(
            layer, rows: Self.reachingTaps(layer.kernelHeight, position: row, layer),
            columns: Self.reachingTaps(layer.kernelWidth, position: column, layer)))
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

  func weightGradientChunks(columns: Int) -> WeightGradientChunks {
    WeightGradientChunks(
      layer, input: input, output: output, columns: columns, scalarBytes: MemoryLayout<Scalar>.stride)
  }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    if let winograd {
      winograd.forward(inputs[0], weights: weights.weight, bias: weights.bias, into: output, context)
      return
    }
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
          bias: weights.bias.map { UnsafePointer($0) + channel },
          into: output.channel(channel, ofColumn: column))
      }
    }
  }

  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    if let target = targets[0] { backward(gradient, weights: weights.weight, into: target, context) }
  }

  /// - Parameter weights: the layer's own, or those with a factor of each target channel multiplied in.
  func backward(
    _ gradient: LaneTensor<Scalar>, weights: UnsafeMutablePointer<Scalar>,
    into target: GradientTarget<Scalar>,
    _ context: PassContext<Scalar>
  ) {
    if let winograd { return winograd.backward(gradient, weights: weights, into: target, context) }
    nonisolated(unsafe) let weights = weights
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
            weights: weights + (group * targetChannels * sourceChannels + range.lowerBound) * taps, bias: nil,
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
    accumulateWeightGram(gradient, input: input, into: gram, context) { _, _, _ in }
    if context.filter == .all, weights.bias != nil {
      accumulateChannelSums(
        of: gradient, .bias, factor: weights.biasFactor * weights.biasFactor, into: gram, context)
    }
  }

  /// The share of the kernel weights. `transform` sees each chunk's per-sample gradients before they are multiplied
  /// out.
  func accumulateWeightGram(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>,
    transform: (
      _ chunk: WeightGradientChunks.Chunk, _ gradients: UnsafeMutablePointer<Scalar>, _ columnStride: Int
    )
      -> Void
  ) {
    let columns = context.isCoupled ? gram.blocks : gradient.columns
    let chunks = weightGradientChunks(columns: columns)
    let factor = weights.weightFactor * weights.weightFactor
    let slots = min(gramSlotCount, chunks.count)
    let chunkScalars = chunks.chunkVectors(columns: columns) * laneCount
    let transformScalars = chunks.transformVectors * laneCount
    nonisolated(unsafe) let buffers = context.pool.take(Scalar.self, count: slots * chunkScalars)
    nonisolated(unsafe) let transforms = context.pool.take(
      Scalar.self, count: min(gramSlotCount, max(slots, context.workers.threads)) * transformScalars)
    func form(
      _ chunk: WeightGradientChunks.Chunk, _ column: Int, _ sums: UnsafeMutablePointer<Scalar>, _ worker: Int
    ) {
      formWeightGradients(
        of: chunk, gradient, column: column, input, into: sums, transforms + worker * transformScalars,
        context)
    }
    func multiplyOut(_ chunk: WeightGradientChunks.Chunk, _ slot: Int, _ stopwatch: inout PhaseStopwatch?) {
      let parameters = chunk.targets.count * chunk.sources.count * chunks.taps
      let buffer = buffers + slot * chunkScalars
      transform(chunk, buffer, parameters * laneCount)
      stopwatch?.lap(.weightGradients)
      gram.add(
        buffer, parameters: parameters, columnStride: parameters * laneCount, factor: factor, slot: slot)
      stopwatch?.lap(.gram)
    }
    if !context.isCoupled, chunks.count < context.workers.threads {
      // Too few chunks to go round: their columns are formed by different workers.
      let items = chunks.count * columns
      let workers = min(gramSlotCount, context.workers.threads, items)
      context.forEachDivided(workers) { worker, stopwatch in
        for item in stride(from: worker, to: items, by: workers) {
          let (index, column) = item.quotientAndRemainder(dividingBy: columns)
          let vectors = chunks[index].targets.count * chunks[index].sources.count * chunks.taps * laneCount
          form(chunks[index], column, buffers + index * chunkScalars + column * vectors, worker)
        }
        stopwatch?.lap(.weightGradients)
      }
      context.forEachDivided(chunks.count) { index, stopwatch in
        multiplyOut(chunks[index], index, &stopwatch)
      }
    } else {
      // A slot's chunks run in order on one worker, which also owns the slot's scratch.
      context.forEachDivided(slots) { slot, stopwatch in
        for index in stride(from: slot, to: chunks.count, by: gramSlotCount) {
          let chunk = chunks[index]
          let parameters = chunk.targets.count * chunk.sources.count * chunks.taps
          let vectors = parameters * laneCount
          let buffer = buffers + slot * chunkScalars
          let sums = buffer + columns * vectors
          // Lanes beyond the directions stay zero.
          if context.isCoupled { buffer.fillWithZeros(columns * vectors) }
          for column in 0..<gradient.columns {
            guard context.isCoupled else {
              form(chunk, column, buffer + column * vectors, slot)
              continue
            }
            let (direction, block) = column.quotientAndRemainder(dividingBy: context.blocks)
            form(chunk, column, sums, slot)
            let place = buffer + direction / laneCount * vectors + direction % laneCount
            if block == context.blocks - 1 {
              context.kernels.sumLanes(vectors: parameters, sums, into: place)
            }
          }
          multiplyOut(chunk, slot, &stopwatch)
        }
      }
    }
    context.pool.giveBack(transforms)
    context.pool.giveBack(buffers)
    gram.close(.weight, slots: 0..<slots, context.workers)
  }

  // MARK: Weight gradients

  /// Forms one column's per-sample gradients, a strip of rows at a time so that the strip stays in cache while every
  /// tile passes over it.
  private func formWeightGradients(
    of chunk: WeightGradientChunks.Chunk, _ gradient: LaneTensor<Scalar>, column: Int,
    _ input: LaneTensor<Scalar>, into sums: UnsafeMutablePointer<Scalar>,
    _ transforms: UnsafeMutablePointer<Scalar>, _ context: PassContext<Scalar>
  ) {
    // The blocks of one direction add up where samples are coupled; all else is formed once.
    let accumulates = context.isCoupled && column % context.blocks > 0
    if let winograd {
      winograd.formWeightGradients(
        of: chunk, gradient, column: column, input, into: sums, accumulate: accumulates, transforms, context)
      return
    }
    if !accumulates {
      sums.fillWithZeros(chunk.targets.count * chunk.sources.count * taps * laneCount)
    }
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
