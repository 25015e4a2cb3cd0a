import CLaneKernels

/// The extent of maps in the lane layout [channel][row][column][lane]. Strides follow from it, counted in vectors.
package struct LaneMap: Sendable {
  package var channels: Int
  package var rows: Int
  package var columns: Int

  package init(channels: Int, rows: Int, columns: Int) {
    self.channels = channels
    self.rows = rows
    self.columns = columns
  }

  /// Vectors of one channel.
  package var positions: Int { rows * columns }
  /// Vectors of all channels.
  package var vectors: Int { channels * positions }
}

extension LaneCorrelation {
  /// Between whole maps, target positions `step` source positions apart. Taps and the weights' strides are still to be
  /// filled in.
  package init(from source: LaneMap, to target: LaneMap, step: Int = 1) {
    self.init()
    targetChannels = Int64(target.channels)
    targetRows = Int64(target.rows)
    targetColumns = Int64(target.columns)
    targetChannelStride = Int64(target.positions)
    targetRowStride = Int64(target.columns)
    targetColumnStride = 1
    sourceChannels = Int64(source.channels)
    sourceRows = Int64(source.rows)
    sourceColumns = Int64(source.columns)
    sourceChannelStride = Int64(source.positions)
    sourceRowStride = Int64(source.columns)
    sourceColumnStride = 1
    rowStep = Int64(step)
    columnStep = Int64(step)
  }
}

extension LaneWeightGradient {
  /// Of a convolution between whole maps with kernels of `kernelHeight` × `kernelWidth`, over all target rows.
  package init(
    from source: LaneMap, to target: LaneMap, kernelHeight: Int, kernelWidth: Int, stride: Int = 1,
    dilation: Int = 1, padding: Int
  ) {
    self.init()
    targets = Int64(target.channels)
    targetColumns = Int64(target.columns)
    targetChannelStride = Int64(target.positions)
    targetRowStride = Int64(target.columns)
    endRow = Int64(target.rows)
    sources = Int64(source.channels)
    sourceRows = Int64(source.rows)
    sourceColumns = Int64(source.columns)
    sourceChannelStride = Int64(source.positions)
    sourceRowStride = Int64(source.columns)
    self.stride = Int64(stride)
    self.dilation = Int64(dilation)
    self.padding = Int64(padding)
    self.kernelHeight = Int64(kernelHeight)
    self.kernelWidth = Int64(kernelWidth)
  }

  /// What `weightGradientOfSample` reads around each target channel, and the scratch it takes.
  package var sampleLayout: LaneSampleGradient { withUnsafePointer(to: self) { laneSampleGradient($0) } }

  /// The same gradients where each target channel stands within the zeros that `sampleLayout` asks for.
  package var bordered: LaneWeightGradient {
    let layout = sampleLayout
    var shape = self
    shape.targetRowStride = layout.leftColumns + targetColumns + layout.rightColumns
    shape.targetChannelStride = shape.targetRowStride * (layout.topRows + endRow + layout.bottomRows)
    return shape
  }

  /// Vectors from the start of a bordered channel to its first position.
  package var borderedOrigin: Int {
    let layout = sampleLayout
    return Int(layout.topRows * bordered.targetRowStride + layout.leftColumns)
  }
}

extension LaneWinograd {
  /// Between whole maps, over all target rows.
  package init(from source: LaneMap, to target: LaneMap, padding: Int) {
    self.init()
    targetChannels = Int64(target.channels)
    targetRows = Int64(target.rows)
    targetColumns = Int64(target.columns)
    targetChannelStride = Int64(target.positions)
    sourceChannels = Int64(source.channels)
    sourceRows = Int64(source.rows)
    sourceColumns = Int64(source.columns)
    sourceChannelStride = Int64(source.positions)
    self.padding = Int64(padding)
    endRow = Int64(target.rows)
  }
}

extension LanePooling {
  /// - Parameter countsPadding: whether an average divides by kernel² at the border too.
  package init(
    from source: LaneMap, to target: LaneMap, kernel: Int, stride: Int, padding: Int,
    countsPadding: Bool = false
  ) {
    self.init(
      channels: Int64(source.channels), targetRows: Int64(target.rows), targetColumns: Int64(target.columns),
      sourceRows: Int64(source.rows), sourceColumns: Int64(source.columns), kernel: Int64(kernel),
      stride: Int64(stride), padding: Int64(padding), countsPadding: countsPadding)
  }
}
