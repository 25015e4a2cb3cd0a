import NetworkGraph

extension ParameterFilter {
  /// How many parameters the kernel is over; those of removed batch normalizations are not.
  package func parameterCount(of network: Network, normalization: NormalizationMode) -> Int {
    network.nodes.indices.reduce(0) { count, index in
      if normalization == .removed, case .batchNormalization = network.nodes[index].operation { return count }
      return network.parameterArrays(at: index).reduce(count) { $0 + (includes($1.role) ? $1.count : 0) }
    }
  }

  /// Whether gradients by such arrays enter the kernel.
  func includes(_ role: ParameterArray.Role) -> Bool {
    switch role {
    case .weight: true
    case .normalizationScale: self != .kernels
    case .bias, .normalizationShift: self == .all
    case .runningMean, .runningVariance: false
    }
  }
}
