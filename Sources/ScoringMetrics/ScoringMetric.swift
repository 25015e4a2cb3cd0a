import NetworkGraph
import Trainability

/// A number that says something about an architecture before it is trained.
///
/// A conformance is a pure function of the measurements it declares in `description.needs`; it reads no other.
public protocol ScoringMetric: Sendable {
  var description: MetricDescription { get }

  /// Never throws: what cannot be computed is a failure with an outcome and a sentence.
  func value(of measurements: Measurements) -> MetricValue
}

/// What was measured of one candidate, of which metrics are functions.
public struct Measurements: Sendable {
  /// Parameters, multiply–adds and depth of the canonical network.
  public let network: NetworkSize
  /// Nil when no metric asked for it.
  public let tangentKernelSpectrum: TangentKernelSpectrum?

  public init(network: NetworkSize, tangentKernelSpectrum: TangentKernelSpectrum? = nil) {
    self.network = network
    self.tangentKernelSpectrum = tangentKernelSpectrum
  }
}

/// How large a network is.
public struct NetworkSize: Codable, Hashable, Sendable {
  /// Trainable numbers.
  public let parameters: Int
  /// Of convolutions and dense layers, per image, forward.
  public let multiplyAdds: Int
  /// Convolutions and dense layers on the path that has most of them.
  public let depth: Int

  public init(parameters: Int, multiplyAdds: Int, depth: Int) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.depth = depth
  }

  public init(_ network: Network) {
    self.init(
      parameters: network.parameterCount, multiplyAdds: network.multiplyAdds, depth: network.depth)
  }
}

/// The spectrum of a tangent kernel, or why there is none.
public enum TangentKernelSpectrum: Hashable, Sendable {
  case spectrum(KernelSpectrum)
  /// `outcome` is never `.ok`.
  case failure(Outcome, message: String)
}
