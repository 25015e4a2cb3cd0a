import CLaneKernels
import LaneKernels
import NetworkGraph

/// A convolution's share of the kernel: gradients by the weights, formed a chunk at a time and multiplied out.
extension ConvolutionPass {
  /// What is done to a chunk's gradients, `columnStride` scalars apart, before they are multiplied out.
  typealias ChunkTransform = (
    _ chunk: WeightGradientChunks.Chunk, _ gradients: UnsafeMutablePointer<Scalar>, _ columnStride: Int
  ) -> Void

  func weightGradientChunks(columns: Int) -> WeightGradientChunks {
    WeightGradientChunks(
      layer, input: input, output: output, columns: columns, scalarBytes: MemoryLayout<Scalar>.stride)
  }

  /// Adds the share of the kernel weights.
  func accumulateWeightGram(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>, transform: ChunkTransform
  ) {
    if context.isCoupled {
      accumulateCoupled(gradient, input: input, into: gram, context, transform)
    } else {
      accumulateIndependent(gradient, input: input, into: gram, context, transform)
    }
  }

  /// Where samples are independent, each column's gradients are those of its lanes.
  private func accumulateIndependent(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>, _ transform: ChunkTransform
  ) {
    let columns = gradient.columns
    let chunks = weightGradientChunks(columns: columns)
    let slots = min(gramSlotCount, chunks.count)
    let chunkScalars = columns * chunks.parametersPerChunk * laneCount
    let formers = min(gramSlotCount, max(slots, context.workers.threads))
    nonisolated(unsafe) let buffers = context.pool.take(Scalar.self, count: slots * chunkScalars)
    nonisolated(unsafe) let transforms = context.pool.take(
      Scalar.self, count: formers * chunks.transformScalars)
    func form(_ index: Int, slot: Int, column: Int, former: Int) {
      let chunk = chunks[index]
      formWeightGradients(
        of: chunk, chunks, gradient, column: column, input,
        into: buffers + slot * chunkScalars + column * chunks.scalars(of: chunk),
        transforms + former * chunks.transformScalars, context)
    }
    func multiplyOut(_ index: Int, slot: Int, _ stopwatch: inout PhaseStopwatch?) {
      self.multiplyOut(
        chunks, chunks[index], buffers + slot * chunkScalars, slot: slot, into: gram, &stopwatch, transform)
    }
    if chunks.count == slots, slots < context.workers.threads {
      // Too few chunks to go round: their columns are formed by different workers.
      let items = chunks.count * columns
      let workers = min(formers, items)
      context.forEachDivided(workers) { worker, stopwatch in
        for item in stride(from: worker, to: items, by: workers) {
          form(item / columns, slot: item / columns, column: item % columns, former: worker)
        }
        stopwatch?.lap(.weightGradients)
      }
      context.forEachDivided(chunks.count) { index, stopwatch in
        multiplyOut(index, slot: index, &stopwatch)
      }
    } else {
      // A slot's chunks run in order on one worker, which also owns the slot's scratch.
      context.forEachDivided(slots) { slot, stopwatch in
        for index in stride(from: slot, to: chunks.count, by: gramSlotCount) {
          for column in 0..<columns { form(index, slot: slot, column: column, former: slot) }
          multiplyOut(index, slot: slot, &stopwatch)
        }
      }
    }
    context.pool.giveBack(transforms)
    context.pool.giveBack(buffers)
    gram.close(.weight, slots: 0..<slots, context.workers)
  }

  /// Where samples are coupled, a direction's gradients are sums over all samples, and directions stand in the lanes
  /// of what is multiplied out: chunk by chunk when all directions run together, else when the last have.
  private func accumulateCoupled(
    _ gradient: LaneTensor<Scalar>, input: LaneTensor<Scalar>, into gram: GramAccumulator<Scalar>,
    _ context: PassContext<Scalar>, _ transform: ChunkTransform
  ) {
    let chunks = weightGradientChunks(columns: gram.blocks)
    let slots = min(gramSlotCount, chunks.count)
    let parts = chunks.sampleParts(of: context.samples)
    let partScalars = gram.blocks * chunks.parametersPerChunk * laneCount
    let gathers = gram.gathersRows
    nonisolated(unsafe) let buffers =
      gathers
      ? gram.rows(of: .weight, count: chunks.count * parts * partScalars)
      : context.pool.take(Scalar.self, count: slots * parts * partScalars)
    if !gathers { buffers.fillWithZeros(slots * parts * partScalars) }
    let firstBlock = gram.firstDirection / laneCount
    let runs = gradient.runsOfDirections(samples: context.samples)
    // The parts that some of these columns belong to.
    let atWork = Set((0..<gradient.columns).map { context.sample(of: $0, gradient) % parts }).sorted()
    let scratchScalars = chunks.sampleScratchVectors * laneCount
    nonisolated(unsafe) let scratch = context.pool.take(
      Scalar.self, count: slots * atWork.count * scratchScalars)
    func buffer(_ index: Int, slot: Int) -> UnsafeMutablePointer<Scalar> {
      buffers + (gathers ? index : slot) * parts * partScalars
    }
    /// Adds the gradients of every sample of one part.
    func form(_ index: Int, slot: Int, part: Int, _ lists: UnsafeMutablePointer<Scalar>) {
      let chunk = chunks[index]
      let shape = chunks.shape(
        targets: chunk.targets.count, sources: chunk.sources.count, border: gradientBorder)
      let copy =
        gradient.border == gradientBorder
        ? nil
        : LaneTensor(
          base: lists + Int(shape.sampleLayout.scratch) * laneCount,
          shape: .maps(channels: chunk.targets.count, height: outputHeight, width: outputWidth), columns: 1,
          border: gradientBorder)
      copy?.clearBorder()
      for run in runs {
        let place =
          buffer(index, slot: slot) + part * partScalars + (firstBlock + run.block)
          * chunks.scalars(of: chunk)
        let lanes = min(laneCount, gram.directionCount - run.block * laneCount)
        for column in run.columns {
          let sample = context.sample(of: column, gradient)
          guard sample % parts == part else { continue }
          var outputGradient = gradient.channel(
            chunk.group * targetChannels + chunk.targets.lowerBound, ofColumn: column)
          if let copy {
            copyRows(of: outputGradient, to: copy)
            outputGradient = copy.column(0)
          }
          context.kernels.weightGradientOfSample(
            shape, lanes: lanes,
            source: input.channel(chunk.group * sourceChannels + chunk.sources.lowerBound, ofColumn: sample),
            outputGradient: outputGradient, into: place, scratch: lists,
            upcoming: upcoming(column, share: index, of: chunks.count, context))
        }
      }
    }
    func finish(_ index: Int, slot: Int, _ stopwatch: inout PhaseStopwatch?) {
      let buffer = buffer(index, slot: slot)
      for part in 1..<max(1, parts) {
        context.kernels.affine(
          vectors: partScalars / laneCount, factor: 1, offset: 0, buffer + part * partScalars, into: buffer,
          accumulate: true)
      }
      multiplyOut(chunks, chunks[index], buffer, slot: slot, into: gram, &stopwatch, transform)
      if !gathers { buffer.fillWithZeros(parts * partScalars) }
    }
    if parts > 1 {
      // Too few chunks to go round: their samples are shared out, and every chunk has a slot.
      context.forEachDivided(slots * atWork.count) { piece, stopwatch in
        let (slot, part) = piece.quotientAndRemainder(dividingBy: atWork.count)
        form(slot, slot: slot, part: atWork[part], scratch + piece * scratchScalars)
        stopwatch?.lap(.weightGradients)
      }
      if gram.isComplete {
        context.forEachDivided(slots) { slot, stopwatch in finish(slot, slot: slot, &stopwatch) }
      }
    } else {
      context.forEachDivided(slots) { slot, stopwatch in
        for index in stride(from: slot, to: chunks.count, by: gramSlotCount) {
          form(index, slot: slot, part: 0, scratch + slot * scratchScalars)
          stopwatch?.lap(.weightGradients)
          if gram.isComplete { finish(index, slot: slot, &stopwatch) }
        }
      }
    }
    context.pool.giveBack(scratch)
    if !gathers { context.pool.giveBack(buffers) }
    guard gram.isComplete else { return }
    if gathers { gram.giveBackRows(of: .weight) }
    gram.close(.weight, slots: 0..<slots, context.workers)
  }

  /// A chunk's share of what is fetched along with a column.
  private func upcoming(
    _ column: Int, share: Int, of shares: Int, _ context: PassContext<Scalar>
  ) -> [LaneUpcoming] {
    context.upcoming.compactMap { tensor in
      guard column < tensor.columns else { return nil }
      let (start, end) = (tensor.columnStride * share / shares, tensor.columnStride * (share + 1) / shares)
      return LaneUpcoming(
        start: tensor.base + column * tensor.columnStride + start,
        bytes: Int64((end - start) * MemoryLayout<Scalar>.stride))
    }
  }

  /// Copies a chunk's target channels to where they have borders.
  private func copyRows(of gradient: UnsafeMutablePointer<Scalar>, to target: LaneTensor<Scalar>) {
    for channel in 0..<target.shape.channels {
      for row in 0..<outputHeight {
        (target.channel(channel, ofColumn: 0) + row * target.rowStride * laneCount).update(
          from: gradient + (channel * outputHeight + row) * outputWidth * laneCount,
          count: outputWidth * laneCount)
      }
    }
  }

  private func multiplyOut(
    _ chunks: WeightGradientChunks, _ chunk: WeightGradientChunks.Chunk,
    _ buffer: UnsafeMutablePointer<Scalar>,
    slot: Int, into gram: GramAccumulator<Scalar>, _ stopwatch: inout PhaseStopwatch?,
    _ transform: ChunkTransform
  ) {
    let scalars = chunks.scalars(of: chunk)
    transform(chunk, buffer, scalars)
    stopwatch?.lap(.weightGradients)
    gram.add(
      buffer, parameters: scalars / laneCount, columnStride: scalars,
      factor: weights.weightFactor * weights.weightFactor, slot: slot)
    stopwatch?.lap(.gram)
  }

  /// Forms one column's per-sample gradients, a strip of rows at a time so that the strip stays in cache while every
  /// tile passes over it.
  private func formWeightGradients(
    of chunk: WeightGradientChunks.Chunk, _ chunks: WeightGradientChunks, _ gradient: LaneTensor<Scalar>,
    column: Int, _ input: LaneTensor<Scalar>, into sums: UnsafeMutablePointer<Scalar>,
    _ transforms: UnsafeMutablePointer<Scalar>, _ context: PassContext<Scalar>
  ) {
    if let winograd {
      winograd.formWeightGradients(
        of: chunk, gradient, column: column, input, into: sums, transforms, context)
      return
    }
    sums.fillWithZeros(chunk.targets.count * chunk.sources.count * taps * laneCount)
    var shape = chunks.shape(targets: chunk.targets.count, sources: chunk.sources.count)
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
}
