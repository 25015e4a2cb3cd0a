import Foundation
import MeanField
import NetworkGraph
import Testing

private func analysis(
  _ activation: Activation, _ weightVariance: Double, _ biasVariance: Double, data: Double = 1
) throws -> MeanFieldAnalysis {
  try MeanFieldAnalysis(
    try WideNetworkMaps(activation: activation, weightVariance: weightVariance, biasVariance: biasVariance),
    dataVariance: data)
}

@Suite struct FixedPointTests {
  @Test(arguments: Activation.all) func fixedPointsAreFixedAndStable(activation: Activation) throws {
    for weightVariance in [0.9, 1.9, 4] {
      for biasVariance in [0.0, 0.3] {
        let result = try analysis(activation, weightVariance, biasVariance)
        guard let q = result.varianceFixedPoint.value else { continue }
        #expect(abs(result.maps.variance(q) - q) <= 1e-10 * max(q, 1e-3), "\(activation) \(weightVariance)")
        if q > 1e-6 { #expect(try #require(result.varianceSlope) < 1 + 1e-6) }
        guard q > 0 else {
          #expect(result.correlationFixedPoint == nil && result.tangentFixedPoint == nil)
          continue
        }
        let c = try #require(result.correlationFixedPoint)
        #expect((0...1).contains(c))
        guard c < 1 else { continue }
        // Fixed, and nearer by one layer from either side.
        func after(_ correlation: Double) -> Double {
          KernelPair(variance: q, covariance: correlation * q).advanced(through: result.maps).correlation
        }
        #expect(abs(after(c) - c) < 1e-9, "\(activation) \(weightVariance) \(c)")
        let (below, above) = (0.9 * c, c + 0.1 * (1 - c))
        #expect(after(above) < above && after(above) > c - 1e-9)
        #expect(c == 0 || after(below) > below && after(below) < c + 1e-9)
        #expect(try #require(result.correlationSlope) < 1)
      }
    }
  }

  @Test(arguments: [(Activation.relu, 2.0), (.leakyRelu(slope: 0.5), 1.6), (.abs, 1)])
  func twoLinesHaveClosedAnswers(activation: Activation, critical: Double) throws {
    let ordered = try analysis(activation, critical / 2, 0.1)
    #expect(abs(try #require(ordered.varianceFixedPoint.value) - 0.2) < 1e-15)
    #expect(ordered.phase == .ordered && abs(ordered.gradientGain - 0.5) < 1e-15)
    let atEdge = try analysis(activation, critical, 0, data: 0.7)
    #expect(atEdge.varianceFixedPoint == .stable(0.7) && atEdge.phase == .critical)
    #expect(atEdge.gradientDepthScale == .infinity && atEdge.correlationFixedPoint == 1)
    let growing = try analysis(activation, critical, 0.1)
    #expect(growing.varianceFixedPoint == .grows(factor: 1) && growing.phase == .critical)
    #expect(growing.correlationFixedPoint == nil && growing.correlationDepthScale == nil)
    let exploding = try analysis(activation, 1.5 * critical, 0.1)
    #expect(exploding.phase == .chaotic)
    guard case .grows(let factor) = exploding.varianceFixedPoint else {
      Issue.record("a fixed point above the critical weight variance")
      return
    }
    #expect(abs(factor - 1.5) < 1e-15)
    #expect(throws: MeanFieldError.self) { try exploding.layers(3, correlation: 0.5) }
    #expect(try exploding.layers(3, correlation: 0.5, variance: 1).count == 3)
    for biasVariance in [0, 0.1, 3] {
      let point = try #require(try CriticalLine(activation).point(biasVariance: biasVariance))
      #expect(abs(point.weightVariance - critical) < 1e-15 && point.variance == nil)
    }
  }

  /// x²-like growth between two stable variances: where the data start decides.
  @Test func theDataDecideBetweenFixedPoints() throws {
    // GELU without bias: zero is stable below σ_w² = 4, and above 2 large variances grow.
    let small = try analysis(.gelu, 3, 0, data: 1e-4)
    let large = try analysis(.gelu, 3, 0, data: 100)
    #expect(small.varianceFixedPoint == .stable(0))
    #expect(large.varianceFixedPoint == .grows(factor: 1.5))
  }

  @Test func nothingIsLeftOfASignalWithoutBias() throws {
    for weightVariance in [0.5, 0.999, 1] {
      let result = try analysis(.tanh, weightVariance, 0)
      #expect(result.varianceFixedPoint == .stable(0))
      #expect(abs(result.gradientGain - weightVariance) < 1e-9)
      #expect(result.phase == (weightVariance < 1 ? .ordered : .critical))
    }
  }

  @Test(arguments: [Activation.tanh, .erf, .sin, .sigmoid]) func theCriticalLineIsCritical(
    activation: Activation
  ) throws {
    for biasVariance in [0.0, 1e-4, 0.05, 0.5] {
      guard let point = try CriticalLine(activation).point(biasVariance: biasVariance) else { continue }
      let (below, at, above) = (
        try analysis(activation, point.weightVariance * 0.98, biasVariance),
        try analysis(activation, point.weightVariance, biasVariance),
        try analysis(activation, point.weightVariance * 1.02, biasVariance)
      )
      #expect(abs(at.gradientGain - 1) < 1e-6, "\(activation) \(biasVariance): \(at.gradientGain)")
      #expect(below.phase == .ordered && above.phase == .chaotic, "\(activation) \(biasVariance)")
      if let q = point.variance, q > 0 {
        #expect(abs(try #require(at.varianceFixedPoint.value) / q - 1) < 1e-6)
      }
    }
  }

  @Test func mistakesAreTyped() throws {
    for (weightVariance, biasVariance) in [
      (0.0, 0.1), (-1, 0), (1, -0.1), (.nan, 0), (.infinity, 0), (1, .nan),
    ] {
      #expect(throws: MeanFieldError.self) { try analysis(.tanh, weightVariance, biasVariance) }
    }
    #expect(throws: MeanFieldError.self) { try analysis(.tanh, 1, 0, data: .nan) }
    #expect(throws: MeanFieldError.self) { try CriticalLine(.tanh).point(biasVariance: -1) }
    let result = try analysis(.tanh, 1, 0.1)
    #expect(throws: MeanFieldError.self) { try result.layers(0, correlation: 0.5) }
    #expect(throws: MeanFieldError.self) { try result.layers(1, correlation: 1.5) }
    #expect(throws: MeanFieldError.self) {
      try result.maximalDepth(conditionNumberAtMost: 0.5, samples: 3, correlation: 0.5)
    }
  }
}

@Suite struct DepthLawTests {
  /// SPEC: depth at which κ of ten inputs passes 10⁴.
  @Test func theDeepestTrainableNetworkOfTheExample() throws {
    let result = try analysis(.erf, 1, 0.05)
    #expect(try result.maximalDepth(conditionNumberAtMost: 1e4, samples: 10, correlation: 0.5) == 62)
    #expect(
      try result.maximalDepth(conditionNumberAtMost: 1e4, samples: 10, correlation: 0.5, limit: 50) == nil)
    #expect(result.trainableDepth == 8 * result.gradientDepthScale && result.generalisingDepth == .infinity)
  }

  /// The laws against the recursion they describe.
  @Test func lawsHoldAtDepth() throws {
    let samples = 12
    for (activation, limit) in [(Activation.erf, 7.0), (.relu, 5), (.leakyRelu(slope: 0.2), 5)] {
      let point = try #require(
        try CriticalLine(activation).point(biasVariance: activation == .erf ? 0.05 : 0))
      let result = try analysis(activation, point.weightVariance, point.biasVariance)
      let layers = try result.layers(4000, correlation: 0.3)
      let kappa = try #require(layers.last).conditionNumber(samples: samples)
      #expect(result.conditionNumberLaw(samples: samples) == .converges(limit: limit))
      #expect(abs(kappa / limit - 1) < 0.02, "\(activation): \(kappa)")
    }
    let chaotic = try analysis(.erf, 3, 0.05)
    let law = try #require(chaotic.conditionNumberLaw(samples: samples))
    for (depth, layer) in try chaotic.layers(60, correlation: 0.3).enumerated().dropFirst(39) {
      let excess = layer.conditionNumber(samples: samples) - 1
      #expect(abs(excess / (law.conditionNumber(depth: Double(depth + 1)) - 1) - 1) < 0.05)
    }
    // Ordered: the law's growth from layer to layer is right, its factor depends on the inputs.
    let ordered = try analysis(.erf, 1, 0.05)
    let rising = try #require(ordered.conditionNumberLaw(samples: samples))
    let layers = try ordered.layers(70, correlation: 0.3)
    let (late, later) = (
      layers[49].conditionNumber(samples: samples), layers[69].conditionNumber(samples: samples)
    )
    let expected = rising.conditionNumber(depth: 70) / rising.conditionNumber(depth: 50)
    #expect(abs(later / late / expected - 1) < 0.1)
  }
}

/// Where the laws of Xiao et al. do not hold, none is given.
@Suite struct LawlessTests {
  @Test(arguments: [(Activation.tanh, 0.5), (.erf, .pi / 4), (.leakyRelu(slope: 1), 1)])
  func withoutAPositiveFixedPointThereIsNoLaw(activation: Activation, weightVariance: Double) throws {
    let result = try analysis(activation, weightVariance, 0)
    #expect(result.conditionNumberLaw(samples: 10) == nil)
    #expect(result.correlationFixedPoint == nil && result.correlationSlope == nil)
    #expect(result.tangentFixedPoint == nil)
  }

  /// Their scale says nothing, so that they are as at criticality whatever σ_w² is: κ at depth 200 says so too.
  @Test(arguments: [0.1, 1.5, 2, 3, 50]) func linesWithoutBiasAreAlwaysCritical(weightVariance: Double) throws
  {
    let result = try analysis(.relu, weightVariance, 0)
    #expect(result.conditionNumberLaw(samples: 10) == .converges(limit: 13.0 / 3))
    let kappa = try #require(result.layers(200, correlation: 0.5, variance: 1).last)
      .conditionNumber(samples: 10)
    #expect(abs(kappa - 4.6174866) < 1e-6)
    // At depths where unscaled kernels leave the range of doubles on either side.
    for biasVariance in [0, 1e-3] where biasVariance == 0 || weightVariance > 2 {
      #expect(
        try analysis(.relu, weightVariance, biasVariance).maximalDepth(
          conditionNumberAtMost: 12, samples: 10, correlation: 0.5, variance: 1, limit: 10_000) == nil)
    }
  }

  @Test func aGainOfOneMayBeOffByRounding() throws {
    for slope in stride(from: 0.01, through: 0.99, by: 0.07) {
      let gain = 2 / (1 + slope * slope)
      #expect(try analysis(.leakyRelu(slope: slope), gain, 0, data: 0.7).varianceFixedPoint == .stable(0.7))
      #expect(try analysis(.leakyRelu(slope: slope), gain, 0.1).varianceFixedPoint == .grows(factor: 1))
    }
  }

  @Test func variancesBeyondTheQuadratureAreRefused() throws {
    #expect(throws: MeanFieldError.self) { try analysis(.tanh, 1e5, 0.05) }
    let bounded = try analysis(.tanh, 1.5, 0.05)
    #expect(throws: MeanFieldError.self) { try bounded.layers(3, correlation: 0.5, variance: 1e5) }
    #expect(throws: MeanFieldError.self) {
      try bounded.maximalDepth(conditionNumberAtMost: 1e4, samples: 3, correlation: 0.5, variance: 1e5)
    }
  }

  @Test func countlessSamplesOverflowNothing() throws {
    let law = try analysis(.relu, 1, 0).conditionNumberLaw(
      samples: .max, readout: .averagePooling(positions: .max))
    guard case .converges(let limit) = law else {
      Issue.record("no limit")
      return
    }
    #expect(limit > 1e37 && limit.isFinite)
  }
}

@Suite struct BooleanCubeTests {
  private func maps() throws -> WideNetworkMaps {
    try WideNetworkMaps(activation: .relu, weightVariance: 2, biasVariance: 2)
  }

  /// Krawtchouk's sum in whole numbers, for the dimensions where it does not cancel.
  @Test(arguments: [1, 2, 5, 8]) func halfDifferencesAreKrawtchouksSum(dimension: Int) throws {
    let values = (0...dimension).map { exp(1.3 * Double(dimension - 2 * $0) / Double(dimension)) }
    let spectrum = try BooleanCubeSpectrum(valuesByFlips: values)
    for k in 0...dimension {
      // Coefficients of (1 − z)ᵏ(1 + z)ᵈ⁻ᵏ.
      var polynomial = [1.0]
      for factor in 0..<dimension {
        let sign = factor < k ? -1.0 : 1
        polynomial = (0...polynomial.count).map { index in
          (index < polynomial.count ? polynomial[index] : 0) + (index > 0 ? sign * polynomial[index - 1] : 0)
        }
      }
      let expected = zip(polynomial, values).reduce(0) { $0 + $1.0 * $1.1 } / pow(2, Double(dimension))
      #expect(abs(spectrum.degrees[k].eigenvalue - expected) < 1e-14)
    }
  }

  @Test(arguments: [7, 64, 128]) func variancesAreSharedOutWhole(dimension: Int) throws {
    for kernel in [BooleanCubeSpectrum.Kernel.conjugate, .tangent] {
      let spectrum = try BooleanCubeSpectrum(kernel, try maps(), hiddenLayers: 2, dimension: dimension)
      let sum = spectrum.fractionalVariance(fromDegree: 0)
      // What is lost is what rounding hides in degrees with astronomically many monomials.
      #expect(sum <= 1 + 1e-9 && sum > 0.9, "\(sum)")
      #expect(spectrum.degrees.allSatisfy { $0.eigenvalue >= 0 })
      #expect(spectrum.maximalLearningRate() == 2 * spectrum.maximalLearningRate(.whole))
    }
  }

  /// An odd activation without bias learns odd functions alone.
  @Test func oddNetworksHaveOddSpectra() throws {
    let maps = try WideNetworkMaps(activation: .erf, weightVariance: 2)
    let spectrum = try BooleanCubeSpectrum(.tangent, maps, hiddenLayers: 2, dimension: 7)
    for degree in spectrum.degrees where degree.degree % 2 == 0 { #expect(degree.eigenvalue == 0) }
    #expect(spectrum.largestEigenvalue == spectrum.degrees[1].eigenvalue)
  }

  @Test func depthFavoursHigherDegrees() throws {
    let maps = try WideNetworkMaps(activation: .relu, weightVariance: 2, biasVariance: 0.1)
    var last = 0
    for degree in [0, 1, 3] {
      let best = try BooleanCubeSpectrum.optimalDepth(
        forDegree: degree, .tangent, maps, dimension: 16, depths: 0...12)
      if degree > 0 { #expect(best.hiddenLayers >= last) }
      let direct = try BooleanCubeSpectrum(.tangent, maps, hiddenLayers: best.hiddenLayers, dimension: 16)
      #expect(abs(direct.degrees[degree].fractionalVariance - best.fractionalVariance) < 1e-12)
      if degree > 0 { last = best.hiddenLayers }
    }
  }

  @Test func mistakesAreTyped() throws {
    let maps = try maps()
    for dimension in [0, 1001] {
      #expect(throws: MeanFieldError.self) {
        try BooleanCubeSpectrum(.tangent, maps, hiddenLayers: 1, dimension: dimension)
      }
    }
    #expect(throws: MeanFieldError.self) { try BooleanCubeSpectrum(valuesByFlips: [1, .nan]) }
    #expect(throws: MeanFieldError.self) {
      try BooleanCubeSpectrum.optimalDepth(forDegree: 9, .tangent, maps, dimension: 8, depths: 1...2)
    }
  }
}
