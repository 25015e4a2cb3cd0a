import Foundation
import GaussianDuals
import NetworkGraph
import Testing

/// SPEC 1.8: 1/2π, ¼, 1/4π, 0, 1/48π.
@Test func hermiteCoefficientsOfTheReLU() {
  let squares = GaussianDual(.relu).hermiteCoefficients(count: 7).map { $0 * $0 }
  let pi = Double.pi
  let expected: [Double] = [1 / (2 * pi), 0.25, 1 / (4 * pi), 0, 1 / (48 * pi), 0, 9 / (1440 * pi)]
  for (value, known) in zip(squares, expected) { #expect(abs(value - known) < 1e-16) }
}

/// T = Σ a_r(q₁) a_r(q₂) ρ^r, of every activation: closed forms and other quadratures are what it is held to.
@Test(arguments: Activation.all)
private func hermiteSeriesIsTheDual(_ activation: Activation) {
  let dual = GaussianDual(activation)
  for (q1, q2, rho) in [(1.0, 1.0, 0.5), (1.3, 0.6, -0.45), (3.7, 2.1, 0.4)] {
    let first = dual.hermiteCoefficients(count: 60, q: q1)
    let second = dual.hermiteCoefficients(count: 60, q: q2)
    var (sum, slope, power) = (0.0, 0.0, 1.0)
    for r in first.indices {
      sum += first[r] * second[r] * power
      if r + 1 < first.count { slope += Double(r + 1) * first[r + 1] * second[r + 1] * power }
      power *= rho
    }
    let scale = (q1 * q2).squareRoot()
    let moments = dual.moments(q1: q1, q2: q2, c: rho * scale)
    #expect(abs(sum - moments.value) < 1e-11, "\(activation.name) \(q1), \(q2), \(rho)")
    #expect(abs(slope / scale - moments.derivative) < 1e-11, "\(activation.name) \(q1), \(q2), \(rho)")
  }
}

@Test func hermiteCoefficientsAreNotMoreThanWasAskedFor() {
  #expect(GaussianDual(.tanh).hermiteCoefficients(count: 0) == [])
  #expect(GaussianDual(.relu).hermiteCoefficients(count: 1).count == 1)
  // Odd functions have odd degrees alone, at any variance.
  for (degree, value) in GaussianDual(.tanh).hermiteCoefficients(count: 20, q: 300).enumerated()
  where degree % 2 == 0 {
    #expect(value == 0)
  }
}

/// What is 0 by symmetry is what quadrature makes nearly 0; everything else it leaves.
@Test(arguments: Activation.all)
private func symmetryZeroesWhatIsZero(_ activation: Activation) {
  let dual = GaussianDual(activation)
  let coefficients = dual.hermiteCoefficients(count: 12, q: 1.7)
  let isOdd = [-1.3, 0.4, 2.5].allSatisfy {
    let (at, opposite) = (activation.derivatives(at: $0).value, activation.derivatives(at: -$0).value)
    return abs(at + opposite) < 1e-15
  }
  let zeros = coefficients.indices.filter { coefficients[$0] == 0 }
  if isOdd { #expect(zeros == [0, 2, 4, 6, 8, 10], "\(activation.name)") }
  // The parts of φ that are even and odd have the coefficients of their own degrees: E[(φ(x) ± φ(−x))²]/4.
  let variance = dual.diagonal(q: 1.7).value
  let mixed = dual.moments(q1: 1.7, q2: 1.7, c: -1.7).value
  let all = dual.hermiteCoefficients(count: 400, q: 1.7)
  for parity in [0, 1] {
    let sum = all.enumerated().reduce(0) { $1.offset % 2 == parity ? $0 + $1.element * $1.element : $0 }
    let expected = (variance + (parity == 0 ? mixed : -mixed)) / 2
    #expect(abs(sum - expected) < 1e-4 * variance, "\(activation.name) \(parity)")
  }
}
