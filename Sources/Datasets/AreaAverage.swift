import NetworkGraph

/// Images brought to another resolution: each new pixel is the mean of the old image over the new pixel's area, where
/// the old image is constant over each of its pixels. By whole numbers it is average pooling.
struct AreaAverage {
  /// The old pixels that one new pixel covers, and how much of each, in units of 1/`to` of an old pixel.
  private struct Span {
    let first: Int
    let lengths: [Double]
  }

  private let rows: [Span]
  private let columns: [Span]
  private let source: ImageResolution
  /// The area of a new pixel in the units of the spans' products.
  private let area: Double

  init(from source: ImageResolution, to target: ImageResolution) {
    self.source = source
    rows = Self.spans(from: source.height, to: target.height)
    columns = Self.spans(from: source.width, to: target.width)
    area = Double(source.height) * Double(source.width)
  }

  /// One channel, row by row, of which no more than a row is held at once.
  ///
  /// - Parameter add: adds a row of the old image to a line of as many numbers, so many times each.
  func callAsFunction(_ add: (_ row: Int, _ weight: Double, _ line: inout [Double]) -> Void) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows.count * columns.count)
    var line = [Double](repeating: 0, count: source.width)
    for row in rows {
      for column in line.indices { line[column] = 0 }
      for (offset, length) in row.lengths.enumerated() {
        add(row.first + offset, length, &line)
      }
      for column in columns {
        var sum = 0.0
        for (offset, length) in column.lengths.enumerated() { sum += length * line[column.first + offset] }
        result.append(Float(sum / area))
      }
    }
    return result
  }

  /// Old pixel i covers [i·to, (i+1)·to) and new pixel o covers [o·from, (o+1)·from): whole numbers, so that equal
  /// parts are exactly equal.
  private static func spans(from: Int, to: Int) -> [Span] {
    (0..<to).map { output in
      let (low, high) = (output * from, (output + 1) * from)
      let (first, last) = (low / to, (high - 1) / to)
      return Span(
        first: first,
        lengths: (first...last).map { Double(min(high, ($0 + 1) * to) - max(low, $0 * to)) })
    }
  }
}

extension SampleRows {
  /// The same samples at another resolution, in single precision.
  /// - Throws: `DatasetError` when samples are no images, or the result exceeds the limits.
  func resized(
    to resolution: ImageResolution, name: String, limits: ReadLimits
  ) throws(DatasetError) -> SampleRows {
    guard case .maps(let channels, let height, let width) = shape else {
      throw .malformed(
        .init(file: name), problem: "samples of shape \(shape) are no images, which alone can be resized")
    }
    let bytes = checkedProduct([count, channels, resolution.height, resolution.width, 4])
    guard let bytes, bytes <= limits.maximumBytes else {
      throw .tooLarge(.init(file: name), bytes: bytes, limit: limits.maximumBytes)
    }
    let average = AreaAverage(from: ImageResolution(height: height, width: width), to: resolution)
    let positions = height * width
    var values: [Float] = []
    values.reserveCapacity(bytes / 4)
    for row in 0..<count {
      let stored = array.values(row * array.rowLength..<(row + 1) * array.rowLength)
      for channel in 0..<channels {
        let first = stored.startIndex + channel * positions
        values += average { row, weight, line in
          let start = first + row * width
          for column in line.indices { line[column] += weight * stored[start + column] }
        }
      }
    }
    return try SampleRows(
      array: EncodedArray(
        shape: [count, channels, resolution.height, resolution.width], values: values, name: name),
      labels: labels, divisor: divisor, name: name)
  }
}

extension EncodedArray {
  /// Numbers that were computed.
  init(shape: [Int], values: [Float], name: String) throws(DatasetError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * values.count)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
    guard let array = EncodedArray(shape: shape, elementType: .float32, bytes: bytes) else {
      throw .malformed(.init(file: name), problem: "\(values.count) numbers do not fill the shape \(shape)")
    }
    self = array
  }
}
