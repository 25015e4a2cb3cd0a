import CLaneKernels
import LaneKernels
import Testing

private let pools: [LanePooling] =
  [
    (2, 2, 0), (3, 1, 1), (3, 2, 1), (2, 3, 0), (3, 2, 2), (1, 2, 0), (5, 1, 4), (9, 4, 5),
  ].flatMap { withBothDivisors(kernel: $0, stride: $1, padding: $2, rows: 7, columns: 6) }
  // Maps of which every position is at an edge.
  + [(1, 1), (1, 2), (2, 1), (2, 3), (3, 1), (4, 2)].flatMap {
    withBothDivisors(kernel: 3, stride: 1, padding: 1, rows: $0, columns: $1)
  }

private func withBothDivisors(kernel: Int64, stride: Int64, padding: Int64, rows: Int64, columns: Int64)
  -> [LanePooling]
{
  [false, true].map { counts in
    let positions = { (size: Int64) in (size + 2 * padding - kernel) / stride + 1 }
    return LanePooling(
      channels: 3, targetRows: positions(rows), targetColumns: positions(columns), sourceRows: rows,
      sourceColumns: columns, kernel: kernel, stride: stride, padding: padding, countsPadding: counts)
  }
}

extension LanePooling {
  /// Source places of a window in one channel, row by row.
  fileprivate func window(_ row: Int, _ column: Int) -> [Int] {
    (0..<Int(kernel)).flatMap { i in
      (0..<Int(kernel)).compactMap { j in
        let r = row * Int(stride) + i - Int(padding)
        let c = column * Int(stride) + j - Int(padding)
        let isInside = (0..<Int(sourceRows)).contains(r) && (0..<Int(sourceColumns)).contains(c)
        return isInside ? r * Int(sourceColumns) + c : nil
      }
    }
  }

  fileprivate var sourceCount: Int { Int(sourceRows * sourceColumns) }
  fileprivate var targetCount: Int { Int(targetRows * targetColumns) }
}

@Test(arguments: pools.indices)
func poolingIsItsDefinition(index: Int) {
  checkPooling(pools[index], Float.self)
  checkPooling(pools[index], Double.self)
}

private func checkPooling<Scalar: LaneScalar>(_ pool: LanePooling, _ type: Scalar.Type) {
  var numbers = Numbers(7)
  let sources = 3 * pool.sourceCount * laneCount
  let targets = 3 * pool.targetCount * laneCount
  // Few distinct values: ties in most windows.
  let x = LaneBuffer<Scalar>(count: sources) { _ in Scalar((numbers.next() * 2).rounded()) }
  let dy = numbers.buffer(type, targets)
  let start = numbers.buffer(type, sources).values
  var maxima: [[Scalar]] = []
  var means: [[Scalar]] = []
  var byMaximum: [[Scalar]] = []
  var byMean: [[Scalar]] = []
  for (_, kernels) in kernelTables(type) {
    let y = LaneBuffer<Scalar>(count: targets)
    let average = LaneBuffer<Scalar>(count: targets)
    kernels.maxPool(pool, x.base, into: y.base)
    kernels.averagePool(pool, x.base, into: average.base)
    let dx = LaneBuffer(start)
    let averageGradient = LaneBuffer(start)
    kernels.maxPoolBackward(pool, x.base, y.base, dy.base, into: dx.base)
    kernels.averagePoolBackward(pool, dy.base, into: averageGradient.base, accumulate: true)
    let overwritten = LaneBuffer(start)
    kernels.averagePoolBackward(pool, dy.base, into: overwritten.base, accumulate: false)
    maxima.append(y.values)
    means.append(average.values)
    byMaximum.append(dx.values)
    byMean.append(averageGradient.values + overwritten.values)
  }
  for results in [maxima, means, byMaximum, byMean] {
    for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  }
  var expectedMaximum = start.map { Double($0) }
  var expectedMean = start.map { Double($0) }
  var overwritten = [Double](repeating: 0, count: sources)
  for channel in 0..<3 {
    for place in 0..<pool.targetCount {
      let members = pool.window(place / Int(pool.targetColumns), place % Int(pool.targetColumns))
      for lane in 0..<laneCount {
        let target = (channel * pool.targetCount + place) * laneCount + lane
        let source = { (member: Int) in (channel * pool.sourceCount + member) * laneCount + lane }
        var best = members[0]
        var sum = 0.0
        for member in members {
          if x.base[source(member)] > x.base[source(best)] { best = member }
          sum += Double(x.base[source(member)])
        }
        let divisor = pool.countsPadding ? Double(pool.kernel * pool.kernel) : Double(members.count)
        #expect(maxima[0][target] == x.base[source(best)])
        #expect(abs(Double(means[0][target]) - sum / divisor) < 20 * Double(Scalar.ulpOfOne))
        expectedMaximum[source(best)] += Double(dy.base[target])
        for member in members {
          expectedMean[source(member)] += Double(dy.base[target]) / divisor
          overwritten[source(member)] += Double(dy.base[target]) / divisor
        }
      }
    }
  }
  let tolerance = 200 * Double(Scalar.ulpOfOne)
  for (actual, expected) in [(byMaximum[0], expectedMaximum), (byMean[0], expectedMean + overwritten)] {
    for (a, b) in zip(actual, expected) where abs(Double(a) - b) > tolerance {
      Issue.record("\(a), expected \(b)")
    }
  }
}

@Test func nanWinsAMaximum() {
  let pool = LanePooling(
    channels: 1, targetRows: 1, targetColumns: 1, sourceRows: 2, sourceColumns: 2, kernel: 2, stride: 2,
    padding: 0,
    countsPadding: false)
  for place in 0..<4 {
    for (name, kernels) in kernelTables(Float.self) {
      let x = LaneBuffer<Float>(count: 64) { $0 / 16 == place && $0 % 16 == 3 ? .nan : Float($0) }
      let y = LaneBuffer<Float>(count: 16)
      kernels.maxPool(pool, x.base, into: y.base)
      #expect(y.values[3].isNaN, "\(name)")
      #expect(y.values[4] == 52, "\(name)")
    }
  }
}
