import CLaneKernels
import LaneKernels
import Testing

/// One call of `correlate`: channel counts around the register tiles, steps, taps inside and outside the map.
private struct Correlation: CustomTestStringConvertible {
  var targets: Int, sources: Int
  var targetRows: Int, targetColumns: Int, sourceRows: Int, sourceColumns: Int
  var step: Int
  /// Rows and columns of taps relative to step · target position.
  var taps: [(row: Int, column: Int)]

  var testDescription: String {
    "\(sources)→\(targets), \(sourceRows)×\(sourceColumns)→\(targetRows)×\(targetColumns), step \(step), "
      + "\(taps.count) taps"
  }
}

private func square(_ kernel: Int, padding: Int, dilation: Int = 1) -> [(row: Int, column: Int)] {
  (0..<kernel).flatMap { row in
    (0..<kernel).map { (row: row * dilation - padding, column: $0 * dilation - padding) }
  }
}

private let correlations: [Correlation] =
  [1, 2, 3, 5, 6, 7, 12, 13].map {
    Correlation(
      targets: $0, sources: 3, targetRows: 4, targetColumns: 7, sourceRows: 4, sourceColumns: 7, step: 1,
      taps: square(3, padding: 1))
  }
  + [1, 2, 3, 4, 5, 8, 9, 17].map {
    Correlation(
      targets: 7, sources: 2, targetRows: 2, targetColumns: $0, sourceRows: 3, sourceColumns: $0 + 1, step: 1,
      taps: square(2, padding: 0))
  }
  // Rows in more than one piece.
  + [33, 75].map {
    Correlation(
      targets: 5, sources: 3, targetRows: 5, targetColumns: $0, sourceRows: 7, sourceColumns: $0 + 2, step: 1,
      taps: square(3, padding: 0))
  } + [
    Correlation(
      targets: 4, sources: 2, targetRows: 3, targetColumns: 20, sourceRows: 7, sourceColumns: 42, step: 2,
      taps: square(3, padding: 0)),
    Correlation(
      targets: 5, sources: 2, targetRows: 4, targetColumns: 3, sourceRows: 7, sourceColumns: 5, step: 2,
      taps: square(3, padding: 1)),
    Correlation(
      targets: 4, sources: 3, targetRows: 3, targetColumns: 4, sourceRows: 7, sourceColumns: 9, step: 3,
      taps: square(5, padding: 2, dilation: 2)),
    Correlation(
      targets: 3, sources: 2, targetRows: 3, targetColumns: 3, sourceRows: 1, sourceColumns: 1, step: 1,
      taps: square(3, padding: 2)),
    // In place, as a matrix product: around panels and strips of positions.
    Correlation(
      targets: 8, sources: 8, targetRows: 5, targetColumns: 7, sourceRows: 5, sourceColumns: 7, step: 1,
      taps: square(1, padding: 0)),
    Correlation(
      targets: 21, sources: 19, targetRows: 3, targetColumns: 2, sourceRows: 3, sourceColumns: 2, step: 1,
      taps: square(1, padding: 0)),
    // Nothing reaches anything: zeros, or the bias alone.
    Correlation(
      targets: 3, sources: 2, targetRows: 2, targetColumns: 2, sourceRows: 2, sourceColumns: 2, step: 1,
      taps: []),
    Correlation(
      targets: 2, sources: 2, targetRows: 2, targetColumns: 5, sourceRows: 2, sourceColumns: 5, step: 1,
      taps: [(-9, 0), (0, 9), (0, -9), (7, 0)]),
    // No tap leaves the map: under a mask, what it lets through is listed, a few rows at a time.
    Correlation(
      targets: 3, sources: 3, targetRows: 11, targetColumns: 34, sourceRows: 13, sourceColumns: 36, step: 1,
      taps: square(3, padding: 0)),
    Correlation(
      targets: 2, sources: 6, targetRows: 5, targetColumns: 3, sourceRows: 11, sourceColumns: 7, step: 2,
      taps: square(2, padding: 0)),
    Correlation(
      targets: 3, sources: 1, targetRows: 2, targetColumns: 100, sourceRows: 4, sourceColumns: 102, step: 1,
      taps: square(3, padding: 0)),
    Correlation(
      targets: 24, sources: 1, targetRows: 3, targetColumns: 6, sourceRows: 5, sourceColumns: 8, step: 1,
      taps: square(3, padding: 0)),
    // As many rows, channels and weights as are not listed.
    Correlation(
      targets: 2, sources: 1, targetRows: 2, targetColumns: 1030, sourceRows: 4, sourceColumns: 1033, step: 1,
      taps: square(3, padding: 0)),
    Correlation(
      targets: 25, sources: 1, targetRows: 3, targetColumns: 6, sourceRows: 5, sourceColumns: 8, step: 1,
      taps: square(3, padding: 0)),
    Correlation(
      targets: 23, sources: 20, targetRows: 2, targetColumns: 2, sourceRows: 4, sourceColumns: 4, step: 1,
      taps: square(3, padding: 0)),
    // More taps than the kernel keeps on its stack.
    Correlation(
      targets: 2, sources: 1, targetRows: 3, targetColumns: 3, sourceRows: 14, sourceColumns: 14, step: 1,
      taps: square(12, padding: 0)),
  ]

@Test(arguments: correlations.indices)
func correlationIsItsDefinition(index: Int) {
  checkCorrelation(correlations[index], Float.self)
  checkCorrelation(correlations[index], Double.self)
}

private func checkCorrelation<Scalar: LaneScalar>(_ given: Correlation, _ type: Scalar.Type) {
  var numbers = Numbers(3)
  let taps = given.taps.count
  let source = numbers.buffer(type, given.sources * given.sourceRows * given.sourceColumns * laneCount)
  let weights = numbers.buffer(type, given.targets * given.sources * taps)
  let bias = numbers.buffer(type, given.targets)
  let places = given.targets * given.targetRows * given.targetColumns
  let start = numbers.buffer(type, places * laneCount).values
  let rows = given.taps.map { Int32($0.row) }
  let columns = given.taps.map { Int32($0.column) }
  let order = (0..<taps).reversed().map { Int32($0) }  // weights need not lie in the order of taps
  for (accumulate, hasBias) in [(false, true), (false, false), (true, false)] {
    var results: [[Scalar]] = []
    for (_, kernels) in kernelTables(type) {
      let target = LaneBuffer(start)
      withTaps(given, rows, columns, order, accumulate: accumulate) { shape in
        kernels.correlate(
          shape, source: source.base, weights: weights.base, bias: hasBias ? UnsafePointer(bias.base) : nil,
          into: target.base)
      }
      results.append(target.values)
    }
    for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
    for place in 0..<places {
      let channel = place / (given.targetRows * given.targetColumns)
      let row = place / given.targetColumns % given.targetRows
      let column = place % given.targetColumns
      for lane in 0..<laneCount {
        var sum =
          accumulate ? Double(start[place * laneCount + lane]) : hasBias ? Double(bias.base[channel]) : 0
        var magnitude = abs(sum)
        for s in 0..<given.sources {
          for (t, tap) in given.taps.enumerated() {
            let r = row * given.step + tap.row
            let c = column * given.step + tap.column
            guard (0..<given.sourceRows).contains(r), (0..<given.sourceColumns).contains(c) else { continue }
            let x = source.base[((s * given.sourceRows + r) * given.sourceColumns + c) * laneCount + lane]
            let w = weights.base[(channel * given.sources + s) * taps + Int(order[t])]
            sum += Double(w) * Double(x)
            magnitude += abs(Double(w) * Double(x))
          }
        }
        let error = abs(Double(results[0][place * laneCount + lane]) - sum)
        let allowed = magnitude * Double(Scalar.ulpOfOne) * Double(given.sources * taps + 2)
        if error > allowed { Issue.record("place \(place) lane \(lane): error \(error) > \(allowed)") }
      }
    }
  }
}

/// Under a mask, targets are what they are without one where it is positive, and nothing else; the columns of the
/// targets stand apart.
@Test(arguments: correlations.indices)
func correlationUnderAMaskIsPartOfIt(index: Int) {
  for apart in [1, 2] {
    checkMask(correlations[index], apart: apart, Float.self)
    checkMask(correlations[index], apart: apart, Double.self)
  }
}

/// - Parameter apart: from one target position to the next, as a stride's phases are.
private func checkMask<Scalar: LaneScalar>(_ given: Correlation, apart: Int, _ type: Scalar.Type) {
  var numbers = Numbers(7)
  let source = numbers.buffer(type, given.sources * given.sourceRows * given.sourceColumns * laneCount)
  let weights = numbers.buffer(type, given.targets * given.sources * given.taps.count)
  let places = given.targets * given.targetRows * given.targetColumns * apart
  // Not even a zero's sign changes where the mask is closed.
  let start = numbers.buffer(type, places * laneCount).values.map { abs($0) < 0.1 ? -0.0 : $0 }
  let mask = LaneBuffer<Scalar>(count: places) { _ in
    let value = numbers.next()
    return Scalar(value < -0.9 ? .nan : value < -0.8 ? value : value < -0.7 ? -0.0 : value < 0 ? 0 : value)
  }
  let order = given.taps.indices.map { Int32($0) }
  let run = { (kernels: Scalar.Kernels, start: [Scalar], mask: UnsafePointer<Scalar>?, accumulate: Bool) in
    let target = LaneBuffer(start)
    withTaps(
      given, given.taps.map { Int32($0.row) }, given.taps.map { Int32($0.column) }, order,
      accumulate: accumulate
    ) { whole in
      var shape = whole
      shape.targetColumnStride *= Int64(apart)
      shape.targetRowStride *= Int64(apart)
      shape.targetChannelStride *= Int64(apart)
      kernels.correlate(
        shape, source: source.base, weights: weights.base, bias: nil, mask: mask, into: target.base)
    }
    return target.values
  }
  for (_, kernels) in kernelTables(type) {
    let sums = run(kernels, start, nil, false)
    for accumulate in [false, true] {
      let expected = (0..<places * laneCount).map { index -> Scalar in
        let place = index / laneCount
        guard place.isMultiple(of: apart) else { return start[index] }
        let isOpen = mask.base[place] > 0
        return accumulate ? (isOpen ? start[index] + sums[index] : start[index]) : (isOpen ? sums[index] : 0)
      }
      #expect(isIdentical(run(kernels, start, mask.base, accumulate), expected))
    }
  }
}

private func withTaps(
  _ given: Correlation, _ rows: [Int32], _ columns: [Int32], _ weights: [Int32], accumulate: Bool,
  _ body: (LaneCorrelation) -> Void
) {
  rows.withUnsafeBufferPointer { rows in
    columns.withUnsafeBufferPointer { columns in
      weights.withUnsafeBufferPointer { weights in
        var shape = LaneCorrelation(
          from: LaneMap(channels: given.sources, rows: given.sourceRows, columns: given.sourceColumns),
          to: LaneMap(channels: given.targets, rows: given.targetRows, columns: given.targetColumns),
          step: given.step)
        shape.taps = Int64(given.taps.count)
        shape.tapRow = rows.baseAddress
        shape.tapColumn = columns.baseAddress
        shape.tapWeight = weights.baseAddress
        shape.weightTargetStride = Int64(given.sources * given.taps.count)
        shape.weightSourceStride = Int64(given.taps.count)
        shape.accumulate = accumulate
        body(shape)
      }
    }
  }
}

// MARK: Weight gradients

@Test(arguments: [1, 2, 3, 4, 5, 9], [(1, 1), (2, 3), (3, 1), (5, 2), (7, 1), (17, 1)])
func weightGradientsAreTheirDefinition(targets: Int, sources: (Int, Int)) {
  for (kernelHeight, kernelWidth, stride, dilation, padding) in [
    (3, 3, 1, 1, 1), (1, 1, 1, 1, 0), (1, 1, 2, 1, 0), (3, 3, 2, 1, 2), (5, 3, 1, 2, 2), (2, 4, 3, 1, 1),
    (1, 1, 1, 1, 2), (9, 8, 1, 1, 4),
  ] {
    var shape = LaneWeightGradient()
    shape.targets = Int64(targets)
    shape.sources = Int64(sources.0)
    (shape.sourceRows, shape.sourceColumns) = (9, 7 + Int64(sources.1))
    (shape.stride, shape.dilation, shape.padding) = (Int64(stride), Int64(dilation), Int64(padding))
    (shape.kernelHeight, shape.kernelWidth) = (Int64(kernelHeight), Int64(kernelWidth))
    checkWeightGradient(shape, Float.self)
    checkWeightGradient(shape, Double.self)
  }
}

/// Of maps that one sample's gradients take in several strips, with one tap a row as well.
@Test(arguments: [(3, 3, 1, 1), (1, 1, 1, 0), (3, 1, 2, 1)])
func weightGradientsOfLargerMapsAreTheirDefinition(
  kernelHeight: Int, kernelWidth: Int, stride: Int, padding: Int
) {
  var shape = LaneWeightGradient()
  (shape.targets, shape.sources) = (2, 2)
  (shape.sourceRows, shape.sourceColumns) = (77, 40)
  (shape.stride, shape.dilation, shape.padding) = (Int64(stride), 1, Int64(padding))
  (shape.kernelHeight, shape.kernelWidth) = (Int64(kernelHeight), Int64(kernelWidth))
  checkWeightGradient(shape, Float.self)
  checkWeightGradient(shape, Double.self)
}

private func checkWeightGradient<Scalar: LaneScalar>(_ given: LaneWeightGradient, _ type: Scalar.Type) {
  var shape = given
  var numbers = Numbers(4)
  let positions = { (size: Int64, kernel: Int64) -> Int64 in
    (size + 2 * given.padding - given.dilation * (kernel - 1) - 1) / given.stride + 1
  }
  let targetRows = positions(given.sourceRows, given.kernelHeight)
  shape.targetColumns = positions(given.sourceColumns, given.kernelWidth)
  shape.targetRowStride = shape.targetColumns
  shape.targetChannelStride = targetRows * shape.targetColumns
  shape.sourceRowStride = given.sourceColumns
  shape.sourceChannelStride = given.sourceRows * given.sourceColumns
  let source = numbers.buffer(type, Int(shape.sources * shape.sourceChannelStride) * laneCount)
  let gradient = numbers.buffer(type, Int(shape.targets * shape.targetChannelStride) * laneCount)
  let parameters = Int(shape.targets * shape.sources * shape.kernelHeight * shape.kernelWidth)
  let start = numbers.buffer(type, parameters * laneCount).values
  var results: [[Scalar]] = []
  for (_, kernels) in kernelTables(type) {
    let sums = LaneBuffer(start)
    // In two strips, as the engine does it.
    for (first, end) in [(Int64(0), targetRows / 2), (targetRows / 2, targetRows)] {
      (shape.firstRow, shape.endRow) = (first, end)
      kernels.weightGradient(shape, source: source.base, outputGradient: gradient.base, into: sums.base)
    }
    results.append(sums.values)
  }
  for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  expectWeightGradient(results[0], lanes: laneCount, shape, start, source, gradient)
  checkGradientOfSample(shape, start, gradient, type)
}

/// With one sample's scalars as the source, of which some are 0, and with few lanes that count.
private func checkGradientOfSample<Scalar: LaneScalar>(
  _ given: LaneWeightGradient, _ start: [Scalar], _ gradient: LaneBuffer<Scalar>, _ type: Scalar.Type
) {
  var shape = given
  shape.firstRow = 0
  var numbers = Numbers(5)
  let elements = Int(shape.sources * shape.sourceChannelStride)
  let sample = LaneBuffer<Scalar>(count: elements) { _ in
    let value = numbers.next()
    // Some of them negative, and zeros of both signs.
    return abs(value) < 0.25 ? -0.0 : abs(value) < 0.5 ? 0 : Scalar(value)
  }
  let source = LaneBuffer<Scalar>(count: elements * laneCount) { sample.base[$0 / laneCount] }
  let scratch = LaneBuffer<Scalar>(count: Int(shape.sampleLayout.scratch) * laneCount) { _ in .nan }
  let (bordered, origin, borderedShape) = inBorders(gradient, shape)
  for lanes in [3, 8, laneCount] {
    var results: [[Scalar]] = []
    for (_, kernels) in kernelTables(type) {
      let sums = LaneBuffer(start)
      kernels.weightGradientOfSample(
        borderedShape, lanes: lanes, source: sample.base, outputGradient: bordered.base + origin,
        into: sums.base, scratch: scratch.base,
        upcoming: [
          LaneUpcoming(start: sums.base, bytes: 999), LaneUpcoming(start: bordered.base, bytes: 4096),
        ])
      results.append(sums.values.enumerated().filter { $0.offset % laneCount < lanes }.map(\.element))
      expectWeightGradient(sums.values, lanes: lanes, shape, start, source, gradient)
    }
    for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  }
}

/// Target channels with as many zeros around them as one sample's gradients ask for, and beyond those what must not be
/// read; where the first position stands, and the shape.
private func inBorders<Scalar: LaneScalar>(
  _ gradient: LaneBuffer<Scalar>, _ shape: LaneWeightGradient
) -> (LaneBuffer<Scalar>, Int, LaneWeightGradient) {
  let layout = shape.sampleLayout
  var bordered = shape
  let rows = Int(layout.topRows + shape.endRow + layout.bottomRows)
  let columns = Int(layout.leftColumns + shape.targetColumns + layout.rightColumns)
  let (rowStride, channelStride) = (columns + 1, (rows + 2) * (columns + 1))
  let buffer = LaneBuffer<Scalar>(count: (Int(shape.targets) * channelStride + 1) * laneCount) { _ in .nan }
  for channel in 0..<Int(shape.targets) {
    for row in 0..<rows {
      for column in 0..<columns {
        let (r, c) = (row - Int(layout.topRows), column - Int(layout.leftColumns))
        let isInside = (0..<Int(shape.endRow)).contains(r) && (0..<Int(shape.targetColumns)).contains(c)
        let from = (channel * Int(shape.endRow) + r) * Int(shape.targetColumns) + c
        let to = channel * channelStride + (row + 1) * rowStride + column + 1
        for lane in 0..<laneCount {
          buffer.base[to * laneCount + lane] = isInside ? gradient.base[from * laneCount + lane] : 0
        }
      }
    }
  }
  bordered.targetRowStride = Int64(rowStride)
  bordered.targetChannelStride = Int64(channelStride)
  let origin = (Int(layout.topRows) + 1) * rowStride + Int(layout.leftColumns) + 1
  return (buffer, origin * laneCount, bordered)
}

/// That the first lanes are what the definition gives.
private func expectWeightGradient<Scalar: LaneScalar>(
  _ result: [Scalar], lanes: Int, _ shape: LaneWeightGradient, _ start: [Scalar],
  _ source: LaneBuffer<Scalar>, _ gradient: LaneBuffer<Scalar>
) {
  let targetRows = Int(shape.endRow)
  for parameter in 0..<start.count / laneCount {
    let kernelColumn = parameter % Int(shape.kernelWidth)
    let kernelRow = parameter / Int(shape.kernelWidth) % Int(shape.kernelHeight)
    let pair = parameter / Int(shape.kernelWidth * shape.kernelHeight)
    let (target, channel) = (pair / Int(shape.sources), pair % Int(shape.sources))
    for lane in 0..<lanes {
      var sum = Double(start[parameter * laneCount + lane])
      var magnitude = abs(sum)
      for row in 0..<targetRows {
        for column in 0..<Int(shape.targetColumns) {
          let r = row * Int(shape.stride) + kernelRow * Int(shape.dilation) - Int(shape.padding)
          let c = column * Int(shape.stride) + kernelColumn * Int(shape.dilation) - Int(shape.padding)
          guard (0..<Int(shape.sourceRows)).contains(r), (0..<Int(shape.sourceColumns)).contains(c) else {
            continue
          }
          let x = source.base[
            ((channel * Int(shape.sourceRows) + r) * Int(shape.sourceColumns) + c) * laneCount + lane]
          let dy = gradient.base[
            ((target * targetRows + row) * Int(shape.targetColumns) + column) * laneCount + lane]
          sum += Double(x) * Double(dy)
          magnitude += abs(Double(x) * Double(dy))
        }
      }
      let error = abs(Double(result[parameter * laneCount + lane]) - sum)
      if !(error <= magnitude * Double(Scalar.ulpOfOne) * 100) {
        Issue.record("parameter \(parameter): error \(error)")
      }
    }
  }
}

// MARK: Gram

@Test(arguments: [1, 2, 511, 512, 513, 1_100], [1, 2, 3, 4, 5, 7])
func gramIsItsDefinition(parameters: Int, blocks: Int) {
  checkGram(parameters, blocks, Float.self)
  checkGram(parameters, blocks, Double.self)
}

private func checkGram<Scalar: LaneScalar>(_ parameters: Int, _ blocks: Int, _ type: Scalar.Type) {
  var numbers = Numbers(5)
  let stride = (parameters + 3) * laneCount
  let outStride = blocks * laneCount + 5
  let a = numbers.buffer(type, parameters * laneCount)
  let b = numbers.buffer(type, blocks * stride)
  let start = numbers.buffer(Double.self, laneCount * outStride).values
  let results = kernelTables(type).map { _, kernels in
    let out = LaneBuffer(start)
    kernels.gram(
      parameters: parameters, a.base, b.base, blocks: blocks, bBlockStride: stride, factor: 0.75,
      into: out.base,
      outStride: outStride)
    return out.values
  }
  for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  for i in 0..<laneCount {
    for j in 0..<blocks * laneCount {
      var sum = 0.0
      for p in 0..<parameters {
        sum +=
          Double(a.base[p * laneCount + i])
          * Double(b.base[j / laneCount * stride + p * laneCount + j % laneCount])
      }
      let error = abs(results[0][i * outStride + j] - start[i * outStride + j] - 0.75 * sum)
      // Partial sums over at most 512 products each are in Scalar.
      let allowed = Double(Scalar.ulpOfOne) * 40 * Double(parameters).squareRoot() + 1e-13
      if error > allowed { Issue.record("(\(i), \(j)): error \(error) > \(allowed)") }
    }
    // What lies between the rows stays as it was.
    for j in blocks * laneCount..<outStride {
      #expect(results[0][i * outStride + j] == start[i * outStride + j])
    }
  }
}
