import CLaneKernels

/// A number that lane kernels exist for: `Float` or `Double`. The engine is generic over it, so both precisions run
/// the same code.
package protocol LaneScalar: BinaryFloatingPoint, Sendable {
  associatedtype Kernels: LaneKernelTable where Kernels.Scalar == Self
  static func kernels(of variant: UnsafePointer<LaneVariant>) -> Kernels
  /// out[i] = (numbers[i] · scale) · factor, the first product in single precision. A requirement, since a generic loop
  /// would take longer than drawing the numbers.
  static func scale(
    _ numbers: UnsafeBufferPointer<Float>, by scale: Float, then factor: Self,
    into out: UnsafeMutablePointer<Self>)
}

extension Float: LaneScalar {
  package static func kernels(of variant: UnsafePointer<LaneVariant>) -> LaneKernelsFloat {
    variant.pointee.single
  }

  package static func scale(
    _ numbers: UnsafeBufferPointer<Float>, by scale: Float, then factor: Float,
    into out: UnsafeMutablePointer<Float>
  ) {
    for index in numbers.indices { out[index] = numbers[index] * scale * factor }
  }
}

extension Double: LaneScalar {
  package static func kernels(of variant: UnsafePointer<LaneVariant>) -> LaneKernelsDouble {
    variant.pointee.dual
  }

  package static func scale(
    _ numbers: UnsafeBufferPointer<Float>, by scale: Float, then factor: Double,
    into out: UnsafeMutablePointer<Double>
  ) {
    for index in numbers.indices { out[index] = Double(numbers[index] * scale) * factor }
  }
}

/// Samples in a block of the lane layout.
package let laneCount = Int(LANE_COUNT)

/// The micro-kernels for one scalar type; see `lanekernels.h` for what each computes. Two C structs conform: this
/// protocol is what lets generic code call either.
package protocol LaneKernelTable<Scalar>: Sendable {
  associatedtype Scalar: LaneScalar
  typealias Input = UnsafePointer<Scalar>
  typealias Output = UnsafeMutablePointer<Scalar>

  func correlate(
    _ shape: LaneCorrelation, source: Input, weights: Input, bias: Input?, mask: Input?, into target: Output)
  func weightGradient(
    _ shape: LaneWeightGradient, source: Input, outputGradient: Input, into gradient: Output)
  func multiply(
    _ shape: LaneProduct, weights: Input, bias: Input?, source: Input, into target: Output, scratch: Output)
  func winogradWeights(
    targets: Int, sources: Int, pointStride: Int, targetStride: Int, sourceStride: Int, isFlipped: Bool,
    _ weights: Input, into transformed: Output)
  func winogradCorrelate(
    _ shape: LaneWinograd, source: Input, transformedWeights: Input, bias: Input?, into target: Output,
    scratch: Output)
  func winogradWeightGradient(
    _ shape: LaneWinograd, source: Input, outputGradient: Input, into gradient: Output, scratch: Output)
  func gram(
    parameters: Int, _ a: Input, _ b: Input, blocks: Int, bBlockStride: Int, factor: Double,
    into out: UnsafeMutablePointer<Double>, outStride: Int)
  var samplesOfPanel: Int { get }
  func packSamples(
    _ samples: Int, numbers: Int, _ source: UnsafePointer<Double>, stride: Int, into panel: Output)
  func multiplySamples(
    numbers: Int, _ a: Input, panels aPanels: Int, _ b: Input, panels bPanels: Int, panelStride: Int,
    factor: Double, into out: UnsafeMutablePointer<Double>, outStride: Int)
  func activate(_ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, into y: Output)
  func activateBackward(
    _ kind: LaneActivation, _ parameter: Scalar, vectors: Int, _ x: Input, _ dy: Input, into dx: Output,
    accumulate: Bool)
  func affine(vectors: Int, factor: Scalar, offset: Scalar, _ x: Input, into y: Output, accumulate: Bool)
  func product(vectors: Int, _ a: Input, _ b: Input, into y: Output, accumulate: Bool)
  func moments(
    vectors: Int, center: Double, _ x: Input, sum: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>)
  func dot(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>)
  func sum(vectors: Int, _ x: Input, into sum: UnsafeMutablePointer<Double>)
  func weightedSum(vectors: Int, weights: Input, _ x: Input, sum: UnsafeMutablePointer<Double>)
  func spread(vectors: Int, factor: Scalar, _ vector: Input, into y: Output, accumulate: Bool)
  func averagePool(_ shape: LanePooling, _ x: Input, into y: Output)
  func averagePoolBackward(_ shape: LanePooling, _ dy: Input, into dx: Output, accumulate: Bool)
  func maxPool(_ shape: LanePooling, _ x: Input, into y: Output)
  func maxPoolBackward(_ shape: LanePooling, _ x: Input, _ y: Input, _ dy: Input, into dx: Output)
  func normalize(
    channels: Int, positions: Int, lanes: Int, epsilon: Double, gamma: Input, beta: Input, _ x: Input,
    into y: Output,
    mean: UnsafeMutablePointer<Double>, inverse: UnsafeMutablePointer<Double>)
  func normalizeBackward(
    channels: Int, positions: Int, mean: UnsafePointer<Double>, inverse: UnsafePointer<Double>, gamma: Input,
    _ x: Input, _ dy: Input, into dx: Output, accumulate: Bool)
  func dotOfSample(
    vectors: Int, _ x: Input, _ y: Input, sum: UnsafeMutablePointer<Double>,
    product: UnsafeMutablePointer<Double>)
  func combineOfSample(
    rows: Int, columns: Int, _ a: Scalar, _ dy: Input, _ b: Input, _ x: Input, _ c: Input, into dx: Output,
    rowStride: Int, accumulate: Bool)
  func weightGradientOfSample(
    _ shape: LaneWeightGradient, lanes: Int, source: Input, outputGradient: Input, into gradient: Output,
    scratch: Output, upcoming: [LaneUpcoming])
  func rectifyOfSample(vectors: Int, _ y: Input, _ dy: Input, into dx: Output, accumulate: Bool)
  func repeatLanes(vectors: Int, _ x: Input, into y: Output)
  func separateSamples(vectors: Int, lanes: Int, _ x: Input, into y: Output)
  func allFinite(vectors: Int, lanes: Int, _ x: Input) -> Bool
}

extension LaneKernelTable {
  package func correlate(
    _ shape: LaneCorrelation, source: Input, weights: Input, bias: Input?, into target: Output
  ) {
    correlate(shape, source: source, weights: weights, bias: bias, mask: nil, into: target)
  }
}
