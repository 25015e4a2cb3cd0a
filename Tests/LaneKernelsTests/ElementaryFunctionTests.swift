import CLaneKernels
import Foundation
import LaneKernels
import Testing

private let kinds: [LaneActivation] = [
  LaneActivationRelu, LaneActivationLeakyRelu, LaneActivationElu, LaneActivationGelu, LaneActivationGeluTanh,
  LaneActivationSilu, LaneActivationHardSwish, LaneActivationTanh, LaneActivationErf, LaneActivationSigmoid,
  LaneActivationSoftplus, LaneActivationSin, LaneActivationAbs,
]

/// Zeros, denormals, limits of both formats, knees, large numbers, infinities and NaN.
private let special: [Double] = {
  let positive: [Double] = [
    0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-200, 1.4e-45, 1e-40, 1.1754943508222875e-38, 1e-20, 1e-8,
    0.3465,
    0.34657359027997264, 0.5, 0.4999999999999999, 1, 1.5707963267948966, 3, 3.141592653589793, 6, 6.5, 6.6,
    20, 20.1,
    27, 36, 37, 40, 50, 88.7, 104, 700, 708, 709.7, 710, 745, 1e3, 1e6, 1e30, 3.4028234663852886e38, 1e100,
    1e300,
    .greatestFiniteMagnitude, .infinity,
  ]
  return positive + positive.map { -$0 } + [.nan]
}()

/// Both signs, magnitudes spread evenly over the logarithm from 1e-12 to `bound`, and evenly over ±`linear`.
private func sweep(bound: Double, linear: Double) -> [Double] {
  let count = 20_000
  return (0..<count).flatMap { index -> [Double] in
    let share = (Double(index) + 0.37) / Double(count)
    let magnitude = 1e-12 * pow(bound / 1e-12, share)
    return [magnitude, -magnitude, (2 * share - 1) * linear]
  }
}

private func activated<Scalar: LaneScalar>(
  _ kind: LaneActivation, _ x: [Scalar], derivative: Bool, parameter: Scalar = 0.25, _ kernels: Scalar.Kernels
) -> [Scalar] {
  let padded = x + [Scalar](repeating: 0, count: (laneCount - x.count % laneCount) % laneCount)
  let input = LaneBuffer(padded)
  let output = LaneBuffer<Scalar>(count: padded.count)
  if derivative {
    let ones = LaneBuffer<Scalar>(count: padded.count) { _ in 1 }
    kernels.activateBackward(
      kind, parameter, vectors: input.vectors, input.base, ones.base, into: output.base, accumulate: false)
  } else {
    kernels.activate(kind, parameter, vectors: input.vectors, input.base, into: output.base)
  }
  return Array(output.values.prefix(x.count))
}

/// In every variant the same bits, for values and derivatives, in both precisions; and in single precision what
/// double precision gives, rounded.
@Test(arguments: kinds.indices)
func activationsAreIdenticalInEveryVariant(index: Int) {
  let kind = kinds[index]
  let x = special + sweep(bound: 1e4, linear: 12)
  for derivative in [false, true] {
    let dual = kernelTables(Double.self).map { activated(kind, x, derivative: derivative, $0.kernels) }
    for result in dual.dropFirst() { #expect(isIdentical(result, dual[0])) }
    let rounded = x.map { Float($0) }
    let single = kernelTables(Float.self).map { activated(kind, rounded, derivative: derivative, $0.kernels) }
    for result in single.dropFirst() { #expect(isIdentical(result, single[0])) }
    let widened = activated(
      kind, rounded.map { Double($0) }, derivative: derivative, kernelTables(Double.self)[0].kernels)
    for (place, value) in zip(single[0], widened).enumerated() {
      // Piecewise functions work in their own precision: a rounding or two apart.
      let error = abs(Double(value.0) - value.1)
      let allowed = 3e-7 * abs(value.1) + 1e-45
      let agrees = error <= allowed || value.0.isNaN && value.1.isNaN || value.0 == Float(value.1)
      if !agrees { Issue.record("x = \(rounded[place]): \(value.0), \(value.1) in double") }
    }
  }
}

/// Errors in units of the last place of Foundation's value. e⁻⁷⁰⁸, next to the smallest normal number, may be zero.
private func worst(
  _ kind: LaneActivation, _ x: [Double], _ exact: (Double) -> Double
) -> (ulps: Double, at: Double) {
  var result = (ulps: 0.0, at: 0.0)
  let values = activated(kind, x, derivative: false, kernelTables(Double.self)[0].kernels)
  for (x, value) in zip(x, values) {
    let expected = exact(x)
    if value == expected || value.isNaN && expected.isNaN { continue }
    let error = abs(value - expected)
    if error <= 3.4e-308 { continue }
    let ulps = error / expected.ulp
    if !(ulps <= result.ulps) { result = (ulps, x) }
  }
  return result
}

@Test func hyperbolicTangentIsWithinFourUlps() {
  let error = worst(LaneActivationTanh, special + sweep(bound: 1e3, linear: 25)) { tanh($0) }
  #expect(error.ulps <= 4, "at \(error.at)")
}

@Test func errorFunctionIsWithinFourUlps() {
  let error = worst(LaneActivationErf, special + sweep(bound: 1e3, linear: 7)) { erf($0) }
  #expect(error.ulps <= 4, "at \(error.at)")
}

@Test func exponentialIsWithinFourUlps() {
  // ELU below zero is eˣ − 1, far below it −1; the logistic function shows eˣ itself far below zero.
  let elu = worst(LaneActivationElu, special.filter { $0 != 0 } + sweep(bound: 1e3, linear: 60)) {
    $0 > 0 ? $0 : expm1($0)
  }
  #expect(elu.ulps <= 4, "at \(elu.at)")
  let logistic = worst(LaneActivationSigmoid, special + sweep(bound: 1e3, linear: 740)) { sigmoid($0) }
  #expect(logistic.ulps <= 4, "at \(logistic.at)")
  let logarithmic = worst(LaneActivationSoftplus, special + sweep(bound: 1e3, linear: 740)) {
    $0.isNaN ? $0 : softplus($0)
  }
  #expect(logarithmic.ulps <= 4, "at \(logarithmic.at)")
}

@Test func sineAndCosineAreWithinFourUlpsUpToThePowerOfFiftyOne() {
  let multiples = (1...40_000).flatMap { (k: Int) -> [Double] in
    [Double(k) * .pi / 2, Double(k * 1_571) * .pi / 2]
  }
  let x: [Double] = special.filter { !(abs($0) >= 0x1p51) } + sweep(bound: 0x1p51, linear: 1e4) + multiples
  let error = worst(LaneActivationSin, x) { sin($0) }
  #expect(error.ulps <= 4, "at \(error.at)")
  let cosine = activated(LaneActivationSin, x, derivative: true, kernelTables(Double.self)[0].kernels)
  for (x, value) in zip(x, cosine) where x.isFinite {
    if abs(value - cos(x)) > 4 * cos(x).ulp { Issue.record("cos(\(x)) = \(value)") }
  }
}

/// Beyond the reduction's range: NaN, which an outcome shows, rather than a number that is no sine.
@Test func sineOfHugeArgumentsIsNotANumber() {
  let x = [0x1p51, 1e16, 1e18, 1e30, 1e300, .greatestFiniteMagnitude, .infinity].flatMap { [$0, -$0] }
  for derivative in [false, true] {
    let values = activated(LaneActivationSin, x, derivative: derivative, kernelTables(Double.self)[0].kernels)
    for value in values { #expect(value.isNaN) }
  }
}

private struct SmoothFunction: Sendable {
  let kind: LaneActivation
  let value: @Sendable (Double) -> Double
  let derivative: @Sendable (Double) -> Double
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
private func distribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
private func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
private let rootTwoOverPi = (2 / Double.pi).squareRoot()
private func geluArgument(_ x: Double) -> Double { rootTwoOverPi * (x + 0.044715 * x * x * x) }
private func geluTanhDerivative(_ x: Double) -> Double {
  let hyperbolic = cosh(geluArgument(x))
  let slope = rootTwoOverPi * (1 + 3 * 0.044715 * x * x)
  return 0.5 * (1 + tanh(geluArgument(x))) + 0.5 * x * slope / (hyperbolic * hyperbolic)
}
private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

private let smoothFunctions: [SmoothFunction] = [
  .init(
    kind: LaneActivationGelu, value: { $0 * distribution($0) },
    derivative: { distribution($0) + $0 * density($0) }),
  .init(
    kind: LaneActivationGeluTanh, value: { 0.5 * $0 * (1 + tanh(geluArgument($0))) },
    derivative: geluTanhDerivative),
  .init(
    kind: LaneActivationSilu, value: { $0 * sigmoid($0) },
    derivative: { sigmoid($0) + $0 * sigmoid($0) * sigmoid(-$0) }),
  .init(kind: LaneActivationTanh, value: { tanh($0) }, derivative: { 1 / cosh($0) / cosh($0) }),
  .init(
    kind: LaneActivationErf, value: { erf($0) }, derivative: { 2 / Double.pi.squareRoot() * exp(-$0 * $0) }),
  .init(kind: LaneActivationSigmoid, value: sigmoid, derivative: { sigmoid($0) * sigmoid(-$0) }),
  .init(kind: LaneActivationSoftplus, value: softplus, derivative: sigmoid),
  .init(
    kind: LaneActivationElu, value: { $0 > 0 ? $0 : expm1($0) }, derivative: { $0 > 0 ? 1 : exp($0) }),
]

/// Derivatives and products, whose terms cancel: to an absolute 1e-15 beside a relative 1e-13.
@Test(arguments: smoothFunctions.indices)
func derivativesAndGatedUnitsAreAccurate(index: Int) {
  let function = smoothFunctions[index]
  let x = sweep(bound: 100, linear: 30)
  let kernels = kernelTables(Double.self)[0].kernels
  for derivative in [false, true] {
    let values = activated(function.kind, x, derivative: derivative, kernels)
    for (x, value) in zip(x, values) {
      let expected = derivative ? function.derivative(x) : function.value(x)
      let allowed = 1e-13 * abs(expected) + 1e-15 * max(1, abs(x))
      if !(abs(value - expected) <= allowed) { Issue.record("x = \(x): \(value), expected \(expected)") }
    }
  }
}

/// Where a function has a limit, infinity gives it; NaN stays NaN everywhere.
@Test func activationsKeepInfinitiesAndNaN() {
  let limits: [(LaneActivation, below: Double, above: Double)] = [
    (LaneActivationRelu, 0, .infinity), (LaneActivationElu, -1, .infinity), (LaneActivationTanh, -1, 1),
    (LaneActivationErf, -1, 1), (LaneActivationSigmoid, 0, 1), (LaneActivationSoftplus, 0, .infinity),
    (LaneActivationAbs, .infinity, .infinity), (LaneActivationLeakyRelu, -.infinity, .infinity),
    (LaneActivationGelu, .nan, .infinity), (LaneActivationSilu, .nan, .infinity),
    (LaneActivationSin, .nan, .nan),
  ]
  for (kind, below, above) in limits {
    let values = activated(
      kind, [-Double.infinity, .infinity], derivative: false, kernelTables(Double.self)[0].kernels)
    #expect(
      isIdentical(values, [below, above]) || values == [below, above], "kind \(kind.rawValue): \(values)")
  }
  for kind in kinds {
    for (_, kernels) in kernelTables(Float.self) {
      #expect(activated(kind, [Float.nan], derivative: false, kernels)[0].isNaN, "kind \(kind.rawValue)")
    }
  }
  // A mask, not a product: an infinite gradient stops at a closed ReLU.
  for (_, kernels) in kernelTables(Float.self) {
    let x = LaneBuffer<Float>(count: 16) { $0 == 0 ? 0 : -1 }
    let result = LaneBuffer<Float>(count: 16)
    let infinite = LaneBuffer<Float>(count: 16) { _ in .infinity }
    kernels.activateBackward(
      LaneActivationRelu, 0, vectors: 1, x.base, infinite.base, into: result.base, accumulate: false)
    #expect(result.values.allSatisfy { $0 == 0 })
  }
}
