import NetworkGraph

/// A number that says something about an architecture before it is trained.
///
/// A conformance is a pure function of the measurements it declares in `description.needs`; it reads no other.
public protocol ScoringMetric: Sendable {
  var description: MetricDescription { get }

  /// Never throws: what cannot be computed is a failure with an outcome and a sentence.
  func value(of measurements: Measurements) -> MetricValue
}

/// How large a network is.
public struct NetworkSize: Codable, Hashable, Sendable {
  /// Trainable numbers.
  public let parameters: Int
  /// Of convolutions and dense layers, per image, forward.
  public let multiplyAdds: Int
  /// Convolutions and dense layers on the path that has most of them.
  public let depth: Int

  /// - Parameters:
  ///   - multiplyAdds: of one image, forward.
  ///   - depth: convolutions and dense layers on the path that has most of them.
  public init(parameters: Int, multiplyAdds: Int, depth: Int) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.depth = depth
  }

  /// Counted on the network as it stands.
  public init(_ network: Network) {
    self.init(
      parameters: network.parameterCount, multiplyAdds: network.multiplyAdds, depth: network.depth)
  }
}
