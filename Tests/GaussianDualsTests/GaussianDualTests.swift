import Foundation
import GaussianDuals
import NetworkGraph
import Testing
import TheoryCases

@Test func theoryOfGaussianDuals() throws {
  let theory = try TheoryCase("01-gaussian-duals")
  var checks = TheoryChecks(theory, ofFixtures: .init(absolute: 1e-10))
  let triples = try theory.input["q1_q2_c"].rows
  for name in try theory.input["activations"].array {
    let dual = GaussianDual(try name.activation)
    let expected = try theory.expected[try name.text].rows
    for (triple, pair) in zip(triples, expected) {
      let moments = dual.moments(q1: triple[0], q2: triple[1], c: triple[2])
      checks.compare([moments.value, moments.derivative], to: pair, "\(try name.text) at \(triple)")
    }
  }
  checks.report()
  #expect(checks.failures == [])
  #expect(checks.count > 0)
}

@Test func theoryOfVariancePreservingFactors() throws {
  let theory = try TheoryCase("02-c-sigma")
  var checks = TheoryChecks(theory, ofFixtures: .init(absolute: 1e-10))
  for name in try theory.input["activations"].array {
    let factor = 1 / GaussianDual(try name.activation).diagonal(q: 1).value
    try checks.compare(factor, to: theory.expected[try name.text], try name.text)
  }
  checks.report()
  #expect(checks.failures == [])
  #expect(checks.count > 0)
}

@Test func theoryFolderThatIsMissingIsAnError() {
  #expect(throws: (any Error).self) {
    try TheoryCase("01-gaussian-duals", in: URL(fileURLWithPath: "/nonexistent"))
  }
}

@Test func theoryFolderHoldsExactlyTheCasesThatTestsRead() throws {
  let files = try FileManager.default.contentsOfDirectory(atPath: TheoryCase.folder.path)
    .filter { $0.hasSuffix(".json") }.sorted()
  #expect(files == TheoryCase.names.map { "\($0).json" })
}

private let allActivations = Activation.all + [.leakyRelu(slope: 0.3), .leakyRelu(slope: 1)]

@Test(arguments: allActivations)
func dualIsTheIntegralOverThePlane(activation: Activation) {
  let dual = GaussianDual(activation)
  let triples = [
    (1.0, 1.0, 0.5), (2.0, 0.5, -0.3), (0.3, 4.0, 1.0), (1.5, 1.5, 1.4999), (1.0, 1.0, -0.99),
    (6.0, 9.0, 2.0),
    (0.01, 0.02, 0.005), (1.0, 2.0, 0.0),
  ]
  for (q1, q2, c) in triples {
    let moments = dual.moments(q1: q1, q2: q2, c: c)
    let value = planeIntegral(activation, q1: q1, q2: q2, c: c)
    #expect(abs(moments.value - value) < 2e-11 * max(1, abs(value)), "\(activation) \(q1) \(q2) \(c)")
    // Price's theorem: the derivative by the covariance.
    let scale = (q1 * q2).squareRoot()
    let h = min(1e-2 * scale, (scale - abs(c)) / 40)
    let slope = fourthOrderSlope(h) { planeIntegral(activation, q1: q1, q2: q2, c: c + $0) }
    #expect(abs(moments.derivative - slope) < 1e-7, "\(activation) ′ \(q1) \(q2) \(c): \(slope)")
  }
}

@Test(arguments: allActivations)
func momentsOfOneVariableAreIntegralsOverTheLine(activation: Activation) {
  let dual = GaussianDual(activation)
  for q in [0.04, 0.7, 1, 3, 20] {
    func secondMoment(_ q: Double) -> Double { lineIntegral(activation, q: q) { $0 * $0 } }
    let value = secondMoment(q)
    let mean = lineIntegral(activation, q: q) { $0 }
    #expect(abs(dual.mean(q: q) - mean) < 1e-11 * max(1, abs(mean)), "\(activation) \(q)")
    let diagonal = dual.diagonal(q: q)
    #expect(abs(diagonal.value - value) < 1e-11 * max(1, value), "\(activation) \(q)")
    // dE[φ²]/dq = E[φ′²] + E[φ″φ].
    let slope = fourthOrderSlope(q / 50) { secondMoment(q + $0) }
    #expect(
      abs(diagonal.derivative + dual.curvature(q: q) - slope) < 2e-7, "\(activation) \(q): \(slope)")
    // Stein's lemma: E[φ′] = E[uφ]/q.
    let stein = lineIntegral(activation, q: q, weight: { $0 }) { $0 } / q
    #expect(abs(dual.meanDerivative(q: q) - stein) < 1e-10, "\(activation) \(q)")
  }
}

@Test(arguments: allActivations)
func identicalVariablesGiveTheDiagonal(activation: Activation) {
  let dual = GaussianDual(activation)
  for q in [0.3, 1, 1.2, 7, 150] {
    let pair = dual.moments(q1: q, q2: q, c: q)
    #expect(pair == dual.diagonal(q: q))
    let near = dual.moments(q1: q, q2: q * (1 + 1e-14), c: q * (1 + 0.5e-14))
    #expect(abs(near.value - pair.value) < 1e-11 * max(1, pair.value), "\(activation) \(q)")
    #expect(abs(near.derivative - pair.derivative) < 1e-7, "\(activation) \(q)")
  }
}

@Test(arguments: allActivations)
func aVarianceOfZeroIsAConstant(activation: Activation) {
  let dual = GaussianDual(activation)
  let atZero = dual.moments(q1: 0, q2: 0, c: 0)
  let tiny = dual.moments(q1: 1e-30, q2: 1.5, c: 0)
  let zero = dual.moments(q1: 0, q2: 1.5, c: 0)
  #expect(abs(tiny.value - zero.value) < 1e-12)
  #expect(atZero.value == dual.mean(q: 0) * dual.mean(q: 0))
  #expect(atZero.value.isFinite && atZero.derivative.isFinite && zero.derivative.isFinite)
  if activation == .relu { #expect(atZero.derivative == 0 && zero.derivative == 0) }
}

@Test func largeVariancesKeepTheirAccuracy() {
  // A tanh of a wide Gaussian is nearly a sign: T → (2/π) asin ρ, with an error of order 1/√q.
  let tanh = GaussianDual(.tanh)
  let q = tanh.largestVariance
  let wide = tanh.moments(q1: q, q2: q, c: q / 2)
  #expect(abs(wide.value - 1.0 / 3) < 2 / q.squareRoot())
  let moderate = tanh.moments(q1: 60, q2: 30, c: 20)
  #expect(abs(moderate.value - planeIntegral(.tanh, q1: 60, q2: 30, c: 20)) < 1e-11)
}

// MARK: Brute force

/// The function itself, written apart from the one under test.
private func plain(_ activation: Activation, _ x: Double) -> Double {
  switch activation {
  case .relu: max(x, 0)
  case .leakyRelu(let slope): x > 0 ? x : slope * x
  case .elu: x > 0 ? x : exp(x) - 1
  case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
  case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  case .silu: x / (1 + exp(-x))
  case .hardSwish: x * min(max(x + 3, 0), 6) / 6
  case .tanh: tanh(x)
  case .erf: erf(x)
  case .sigmoid: 1 / (1 + exp(-x))
  case .softplus: x > 30 ? x : log(1 + exp(x))
  case .sin: sin(x)
  case .abs: abs(x)
  }
}

/// Ten-point Gauss–Legendre panels.
private let panelNodes: [(Double, Double)] = [
  (0.1488743389816312, 0.2955242247147529), (0.4333953941292472, 0.2692667193099963),
  (0.6794095682990244, 0.2190863625159820), (0.8650633666889845, 0.1494513491505806),
  (0.9739065285171717, 0.0666713443086881),
]

/// ∫ f over panels narrower than the deviation and ½, broken at the kinks of all activations, and around them where
/// f has rounded kinks of a width.
private func integral(
  mean: Double, deviation: Double, roundedBy rounding: Double = 0, around kinks: [Double] = [-3, 0, 3],
  _ f: (Double) -> Double
) -> Double {
  let (low, high) = (mean - 8.5 * deviation, mean + 8.5 * deviation)
  let width = min(deviation * 0.7, 0.5)
  var ends = Array(stride(from: low, to: high, by: width)) + [high]
  let near = kinks.flatMap { kink in (-6...6).map { kink + 2 * Double($0) * rounding } }
  ends += ([-3, 0, 3] + near).filter { $0 > low && $0 < high }
  ends.sort()
  var sum = 0.0
  for (start, end) in zip(ends, ends.dropFirst()) {
    let (middle, half) = ((start + end) / 2, (end - start) / 2)
    for (node, weight) in panelNodes {
      sum += half * weight * (f(middle + half * node) + f(middle - half * node))
    }
  }
  return sum
}

private func density(_ x: Double, _ deviation: Double) -> Double {
  exp(-x * x / (2 * deviation * deviation)) / (deviation * (2 * Double.pi).squareRoot())
}

private func lineIntegral(
  _ activation: Activation, q: Double, weight: (Double) -> Double = { _ in 1 }, _ f: (Double) -> Double
) -> Double {
  let deviation = q.squareRoot()
  return integral(mean: 0, deviation: deviation) {
    f(plain(activation, $0)) * weight($0) * density($0, deviation)
  }
}

private func planeIntegral(_ activation: Activation, q1: Double, q2: Double, c: Double) -> Double {
  let deviation = q1.squareRoot()
  let rest = ((q1 * q2 - c * c) / q1).squareRoot()
  let slope = c / q1
  let kinks = slope == 0 ? [] : [-3, 0, 3].map { $0 / slope }
  return integral(
    mean: 0, deviation: deviation, roundedBy: slope == 0 ? 0 : rest / abs(slope), around: kinks
  ) { u in
    let inner = integral(mean: c / q1 * u, deviation: rest) { v in
      plain(activation, v) * density(v - c / q1 * u, rest)
    }
    return plain(activation, u) * density(u, deviation) * inner
  }
}

private func fourthOrderSlope(_ h: Double, _ f: (Double) -> Double) -> Double {
  (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
}
