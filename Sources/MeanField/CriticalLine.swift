import NetworkGraph

/// A point at the edge of chaos: χ₁(q*) = 1.
public struct CriticalPoint: Hashable, Sendable {
  /// σ_w².
  public let weightVariance: Double
  /// σ_b².
  public let biasVariance: Double
  /// q* there; nil where every variance is as critical (ReLU and its relatives).
  public let variance: Double?
}

/// The edge of chaos σ_w²(σ_b²) of an activation.
///
/// At criticality q* determines both: σ_w² = 1/E[φ′²], σ_b² = q* − E[φ²]/E[φ′²]. The line is this curve over q*, so no fixed
/// point has to be found inside a search for another.
public struct CriticalLine: Hashable, Sendable {
  /// φ.
  public let activation: Activation

  /// The line of φ.
  public init(_ activation: Activation) { self.activation = activation }

  /// The critical σ_w² for a σ_b².
  ///
  /// For activations made of two lines χ₁ = σ_w² E[φ′²] everywhere, so σ_w² does not depend on σ_b² (2 for ReLU); with σ_b² > 0
  /// variances grow linearly there.
  /// - Returns: nil when no stable q* makes χ₁ equal to 1.
  public func point(biasVariance: Double) throws(MeanFieldError) -> CriticalPoint? {
    try MeanFieldError.require(biasVariance, "the bias variance")
    if let gain = activation.homogeneousGain {
      guard gain > 0 else { return nil }
      return CriticalPoint(weightVariance: 1 / gain, biasVariance: biasVariance, variance: nil)
    }
    let maps = try WideNetworkMaps(activation: activation, weightVariance: 1)
    // At q = 0 the line starts, at σ_w² = 1/φ′(0)², if φ(0) = 0.
    let slope = maps.gradientGain(0)
    if biasVariance == 0, maps.variance(0) == 0, slope > 0, maps.curvature(1e-6) < 0 {
      return CriticalPoint(weightVariance: 1 / slope, biasVariance: 0, variance: 0)
    }
    func excess(_ q: Double) -> Double {
      let gain = maps.gradientGain(q)
      return gain > 0 ? (q - maps.variance(q) / gain) - biasVariance : -.infinity
    }
    var (last, lastExcess) = (1e-9, excess(1e-9))
    while last < 1e6 {
      let next = last * 1.5
      let nextExcess = excess(next)
      if lastExcess < 0, nextExcess >= 0, lastExcess.isFinite {
        let q = bracketedRoot(excess, last, lastExcess, next, nextExcess)
        // Q′(q*) = 1 + σ_w² E[φ″φ]: a variance that the network flees is no fixed point of its.
        if maps.curvature(q) < 0 {
          return CriticalPoint(
            weightVariance: 1 / maps.gradientGain(q), biasVariance: biasVariance, variance: q)
        }
      }
      (last, lastExcess) = (next, nextExcess)
    }
    return nil
  }
}
