import CLaneKernels

// The same forwarding twice: C structs of function pointers cannot be generic.

extension LaneKernelsFloat: LaneKernelTable {
  package typealias Scalar = Float

  package func correlate(
    _ shape: LaneCorrelation, source: Input, weights: Input, bias: Input?, mask: Input?, into target: Output
  ) {
    withUnsafePointer(to: shape) { correlate($0, source, weights, bias, mask, target) }
  }
  package func weightGradient(
    _ shape: LaneWeightGradient, source: Input, outputGradient: Input, into gradient: Output
  ) {
    withUnsafePointer(to: shape) { weightGradient($0, source, outputGradient, gradient) }
  }
  package func multiply(
    _ shape: LaneProduct, weights: Input, bias: Input?, source: Input, into target: Output, scratch: Output
  ) {
    withUnsafePointer(to: shape) { multiply($0, weights, bias, source, target, scratch) }
  }
  package func winogradWeights(
    targets: Int, sources: Int, pointStride: Int, targetStride: Int, sourceStride: Int, isFlipped: Bool,
    _ weights: Input, into transformed: Output
  ) {
    winogradWeights(
      Int64(targets), Int64(sources), Int64(pointStride), Int64(targetStride), Int64(sourceStride), isFlipped,
      weights, transformed)
  }
  package func winogradCorrelate(
    _ shape: LaneWinograd, source: Input, transformedWeights: Input, bias: Input?, into target: Output,
    scratch: Output
  ) {
    withUnsafePointer(to: shape) { winogradCorrelate($0, source, transformedWeights, bias, target, scratch) }
  }
  package func winogradWeightGradient(
    _ shape: LaneWinograd, source: Input, outputGradient: Input, into gradient: Output, scratch: Output
  ) {
    withUnsafePointer(to: shape) { winogradWeightGradient($0, source, outputGradient, gradient, scratch) }
  }
  package func gram(
    parameters: Int, _ a: Input, _ b: Input, blocks: Int, bBlockStride: Int, factor: Double,
    into out: UnsafeMutablePointer<Double>, outStride: Int
  ) {
    gram(Int64(parameters), a, b, Int64(blocks), Int64(bBlockStride), factor, out, Int64(outStride))
  }
  package var samplesOfPanel: Int { Int(panelSamples) }
  package func packSamples(
    _ samples: Int, numbers: Int, _ source: UnsafePointer<Double>, stride: Int, into panel: Output
  ) {
    packSamples(Int64(samples), Int64(numbers), source, Int64(stride), panel)
  }
  package func multiplySamples(
    numbers: Int, _ a: Input, panels aPanels: Int, _ b: Input, panels bPanels: Int, panelStride: Int,
    factor: Double, into out: UnsafeMutablePointer<Double>, outStride: Int
  ) {
    multiplySamples(
      Int64(numbers), a, Int64(aPanels), b, Int64(bPanels), Int64(panelStride), factor, out, Int64(outStride))
  }
  package func activate(_ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, into y: Output)
  {
    activate(kind, parameter, Int64(vectors), x, y)
  }
  package func activateBackward(
    _ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, _ dy: Input, into dx: Output,
    accumulate: Bool
  ) {
    activateBackward(kind, parameter, Int64(vectors), x, dy, dx, accumulate)
  }
  package func affine(
    vectors: Int, factor: Scalar, offset: Scalar, _ x: Input, into y: Output, accumulate: Bool
  ) {
    affine(Int64(vectors), factor, offset, x, y, accumulate)
  }
  package func product(vectors: Int, _ a: Input, _ b: Input, into y: Output, accumulate: Bool) {
    product(Int64(vectors), a, b, y, accumulate)
  }
  package func moments(
    vectors: Int, center: Double, _ x: Input, sum: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>
  ) {
    moments(Int64(vectors), center, x, sum, squares)
  }
  package func dot(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>
  ) {
    dot(Int64(vectors), x, y, sum, product)
  }
  package func sum(vectors: Int, _ x: Input, into sum: UnsafeMutablePointer<Double>) {
    self.sum(Int64(vectors), x, sum)
  }
  package func weightedSum(vectors: Int, weights: Input, _ x: Input, sum: UnsafeMutablePointer<Double>) {
    weightedSum(Int64(vectors), weights, x, sum)
  }
  package func spread(vectors: Int, factor: Scalar, _ vector: Input, into y: Output, accumulate: Bool) {
    spread(Int64(vectors), factor, vector, y, accumulate)
  }
  package func averagePool(_ shape: LanePooling, _ x: Input, into y: Output) {
    withUnsafePointer(to: shape) { averagePool($0, x, y) }
  }
  package func averagePoolBackward(_ shape: LanePooling, _ dy: Input, into dx: Output, accumulate: Bool) {
    withUnsafePointer(to: shape) { averagePoolBackward($0, dy, dx, accumulate) }
  }
  package func maxPool(_ shape: LanePooling, _ x: Input, into y: Output) {
    withUnsafePointer(to: shape) { maxPool($0, x, y) }
  }
  package func maxPoolBackward(_ shape: LanePooling, _ x: Input, _ y: Input, _ dy: Input, into dx: Output) {
    withUnsafePointer(to: shape) { maxPoolBackward($0, x, y, dy, dx) }
  }
  package func normalize(
    channels: Int, positions: Int, lanes: Int, epsilon: Double, gamma: Input, beta: Input, _ x: Input,
    into y: Output,
    mean: UnsafeMutablePointer<Double>, inverse: UnsafeMutablePointer<Double>
  ) {
    normalize(
      Int64(channels), Int64(positions), Int64(lanes), epsilon, gamma, beta, x, y, mean, inverse)
  }
  package func normalizeBackward(
    channels: Int, positions: Int, mean: UnsafePointer<Double>, inverse: UnsafePointer<Double>, gamma: Input,
    _ x: Input, _ dy: Input, into dx: Output, accumulate: Bool
  ) {
    normalizeBackward(Int64(channels), Int64(positions), mean, inverse, gamma, x, dy, dx, accumulate)
  }
  package func dotOfSample(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>
  ) {
    dotOfSample(Int64(vectors), x, y, sum, product)
  }
  package func combineOfSample(
    rows: Int, columns: Int, _ a: Scalar, _ dy: Input, _ b: Input, _ x: Input, _ c: Input, into dx: Output,
    rowStride: Int, accumulate: Bool
  ) {
    combineOfSample(Int64(rows), Int64(columns), a, dy, b, x, c, dx, Int64(rowStride), accumulate)
  }
  package func weightGradientOfSample(
    _ shape: LaneWeightGradient, lanes: Int, source: Input, outputGradient: Input, into gradient: Output,
    scratch: Output, upcoming: [LaneUpcoming]
  ) {
    withUnsafePointer(to: shape) {
      weightGradientOfSample(
        $0, Int64(lanes), source, outputGradient, gradient, scratch, upcoming, Int64(upcoming.count))
    }
  }
  package func rectifyOfSample(vectors: Int, _ y: Input, _ dy: Input, into dx: Output, accumulate: Bool) {
    rectifyOfSample(Int64(vectors), y, dy, dx, accumulate)
  }
  package func repeatLanes(vectors: Int, _ x: Input, into y: Output) { repeatLanes(Int64(vectors), x, y) }
  package func separateSamples(vectors: Int, lanes: Int, _ x: Input, into y: Output) {
    separateSamples(Int64(vectors), Int64(lanes), x, y)
  }
  package func allFinite(vectors: Int, lanes: Int, _ x: Input) -> Bool {
    allFinite(Int64(vectors), Int64(lanes), x)
  }
}

extension LaneKernelsDouble: LaneKernelTable {
  package typealias Scalar = Double

  package func correlate(
    _ shape: LaneCorrelation, source: Input, weights: Input, bias: Input?, mask: Input?, into target: Output
  ) {
    withUnsafePointer(to: shape) { correlate($0, source, weights, bias, mask, target) }
  }
  package func weightGradient(
    _ shape: LaneWeightGradient, source: Input, outputGradient: Input, into gradient: Output
  ) {
    withUnsafePointer(to: shape) { weightGradient($0, source, outputGradient, gradient) }
  }
  package func multiply(
    _ shape: LaneProduct, weights: Input, bias: Input?, source: Input, into target: Output, scratch: Output
  ) {
    withUnsafePointer(to: shape) { multiply($0, weights, bias, source, target, scratch) }
  }
  package func winogradWeights(
    targets: Int, sources: Int, pointStride: Int, targetStride: Int, sourceStride: Int, isFlipped: Bool,
    _ weights: Input, into transformed: Output
  ) {
    winogradWeights(
      Int64(targets), Int64(sources), Int64(pointStride), Int64(targetStride), Int64(sourceStride), isFlipped,
      weights, transformed)
  }
  package func winogradCorrelate(
    _ shape: LaneWinograd, source: Input, transformedWeights: Input, bias: Input?, into target: Output,
    scratch: Output
  ) {
    withUnsafePointer(to: shape) { winogradCorrelate($0, source, transformedWeights, bias, target, scratch) }
  }
  package func winogradWeightGradient(
    _ shape: LaneWinograd, source: Input, outputGradient: Input, into gradient: Output, scratch: Output
  ) {
    withUnsafePointer(to: shape) { winogradWeightGradient($0, source, outputGradient, gradient, scratch) }
  }
  package func gram(
    parameters: Int, _ a: Input, _ b: Input, blocks: Int, bBlockStride: Int, factor: Double,
    into out: UnsafeMutablePointer<Double>, outStride: Int
  ) {
    gram(Int64(parameters), a, b, Int64(blocks), Int64(bBlockStride), factor, out, Int64(outStride))
  }
  package var samplesOfPanel: Int { Int(panelSamples) }
  package func packSamples(
    _ samples: Int, numbers: Int, _ source: UnsafePointer<Double>, stride: Int, into panel: Output
  ) {
    packSamples(Int64(samples), Int64(numbers), source, Int64(stride), panel)
  }
  package func multiplySamples(
    numbers: Int, _ a: Input, panels aPanels: Int, _ b: Input, panels bPanels: Int, panelStride: Int,
    factor: Double, into out: UnsafeMutablePointer<Double>, outStride: Int
  ) {
    multiplySamples(
      Int64(numbers), a, Int64(aPanels), b, Int64(bPanels), Int64(panelStride), factor, out, Int64(outStride))
  }
  package func activate(_ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, into y: Output)
  {
    activate(kind, parameter, Int64(vectors), x, y)
  }
  package func activateBackward(
    _ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, _ dy: Input, into dx: Output,
    accumulate: Bool
  ) {
    activateBackward(kind, parameter, Int64(vectors), x, dy, dx, accumulate)
  }
  package func affine(
    vectors: Int, factor: Scalar, offset: Scalar, _ x: Input, into y: Output, accumulate: Bool
  ) {
    affine(Int64(vectors), factor, offset, x, y, accumulate)
  }
  package func product(vectors: Int, _ a: Input, _ b: Input, into y: Output, accumulate: Bool) {
    product(Int64(vectors), a, b, y, accumulate)
  }
  package func moments(
    vectors: Int, center: Double, _ x: Input, sum: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>
  ) {
    moments(Int64(vectors), center, x, sum, squares)
  }
  package func dot(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>
  ) {
    dot(Int64(vectors), x, y, sum, product)
  }
  package func sum(vectors: Int, _ x: Input, into sum: UnsafeMutablePointer<Double>) {
    self.sum(Int64(vectors), x, sum)
  }
  package func weightedSum(vectors: Int, weights: Input, _ x: Input, sum: UnsafeMutablePointer<Double>) {
    weightedSum(Int64(vectors), weights, x, sum)
  }
  package func spread(vectors: Int, factor: Scalar, _ vector: Input, into y: Output, accumulate: Bool) {
    spread(Int64(vectors), factor, vector, y, accumulate)
  }
  package func averagePool(_ shape: LanePooling, _ x: Input, into y: Output) {
    withUnsafePointer(to: shape) { averagePool($0, x, y) }
  }
  package func averagePoolBackward(_ shape: LanePooling, _ dy: Input, into dx: Output, accumulate: Bool) {
    withUnsafePointer(to: shape) { averagePoolBackward($0, dy, dx, accumulate) }
  }
  package func maxPool(_ shape: LanePooling, _ x: Input, into y: Output) {
    withUnsafePointer(to: shape) { maxPool($0, x, y) }
  }
  package func maxPoolBackward(_ shape: LanePooling, _ x: Input, _ y: Input, _ dy: Input, into dx: Output) {
    withUnsafePointer(to: shape) { maxPoolBackward($0, x, y, dy, dx) }
  }
  package func normalize(
    channels: Int, positions: Int, lanes: Int, epsilon: Double, gamma: Input, beta: Input, _ x: Input,
    into y: Output,
    mean: UnsafeMutablePointer<Double>, inverse: UnsafeMutablePointer<Double>
  ) {
    normalize(
      Int64(channels), Int64(positions), Int64(lanes), epsilon, gamma, beta, x, y, mean, inverse)
  }
  package func normalizeBackward(
    channels: Int, positions: Int, mean: UnsafePointer<Double>, inverse: UnsafePointer<Double>, gamma: Input,
    _ x: Input, _ dy: Input, into dx: Output, accumulate: Bool
  ) {
    normalizeBackward(Int64(channels), Int64(positions), mean, inverse, gamma, x, dy, dx, accumulate)
  }
  package func dotOfSample(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>
  ) {
    dotOfSample(Int64(vectors), x, y, sum, product)
  }
  package func combineOfSample(
    rows: Int, columns: Int, _ a: Scalar, _ dy: Input, _ b: Input, _ x: Input, _ c: Input, into dx: Output,
    rowStride: Int, accumulate: Bool
  ) {
    combineOfSample(Int64(rows), Int64(columns), a, dy, b, x, c, dx, Int64(rowStride), accumulate)
  }
  package func weightGradientOfSample(
    _ shape: LaneWeightGradient, lanes: Int, source: Input, outputGradient: Input, into gradient: Output,
    scratch: Output, upcoming: [LaneUpcoming]
  ) {
    withUnsafePointer(to: shape) {
      weightGradientOfSample(
        $0, Int64(lanes), source, outputGradient, gradient, scratch, upcoming, Int64(upcoming.count))
    }
  }
  package func rectifyOfSample(vectors: Int, _ y: Input, _ dy: Input, into dx: Output, accumulate: Bool) {
    rectifyOfSample(Int64(vectors), y, dy, dx, accumulate)
  }
  package func repeatLanes(vectors: Int, _ x: Input, into y: Output) { repeatLanes(Int64(vectors), x, y) }
  package func separateSamples(vectors: Int, lanes: Int, _ x: Input, into y: Output) {
    separateSamples(Int64(vectors), Int64(lanes), x, y)
  }
  package func allFinite(vectors: Int, lanes: Int, _ x: Input) -> Bool {
    allFinite(Int64(vectors), Int64(lanes), x)
  }
}
