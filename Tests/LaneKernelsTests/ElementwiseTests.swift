import CLaneKernels
import LaneKernels
import Testing

// Elementwise kernels and sums do one rounding an operation, in order: plain loops give the same bits.

@Test func elementwiseKernelsAreTheirDefinitions() {
  checkElementwise(Float.self)
  checkElementwise(Double.self)
}

private func checkElementwise<Scalar: LaneScalar>(_ type: Scalar.Type) {
  for vectors in [0, 1, 2, 3, 7, 16, 33] {
    var numbers = Numbers(UInt64(vectors) + 1)
    let count = vectors * laneCount
    let x = numbers.buffer(type, count)
    let y = numbers.buffer(type, count)
    let start = numbers.buffer(type, count).values
    let slopes = numbers.buffer(type, laneCount)
    let offsets = numbers.buffer(type, laneCount)
    let factor = Scalar(numbers.next())
    let offset = Scalar(numbers.next())
    for (name, kernels) in kernelTables(type) {
      for accumulate in [false, true] {
        let run = { (body: (UnsafeMutablePointer<Scalar>) -> Void) -> [Scalar] in
          let out = LaneBuffer(start)
          body(out.base)
          return out.values
        }
        let expected = { (value: (Int) -> Scalar) -> [Scalar] in
          (0..<count).map { accumulate ? start[$0] + value($0) : value($0) }
        }
        let affine = run {
          kernels.affine(
            vectors: vectors, factor: factor, offset: offset, x.base, into: $0, accumulate: accumulate)
        }
        #expect(isIdentical(affine, expected { offset.addingProduct(x.base[$0], factor) }), "\(name)")
        let product = run {
          kernels.product(vectors: vectors, x.base, y.base, into: $0, accumulate: accumulate)
        }
        #expect(isIdentical(product, expected { x.base[$0] * y.base[$0] }), "\(name)")
        // Lanes are directions: of one sample's scalars, the first of x, each stands for a vector.
        let combined = run {
          kernels.combineOfSample(
            rows: 1, columns: vectors, factor, y.base, slopes.base, x.base, offsets.base, into: $0,
            rowStride: vectors, accumulate: accumulate)
        }
        let combination = { (place: Int) -> Scalar in
          offsets.base[place % laneCount].addingProduct(
            slopes.base[place % laneCount], x.base[place / laneCount]
          )
          .addingProduct(factor, y.base[place])
        }
        #expect(isIdentical(combined, expected(combination)), "\(name)")
        let rectified = run {
          kernels.rectifyOfSample(vectors: vectors, x.base, y.base, into: $0, accumulate: accumulate)
        }
        #expect(
          isIdentical(rectified, expected { x.base[$0 / laneCount] > 0 ? y.base[$0] : 0 }), "\(name)")
        if vectors > 0 {
          let spread = run {
            kernels.spread(vectors: vectors, factor: factor, x.base, into: $0, accumulate: accumulate)
          }
          #expect(isIdentical(spread, expected { x.base[$0 % laneCount] * factor }), "\(name)")
        }
      }
      checkSums(x, y, name, kernels)
    }
  }
}

/// In double throughout, or sixteen at a time in Scalar and those in double, as each kernel says.
private func checkSums<Scalar: LaneScalar>(
  _ x: LaneBuffer<Scalar>, _ y: LaneBuffer<Scalar>, _ name: String, _ kernels: Scalar.Kernels
) {
  let start = (0..<laneCount).map { Double($0) * 0.125 }
  var sum = start
  var squares = start
  var dotSum = start
  var product = start
  var alone = start
  var weighted = start
  kernels.moments(vectors: x.vectors, center: 0.375, x.base, sum: &sum, squares: &squares)
  kernels.dot(vectors: x.vectors, x.base, y.base, sum: &dotSum, product: &product)
  kernels.sum(vectors: x.vectors, y.base, into: &alone)
  kernels.weightedSum(vectors: x.vectors, weights: y.base, x.base, sum: &weighted)
  checkSamples(x, y, name, kernels)
  for lane in 0..<laneCount {
    var moments = (start[lane], start[lane])
    var dot = moments
    var weightedSum = start[lane]
    var partial = (Scalar(0), Scalar(0))
    for vector in 0..<x.vectors {
      let a = x.base[vector * laneCount + lane]
      let b = y.base[vector * laneCount + lane]
      let deviation = Double(a) - 0.375
      moments = (moments.0 + deviation, moments.1.addingProduct(deviation, deviation))
      weightedSum = weightedSum.addingProduct(Double(y.base[vector]), Double(a))
      partial = (partial.0 + b, partial.1.addingProduct(a, b))
      if vector % 16 == 15 || vector == x.vectors - 1 {
        dot = (dot.0 + Double(partial.0), dot.1 + Double(partial.1))
        partial = (0, 0)
      }
    }
    #expect((sum[lane], squares[lane]) == moments, "\(name)")
    #expect((dotSum[lane], product[lane]) == dot, "\(name)")
    #expect(alone[lane] == dot.0, "\(name)")
    #expect(weighted[lane] == weightedSum, "\(name)")
  }
}

/// The kernels between samples in lanes and samples one after another.
private func checkSamples<Scalar: LaneScalar>(
  _ x: LaneBuffer<Scalar>, _ y: LaneBuffer<Scalar>, _ name: String, _ kernels: Scalar.Kernels
) {
  let lanes = 11
  let separated = LaneBuffer<Scalar>(count: x.vectors * lanes)
  kernels.separateSamples(vectors: x.vectors, lanes: lanes, x.base, into: separated.base)
  let expected = (0..<lanes).flatMap { lane in (0..<x.vectors).map { x.base[$0 * laneCount + lane] } }
  #expect(isIdentical(separated.values, expected), "\(name)")

  let repeated = LaneBuffer<Scalar>(count: x.count)
  kernels.repeatLanes(vectors: x.vectors, separated.base, into: repeated.base)
  #expect(
    isIdentical(repeated.values, (0..<x.count).map { separated.base[$0 / laneCount] }), "\(name)")

  var (sum, product) = (
    [Double](repeating: 0.5, count: laneCount), [Double](repeating: 0.25, count: laneCount)
  )
  var (repeatedSum, repeatedProduct) = (sum, product)
  kernels.dotOfSample(vectors: x.vectors, separated.base, y.base, sum: &sum, product: &product)
  kernels.dot(vectors: x.vectors, repeated.base, y.base, sum: &repeatedSum, product: &repeatedProduct)
  #expect(sum == repeatedSum && product == repeatedProduct, "\(name)")
}

// MARK: Finiteness

@Test func onlyTheGivenLanesAreSearchedForNumbersThatAreNotFinite() {
  checkFiniteness(Float.self)
  checkFiniteness(Double.self)
}

private func checkFiniteness<Scalar: LaneScalar>(_ type: Scalar.Type) {
  for (name, kernels) in kernelTables(type) {
    for bad in [Scalar.nan, .infinity, -.infinity] {
      for lane in [0, 5, 15] {
        let x = LaneBuffer<Scalar>(count: 5 * laneCount) {
          $0 == 3 * laneCount + lane ? bad : .greatestFiniteMagnitude
        }
        #expect(kernels.allFinite(vectors: 5, lanes: lane, x.base), "\(name)")
        #expect(!kernels.allFinite(vectors: 5, lanes: lane + 1, x.base), "\(name)")
        #expect(kernels.allFinite(vectors: 3, lanes: 16, x.base), "\(name)")
      }
    }
  }
}

// MARK: Per-sample normalization

@Test(arguments: [1, 2, 5], [1, 6, 35])
func normalizationIsItsDefinition(channels: Int, positions: Int) {
  checkNormalization(channels, positions, Float.self)
  checkNormalization(channels, positions, Double.self)
}

private func checkNormalization<Scalar: LaneScalar>(_ channels: Int, _ positions: Int, _ type: Scalar.Type) {
  var numbers = Numbers(6)
  let count = channels * positions * laneCount
  let members = Double(channels * positions)
  let epsilon = 0.01
  let x = numbers.buffer(type, count)
  let dy = numbers.buffer(type, count)
  let start = numbers.buffer(type, count).values
  let gamma = numbers.buffer(type, channels)
  let beta = numbers.buffer(type, channels)
  var results: [[Scalar]] = []
  var gradients: [[Scalar]] = []
  var statistics: [[Double]] = []
  for (_, kernels) in kernelTables(type) {
    var mean = [Double](repeating: 0, count: laneCount)
    var inverse = mean
    let y = LaneBuffer<Scalar>(count: count)
    kernels.normalize(
      channels: channels, positions: positions, lanes: 5, epsilon: epsilon, gamma: gamma.base,
      beta: beta.base, x.base, into: y.base, mean: &mean, inverse: &inverse)
    #expect(inverse[5...].allSatisfy { $0 == 0 })
    kernels.normalize(
      channels: channels, positions: positions, lanes: laneCount, epsilon: epsilon, gamma: gamma.base,
      beta: beta.base, x.base, into: y.base, mean: &mean, inverse: &inverse)
    for accumulate in [false, true] {
      let dx = LaneBuffer(start)
      kernels.normalizeBackward(
        channels: channels, positions: positions, mean: mean, inverse: inverse, gamma: gamma.base, x.base,
        dy.base,
        into: dx.base, accumulate: accumulate)
      gradients.append(accumulate ? zip(dx.values, start).map { $0 - $1 } : dx.values)
    }
    results.append(y.values)
    statistics.append(mean + inverse)
  }
  for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  for result in statistics.dropFirst() { #expect(isIdentical(result, statistics[0])) }
  for pair in 1..<gradients.count / 2 {
    #expect(isIdentical(gradients[2 * pair], gradients[0]))
    #expect(isIdentical(gradients[2 * pair + 1], gradients[1]))
  }
  let tolerance = Double(Scalar.ulpOfOne) * 64
  for lane in 0..<laneCount {
    let places = (0..<channels * positions).map { $0 * laneCount + lane }
    let values = places.map { Double(x.base[$0]) }
    let mean = values.reduce(0, +) / members
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / members
    let deviation = (variance + epsilon).squareRoot()
    #expect(abs(statistics[0][lane] - mean) < 1e-14)
    #expect(abs(statistics[0][laneCount + lane] * deviation - 1) < 1e-14)
    let g = places.map { Double(dy.base[$0]) * Double(gamma.base[$0 / laneCount / positions]) }
    // Through the variance and the mean, one step after the other.
    let byVariance = zip(g, values).reduce(0) {
      $0 - $1.0 * ($1.1 - mean) / (2 * deviation * deviation * deviation)
    }
    let byMean = g.reduce(0) { $0 - $1 / deviation }
    for (member, place) in places.enumerated() {
      let channel = place / laneCount / positions
      let y = (values[member] - mean) / deviation * Double(gamma.base[channel]) + Double(beta.base[channel])
      #expect(abs(Double(results[0][place]) - y) < tolerance)
      let dx = g[member] / deviation + byVariance * 2 * (values[member] - mean) / members + byMean / members
      for gradient in gradients.prefix(2) { #expect(abs(Double(gradient[place]) - dx) < tolerance / 0.1) }
    }
  }
}

// MARK: Uniform numbers

@Test func uniformNumbersAreInsideTheOpenIntervalAndTheSameInEveryVariant() {
  let variants = LaneVariants.all.filter { $0.pointee.isSupported() }
  let results = variants.map { variant in
    var out = [Float](repeating: 9, count: 100_003)
    variant.pointee.fillUniforms(11, 7, 5, Int64(out.count), &out)
    return out
  }
  for result in results.dropFirst() { #expect(result == results[0]) }
  let numbers = results[0]
  #expect(numbers.allSatisfy { abs($0) < 1 && $0 != 0 })
  let count = Double(numbers.count)
  #expect(abs(numbers.reduce(0.0) { $0 + Double($1) } / count) < 5 / (3 * count).squareRoot())
  #expect(abs(numbers.reduce(0.0) { $0 + Double($1 * $1) } / count - 1 / 3) < 5 * 0.3 / count.squareRoot())
  var shifted = [Float](repeating: 9, count: 50)
  variants[0].pointee.fillUniforms(11, 7, 36, 50, &shifted)
  #expect(shifted == Array(numbers[31..<81]))
}

// Both precisions draw the same network: the first product is rounded to single precision, the second is the scalar's.
@Test func scalingRoundsTheFirstProductInSinglePrecision() {
  var numbers = Numbers(11)
  let drawn = (0..<37).map { _ in Float(numbers.next()) }
  func scaled<Scalar: LaneScalar>(_ factor: Scalar) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: drawn.count) { out, count in
      drawn.withUnsafeBufferPointer { drawn in
        if let base = out.baseAddress { Scalar.scale(drawn, by: 0.3, then: factor, into: base) }
      }
      count = drawn.count
    }
  }
  #expect(isIdentical(scaled(Float(0.7)), drawn.map { $0 * Float(0.3) * Float(0.7) }))
  #expect(isIdentical(scaled(0.7), drawn.map { Double($0 * Float(0.3)) * 0.7 }))
}
