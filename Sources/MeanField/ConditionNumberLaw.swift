import Foundation

/// How the last hidden layer is read out, which decides what the kernel of a convolutional network has in common with
/// that of a fully connected one (Xiao et al. 2020, §4).
public enum Readout: Hashable, Sendable {
  case fullyConnected
  /// Convolutions, then flatten: behaves as fully connected.
  case flatten
  /// Convolutions, then the mean over so many positions.
  case averagePooling(positions: Int)

  /// d: positions that are averaged.
  public var positions: Int { if case .averagePooling(let positions) = self { max(1, positions) } else { 1 } }
}

/// What becomes of the tangent kernel's condition number κ of m inputs as depth l grows (Xiao et al. 2020, table 1). The
/// laws are of networks whose variances settle at a positive q*, and of activations made of two lines without bias, of
/// which the variance's scale says nothing: those are always as at criticality.
public enum ConditionNumberLaw: Hashable, Sendable {
  /// Ordered: κ ~ d m p*/(l χ₁ˡ), up to a factor that depends on the inputs.
  case explodes(scale: Double, gain: Double)
  /// Critical: κ tends to (md + 2)/2, with kinks in the activation to (md + 3)/3.
  case converges(limit: Double)
  /// Chaotic: κ − 1 ~ m d p_ab*/p_l with p_l = q*(χ₁ˡ − 1)/(χ₁ − 1).
  case approachesOne(scale: Double, gain: Double)

  /// The law's κ at a depth of l ≥ 1 layers.
  public func conditionNumber(depth: Double) -> Double {
    switch self {
    case .explodes(let scale, let gain): scale / (depth * pow(gain, depth))
    case .converges(let limit): limit
    case .approachesOne(let scale, let gain): 1 + scale / (pow(gain, depth) - 1)
    }
  }

  /// In words, l being depth.
  public var text: String {
    switch self {
    case .explodes: "κ ~ d m p*/(l χ₁^l): explodes"
    case .converges: "κ tends to a constant"
    case .approachesOne: "κ − 1 ~ m d p_ab*/p_l ~ χ₁^(−l): tends to 1"
    }
  }
}

extension MeanFieldAnalysis {
  /// - Parameters:
  ///   - samples: m ≥ 1.
  /// - Returns: nil where there is no positive q*, unless the activation is made of two lines and there is no bias; where
  ///   the network is linear; and where χ_c* is not below 1.
  public func conditionNumberLaw(samples: Int, readout: Readout = .fullyConnected) -> ConditionNumberLaw? {
    let md = Double(max(1, samples)) * Double(readout.positions)
    if maps.keepsCorrelations { return nil }
    if maps.activation.homogeneousGain != nil, maps.biasVariance == 0 {
      return .converges(limit: (md + 3) / 3)
    }
    guard let q = varianceFixedPoint.value, q > 0 else { return nil }
    switch phase {
    case .critical:
      return .converges(limit: maps.activation.hasKinks ? (md + 3) / 3 : (md + 2) / 2)
    case .ordered:
      return tangentFixedPoint.map { .explodes(scale: md * $0, gain: gradientGain) }
    case .chaotic:
      guard let offDiagonal = tangentOffDiagonalFixedPoint else { return nil }
      return .approachesOne(scale: md * offDiagonal * (gradientGain - 1) / q, gain: gradientGain)
    }
  }

  /// How the mean predictor P(Θ) differs from that of an untrained prior as depth l grows (Xiao et al. 2020, table 1): what
  /// becomes of generalisation. Nil in a chaotic network without q*.
  public var generalisationLaw: String? {
    if phase == .chaotic, generalisationDepthScale == nil { return nil }
    return switch phase {
    case .ordered: "ΔP = O(1): does not depend on depth"
    case .critical: "ΔP = d O(1/l)"
    case .chaotic: "ΔP = d O(l (χ_c*/χ₁)^l): vanishes beyond ξ_*"
    }
  }

  /// `generalisationLaw` at a depth of l layers, its constant left out: 1, d/l or d l (χ_c*/χ₁)ˡ. Nil as for the law.
  public func meanPredictorScale(depth: Double, readout: Readout = .fullyConnected) -> Double? {
    let d = Double(readout.positions)
    switch phase {
    case .ordered: return 1
    case .critical: return d / depth
    case .chaotic: return generalisationDepthScale.map { d * depth * exp(-depth / $0) }
    }
  }

  /// The factor C in "trainable up to C depth scales" that Xiao et al. (2020) found to fit their experiments.
  public static let trainableDepthScales = 8.0

  /// About how deep a network may be and still train: C ξ₁ in the ordered phase, no limit otherwise.
  public var trainableDepth: Double {
    phase == .ordered ? Self.trainableDepthScales * gradientDepthScale : .infinity
  }

  /// About how deep a network may be and still generalise: C ξ_* in the chaotic phase, where it is nil without a q*; no
  /// limit by this theory otherwise.
  public var generalisingDepth: Double? {
    phase == .chaotic ? generalisationDepthScale.map { Self.trainableDepthScales * $0 } : .infinity
  }

  /// The layers of a network on m inputs of equal length that all have the same correlation: kernels in front of layer 1, 2, ….
  ///
  /// - Parameters:
  ///   - correlation: of the first pre-activations, −1 … 1.
  ///   - variance: of the first pre-activations; q* when nil.
  /// - Throws: `MeanFieldError.undefined` when q* is asked for and there is none.
  public func layers(
    _ depth: Int, correlation: Double, variance: Double? = nil
  ) throws(MeanFieldError) -> [KernelPair] {
    guard depth >= 1, depth <= 1_000_000 else {
      throw .invalidParameter("the depth is \(depth); expected 1 to 1000000")
    }
    var pair = try firstLayer(correlation, variance)
    var layers = [pair]
    for _ in 1..<depth {
      try maps.requireRange(pair.variance)
      pair = pair.advanced(through: maps)
      layers.append(pair)
    }
    return layers
  }

  /// The deepest network whose tangent kernel on m such inputs has a condition number of at most `budget` at every depth up to
  /// its own; nil when that holds for `limit` layers too.
  public func maximalDepth(
    conditionNumberAtMost budget: Double, samples: Int, correlation: Double, variance: Double? = nil,
    limit: Int = 10_000
  ) throws(MeanFieldError) -> Int? {
    guard budget >= 1 else {
      throw .invalidParameter("the condition number's budget is \(budget); expected 1 or more")
    }
    guard samples >= 1 else { throw .invalidParameter("\(samples) samples; expected 1 or more") }
    var (pair, maps) = (try firstLayer(correlation, variance), maps)
    // Chaotic networks begin with a large κ that falls: it is the rise that ends trainability.
    var last = Double.infinity
    for layer in 1...max(1, limit) {
      let kappa = pair.conditionNumber(samples: samples)
      if !(kappa <= budget), kappa >= last || layer == 1 && phase != .chaotic { return layer - 1 }
      // Inputs that are as good as orthogonal stay so.
      if phase == .chaotic, kappa <= 1 + 1e-9 { return nil }
      last = kappa
      try maps.requireRange(pair.variance)
      pair = pair.advanced(through: maps)
      try Self.rescale(&pair, &maps)
    }
    return nil
  }

  /// Brings variances back to 1 before they leave the range of floating point. Of two lines through the origin that changes
  /// nothing but the scale, when the bias is brought along; other activations are left as they are.
  private static func rescale(_ pair: inout KernelPair, _ maps: inout WideNetworkMaps) throws(MeanFieldError)
  {
    let scale = pair.variance
    guard maps.activation.homogeneousGain != nil, scale > 0, !(1e-100...1e100).contains(scale) else { return }
    maps = try WideNetworkMaps(
      activation: maps.activation, weightVariance: maps.weightVariance,
      biasVariance: maps.biasVariance / scale)
    pair.variance = 1
    pair.covariance /= scale
    pair.tangentDiagonal /= scale
    pair.tangentOffDiagonal /= scale
  }

  private func firstLayer(_ correlation: Double, _ variance: Double?) throws(MeanFieldError) -> KernelPair {
    guard abs(correlation) <= 1 else {
      throw .invalidParameter("the correlation is \(correlation); expected a number from −1 to 1")
    }
    guard let q = variance ?? varianceFixedPoint.value else {
      throw .undefined(
        "the variance grows without bound, so there is no q* to start from: name the data's variance")
    }
    try MeanFieldError.require(q, "the variance")
    return KernelPair(variance: q, covariance: correlation * q)
  }
}
