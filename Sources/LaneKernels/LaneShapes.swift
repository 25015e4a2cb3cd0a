import CLaneKernels

/// Rows and columns around each channel of a map.
package struct MapBorder: Hashable, Sendable {
  package var top = 0
  package var bottom = 0
  package var left = 0
  package var right = 0

  package init() {}

  package var isEmpty: Bool { self == MapBorder() }

  /// Positions of a channel with its border; of a hostile map large, where whole numbers would overflow.
  package func positions(rows: Int, columns: Int) -> Double {
    (Double(rows) + Double(top) + Double(bottom)) * (Double(columns) + Double(left) + Double(right))
  }
}

/// The extent of maps in the lane layout [channel][row][column][lane]. Strides follow from it, counted in vectors.
package struct LaneMap: Sendable {
  package var channels: Int
  package var rows: Int
  package var columns: Int
  /// Memory around each channel, which counts in strides alone.
  package var border = MapBorder()

  package init(channels: Int, rows: Int, columns: Int, border: MapBorder = MapBorder()) {
    self.channels = channels
    self.rows = rows
    self.columns = columns
    self.border = border
  }

  /// Vectors of one channel, without its border.
  package var positions: Int { rows * columns }
  /// Vectors of all channels, without borders.
  package var vectors: Int { channels * positions }
  /// Vectors from one row to the next, and from one channel to the next.
  package var rowStride: Int { columns + border.left + border.right }
  package var channelStride: Int { (rows + border.top + border.bottom) * rowStride }
}

extension LaneCorrelation {
  /// Between whole maps, target positions `step` source positions apart. Taps and the weights' strides are still to be
  /// filled in.
  package init(from source: LaneMap, to target: LaneMap, step: Int = 1) {
    self.init()
    targetChannels = Int64(target.channels)
    targetRows = Int64(target.rows)
    targetColumns = Int64(target.columns)
    targetChannelStride = Int64(target.channelStride)
    targetRowStride = Int64(target.rowStride)
    targetColumnStride = 1
    sourceChannels = Int64(source.channels)
    sourceRows = Int64(source.rows)
    sourceColumns = Int64(source.columns)
    sourceChannelStride = Int64(source.channelStride)
    sourceRowStride = Int64(source.rowStride)
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
    targetChannelStride = Int64(target.channelStride)
    targetRowStride = Int64(target.rowStride)
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
}

extension LaneSampleGradient {
  /// What must surround each target channel.
  package var border: MapBorder {
    var border = MapBorder()
    (border.top, border.bottom) = (Int(topRows), Int(bottomRows))
    (border.left, border.right) = (Int(leftColumns), Int(rightColumns))
    return border
  }
}

extension LaneWinograd {
  /// Between whole maps, over all targets.
  package init(from source: LaneMap, to target: LaneMap, padding: Int) {
    self.init()
    targetChannels = Int64(target.channels)
    targetRows = Int64(target.rows)
    targetColumns = Int64(target.columns)
    targetChannelStride = Int64(target.positions)
    sourceChannels = Int64(source.channels)
    sourceRows = Int64(source.rows)
    sourceColumns = Int64(source.columns)
    sourceChannelStride = Int64(source.channelStride)
    sourceRowStride = Int64(source.rowStride)
    self.padding = Int64(padding)
    (endRow, endColumn) = (targetRows, targetColumns)
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
