import Foundation
import Testing
import Trainability

private let double = 0x1p-52
private let single = 0x1p-23

private func isClose(_ quantity: SpectralQuantity, _ expected: Double, relative: Double = 1e-9) -> Bool {
  guard let value = quantity.value else { return false }
  return abs(value - expected) <= relative * abs(expected)
}

@Suite struct KernelSpectrumTests {
  /// The analytic kernel of a ReLU network with two hidden layers, σ_w² = 2 and σ_b² = 0.1, on three points
  /// of the unit circle. Its eigenvalues are known to ten digits.
  @Test func threePointsOnTheUnitCircle() throws {
    let spectrum = try KernelSpectrum(eigenvalues: [1.442280255, 3.13947437, 6.218245375], epsilon: double)
    #expect(spectrum.eigenvalues == [6.218245375, 3.13947437, 1.442280255])
    #expect(spectrum.outcome == .ok)
    #expect(isClose(spectrum.conditionNumber, 4.311398811))
    #expect(isClose(spectrum.effectiveRank, 2.575053337))
    #expect(isClose(spectrum.participationRatio, 2.304999530))
    #expect(isClose(spectrum.largestStableLearningRate, 0.321634139, relative: 2e-9))
    #expect(isClose(spectrum.trace, 10.8))
    #expect(spectrum.stepsToOnePercent == .value(5))
  }

  /// An independent program's values for a 6 × 6 kernel.
  @Test func sixPointKernel() throws {
    let eigenvalues = [
      1.5573307812961303, 2.66493240290437, 3.5738756529191824, 5.802001338283649, 7.3328566858002295,
      18.669001938346433,
    ]
    let spectrum = try KernelSpectrum(eigenvalues: eigenvalues, epsilon: double)
    #expect(isClose(spectrum.conditionNumber, 11.987820546903112, relative: 1e-12))
    #expect(isClose(spectrum.lambdaMax, 18.669001938346437, relative: 1e-12))
    #expect(isClose(spectrum.lambdaMin, 1.557330781296131, relative: 1e-12))
    #expect(isClose(spectrum.largestStableLearningRate, 0.10712945483668129, relative: 1e-12))
    #expect(isClose(spectrum.effectiveRank, 4.367210744209936, relative: 1e-12))
    #expect(isClose(spectrum.participationRatio, 3.4219472028639575, relative: 1e-12))
    // The contraction of each step is 0.8460095754497555: ln 0.01 / (2 ln 0.846…) = 13.77.
    #expect(spectrum.stepsToOnePercent == .value(14))
  }

  @Test(arguments: [single, double])
  func numericallySingularKernelHasNoConditionNumber(epsilon: Double) throws {
    let n = 4.0
    let above = try KernelSpectrum(eigenvalues: [3, 2, 1, 1.001 * n * epsilon * 3], epsilon: epsilon)
    #expect(above.outcome == .ok)
    for smallest in [n * epsilon * 3, 0, -1e-9] {
      let spectrum = try KernelSpectrum(eigenvalues: [3, 2, 1, smallest], epsilon: epsilon)
      #expect(spectrum.outcome == .rankDeficient)
      #expect(spectrum.stepsToOnePercent.outcome == .rankDeficient)
      // What does not divide by λ_min stays defined.
      #expect(spectrum.largestStableLearningRate == .value(2.0 / 3))
      #expect(spectrum.lambdaMin == .value(smallest))
      #expect(isClose(spectrum.participationRatio, 36.0 / 14, relative: 1e-6))
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func oneUndefinedEigenvalueUndefinesEveryQuantity(bad: Double) throws {
    let spectrum = try KernelSpectrum(eigenvalues: [3, bad, 1], epsilon: double)
    for quantity in [
      spectrum.lambdaMax, spectrum.lambdaMin, spectrum.trace, spectrum.conditionNumber,
      spectrum.effectiveRank,
      spectrum.participationRatio, spectrum.largestStableLearningRate, spectrum.stepsToOnePercent,
    ] {
      #expect(quantity == .undefined(.nonFinite, reason: "1 of 3 eigenvalues are not finite"))
    }
  }

  @Test func zeroKernelIsRankDeficient() throws {
    let spectrum = try KernelSpectrum(eigenvalues: [0, 0], epsilon: double)
    #expect(spectrum.conditionNumber == .undefined(.rankDeficient, reason: "the kernel is zero"))
    #expect(spectrum.effectiveRank.outcome == .rankDeficient)
    #expect(spectrum.largestStableLearningRate.outcome == .rankDeficient)
    #expect(spectrum.trace == .value(0))
  }

  @Test func equalEigenvaluesNeedOneStepAndHaveFullRank() throws {
    let spectrum = try KernelSpectrum(eigenvalues: [5, 5, 5, 5], epsilon: single)
    #expect(spectrum.conditionNumber == .value(1))
    #expect(spectrum.stepsToOnePercent == .value(1))
    #expect(isClose(spectrum.effectiveRank, 4, relative: 1e-14))
    #expect(isClose(spectrum.participationRatio, 4, relative: 1e-14))
  }

  /// ln 0.01 / (2 ln((κ−1)/(κ+1))) evaluated with sixty digits.
  @Test(arguments: [
    (1.5, 2.0), (10, 12), (1e6, 1_151_293), (1e12, 1_151_292_546_498), (1e15, 1_151_292_546_497_023),
  ])
  func stepsKeepTheirDigitsForLargeConditionNumbers(kappa: Double, steps: Double) throws {
    let spectrum = try KernelSpectrum(eigenvalues: [kappa, 1], epsilon: double)
    #expect(spectrum.stepsToOnePercent == .value(steps))
  }

  @Test func oneSampleIsPerfectlyConditioned() throws {
    let spectrum = try KernelSpectrum(eigenvalues: [7], epsilon: single)
    #expect(spectrum.conditionNumber == .value(1))
    #expect(spectrum.effectiveRank == .value(1))
  }

  @Test func scaleCancelsInRanksWithoutOverflow() throws {
    let huge = try KernelSpectrum(eigenvalues: [1e308, 1e308, 1e307], epsilon: double)
    let plain = try KernelSpectrum(eigenvalues: [10, 10, 1], epsilon: double)
    #expect(isClose(huge.effectiveRank, try #require(plain.effectiveRank.value), relative: 1e-14))
    #expect(isClose(huge.participationRatio, try #require(plain.participationRatio.value), relative: 1e-14))
    #expect(huge.trace.outcome == .nonFinite)
  }

  @Test func emptySpectraAndImpossiblePrecisionsAreErrors() {
    #expect(throws: SpectrumError.noEigenvalues) { try KernelSpectrum(eigenvalues: [], epsilon: single) }
    for epsilon in [0, 1, -1, Double.infinity] {
      #expect(throws: SpectrumError.invalidEpsilon(epsilon)) {
        try KernelSpectrum(eigenvalues: [1], epsilon: epsilon)
      }
    }
    #expect(throws: SpectrumError.self) { try KernelSpectrum(eigenvalues: [1], epsilon: .nan) }
  }
}

@Suite struct OutcomeTests {
  @Test func rawValuesAreTheNamesThatFilesShow() {
    #expect(
      Outcome.allCases.map(\.rawValue) == [
        "ok", "rank_deficient", "non_finite", "saturated", "unsupported_at_infinite_width", "not_applicable",
        "over_budget", "plugin_error", "cancelled",
      ])
  }

  @Test func onlyCircumstantialFailuresMayBeTriedAgain() {
    #expect(Outcome.allCases.filter { !$0.isReproducible } == [.overBudget, .pluginError, .cancelled])
  }
}
