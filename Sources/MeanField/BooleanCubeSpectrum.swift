import Foundation

/// The eigenvalues of a fully connected network's kernels on the Boolean cube {±1}ᵈ with the uniform measure (Yang and Salman
/// 2019). A kernel depends on x·x′/d alone, so monomials are its eigenfunctions, and those of one degree share an
/// eigenvalue.
public struct BooleanCubeSpectrum: Hashable, Sendable {
  /// The eigenspace of one degree.
  public struct Degree: Hashable, Sendable {
    /// k, from 0 to d.
    public let degree: Int
    /// μ_k; 0 where it is smaller than rounding can tell from 0.
    public let eigenvalue: Double
    /// How far rounding may have moved the eigenvalue.
    public let uncertainty: Double
    /// The number of monomials of this degree, C(d, k); a float64 since it soon exceeds whole numbers.
    public let multiplicity: Double
    /// C(d, k) μ_k/Φ(1): the share of the degree in the variance of a random function drawn from the kernel.
    public let fractionalVariance: Double
  }

  /// d.
  public let dimension: Int
  /// Of degree 0 … d.
  public let degrees: [Degree]

  /// Largest d; beyond it the multiplicities overflow.
  public static let largestDimension = 1000

  /// Which of a network's kernels.
  public enum Kernel: Sendable {
    /// The conjugate kernel, also NNGP: the network with its last layer alone trained.
    case conjugate
    /// The tangent kernel: all layers trained.
    case tangent
  }

  /// - Parameters:
  ///   - maps: of every layer; inputs have |x|²/d = 1.
  ///   - hiddenLayers: ≥ 0.
  ///   - dimension: 1 … 1000.
  ///
  /// Complexity: O(d · hidden layers) duals and O(d³).
  public init(
    _ kernel: Kernel, _ maps: WideNetworkMaps, hiddenLayers: Int, dimension: Int
  ) throws(MeanFieldError) {
    try Self.check(dimension: dimension, hiddenLayers: hiddenLayers)
    let values = (0...dimension).map { flips in
      let correlation = Double(dimension - 2 * flips) / Double(dimension)
      var pair = KernelPair(maps, inputCorrelation: correlation)
      // Equal inputs have equal kernels to the last bit.
      if flips == 0 { pair.covariance = pair.variance }
      for _ in 0..<hiddenLayers { pair = pair.advanced(through: maps) }
      return kernel == .conjugate ? pair.covariance : pair.tangentOffDiagonal
    }
    try self.init(valuesByFlips: values)
  }

  /// - Parameter values: Φ((d − 2r)/d) for r = 0 … d sign flips.
  /// - Throws: `MeanFieldError` for fewer than two values, too many, or values that are not finite.
  ///
  /// Complexity: O(d³).
  public init(valuesByFlips values: [Double]) throws(MeanFieldError) {
    let d = values.count - 1
    try Self.check(dimension: d, hiddenLayers: 0)
    guard values.allSatisfy(\.isFinite) else { throw .undefined("the kernel overflows at this depth") }
    dimension = d
    // μ_k = 2⁻ᵈ Σ_r [zʳ](1 − z)ᵏ(1 + z)ᵈ⁻ᵏ Φ_r: k half differences, then d − k half sums. No alternating sum of
    // binomials, so nothing cancels but what the kernel's smoothness makes small.
    let total = values[0]
    let rounding = 0x1p-50 * (values.map { abs($0) }.max() ?? 0)
    var differences = values
    var multiplicity = 1.0
    var degrees: [Degree] = []
    for k in 0...d {
      if k > 0 {
        differences = zip(differences, differences.dropFirst()).map { ($0 - $1) / 2 }
        multiplicity *= Double(d - k + 1) / Double(k)
      }
      var sums = differences
      while sums.count > 1 {
        for index in 0..<sums.count - 1 { sums[index] = (sums[index] + sums[index + 1]) / 2 }
        sums.removeLast()
      }
      // Errors of the d + 1 values are averaged with weights whose squares sum to C(2d, d)/4ᵈ ≈ 1/√(πd).
      let uncertainty = rounding / pow(.pi * Double(max(1, d)), 0.25)
      let eigenvalue = abs(sums[0]) > uncertainty ? sums[0] : 0
      degrees.append(
        Degree(
          degree: k, eigenvalue: eigenvalue, uncertainty: uncertainty, multiplicity: multiplicity.rounded(),
          fractionalVariance: total != 0 ? multiplicity * eigenvalue / total : 0))
    }
    self.degrees = degrees
  }

  /// maxₖ μ_k.
  public var largestEigenvalue: Double { degrees.map(\.eigenvalue).max() ?? 0 }

  /// The largest learning rate of gradient descent on the population loss: 2/max μ_k for ½E(f − y)², half of that for
  /// E(f − y)².
  public func maximalLearningRate(_ convention: PopulationLoss = .half) -> Double {
    (convention == .half ? 2 : 1) / largestEigenvalue
  }

  /// How the population loss is normalised.
  public enum PopulationLoss: Sendable {
    /// ½E(f − y)².
    case half
    /// E(f − y)².
    case whole
  }

  /// Σ of the fractional variances from a degree on: how much weight a random function puts on what is not simple.
  public func fractionalVariance(fromDegree degree: Int) -> Double {
    degrees.dropFirst(max(0, degree)).reduce(0) { $0 + $1.fractionalVariance }
  }

  /// The number of hidden layers at which a degree's share of the variance is largest, and the share there.
  public struct OptimalDepth: Hashable, Sendable {
    /// k.
    public let degree: Int
    /// At which its share is largest.
    public let hiddenLayers: Int
    /// Its share there, from 0 to 1.
    public let fractionalVariance: Double
  }

  /// - Parameter depths: at least 0; the smallest wins where shares are equal.
  public static func optimalDepth(
    forDegree degree: Int, _ kernel: Kernel, _ maps: WideNetworkMaps, dimension: Int, depths: ClosedRange<Int>
  ) throws(MeanFieldError) -> OptimalDepth {
    guard (0...max(0, dimension)).contains(degree) else {
      throw .invalidParameter("the degree is \(degree); expected 0 to the dimension \(dimension)")
    }
    return try optimalDepths(kernel, maps, dimension: dimension, depths: depths)[degree]
  }

  /// Of every degree, 0 … d, each with the number of hidden layers that suits it best.
  ///
  /// - Parameter depths: at least 0; the smallest wins where shares are equal.
  ///
  /// Complexity: for each depth O(d) duals and O(d³).
  public static func optimalDepths(
    _ kernel: Kernel, _ maps: WideNetworkMaps, dimension: Int, depths: ClosedRange<Int>
  ) throws(MeanFieldError) -> [OptimalDepth] {
    try check(dimension: dimension, hiddenLayers: depths.lowerBound)
    var best: [OptimalDepth] = []
    // One layer after the other, all correlations at once.
    var pairs = (0...dimension).map {
      KernelPair(maps, inputCorrelation: Double(dimension - 2 * $0) / Double(dimension))
    }
    for depth in 0...depths.upperBound {
      if depth > 0 { pairs = pairs.map { $0.advanced(through: maps) } }
      guard depths.contains(depth) else { continue }
      let spectrum = try BooleanCubeSpectrum(
        valuesByFlips: pairs.map { kernel == .conjugate ? $0.covariance : $0.tangentOffDiagonal })
      let here = spectrum.degrees.map {
        OptimalDepth(degree: $0.degree, hiddenLayers: depth, fractionalVariance: $0.fractionalVariance)
      }
      best =
        best.isEmpty ? here : zip(best, here).map { $1.fractionalVariance > $0.fractionalVariance ? $1 : $0 }
    }
    return best
  }

  private static func check(dimension: Int, hiddenLayers: Int) throws(MeanFieldError) {
    guard (1...largestDimension).contains(dimension) else {
      throw .invalidParameter("the dimension is \(dimension); expected 1 to \(largestDimension)")
    }
    guard (0...100_000).contains(hiddenLayers) else {
      throw .invalidParameter("there are \(hiddenLayers) hidden layers; expected 0 to 100000")
    }
  }
}
