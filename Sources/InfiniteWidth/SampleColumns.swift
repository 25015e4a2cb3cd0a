/// Maps as the tiles read them: for each channel and position, the samples side by side; and as they came.
struct SampleColumns {
  let count: Int
  let channels: Int
  let positions: Int
  /// [sample][channel][position].
  let rows: [Double]
  /// [channel][position][sample].
  let columns: [Double]

  /// - Parameter samples: [sample][channel][position].
  init(_ samples: [Double], count: Int, channels: Int, positions: Int) {
    self.count = count
    self.channels = channels
    self.positions = positions
    rows = samples
    let width = channels * positions
    columns = [Double](unsafeUninitializedCapacity: samples.count) { target, filled in
      samples.withUnsafeBufferPointer { source in
        for place in 0..<width {
          for sample in 0..<count { target[place * count + sample] = source[sample * width + place] }
        }
      }
      filled = samples.count
    }
  }
}
