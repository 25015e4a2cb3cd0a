import NetworkGraph

// Normalizations: y = (x − μ)/√(σ² + ε)·γ + β with μ and the biased σ² over some set of numbers. Batch normalization
// takes each channel over all samples and positions; layer and group normalization take each group of channels of
// one sample.

// MARK: Batch normalization

extension ReferenceModel {
  func channelStatistics(
    _ index: Int, _ batch: [[Double]], given: ChannelStatistics?
  ) -> ChannelStatistics {
    if normalization == .running {
      let parameters = Dictionary(
        network.parameterArrays(at: index).map { ($0.suffix, storedValues(of: $0, at: index)) },
        uniquingKeysWith: { first, _ in first })
      return ChannelStatistics(
        mean: parameters["running_mean"] ?? [], variance: parameters["running_var"] ?? [])
    }
    if normalization == .frozen, let given { return given }
    let maps = Maps(network.nodes[index].shape)
    var result = ChannelStatistics(mean: [], variance: [])
    for channel in 0..<maps.channels {
      let members = batch.flatMap { sample in channelPlaces(maps, channel).map { sample[$0] } }
      let moments = Moments(members)
      result.mean.append(moments.mean)
      result.variance.append(moments.variance)
    }
    return result
  }

  /// One sample under given statistics.
  func normalized(
    _ sample: [Double], shape: TensorShape, _ statistics: ChannelStatistics, epsilon: Double,
    _ parameters: [String: [Double]]
  ) -> [Double] {
    let maps = Maps(shape)
    let gamma = parameters["weight"] ?? []
    let beta = parameters["bias"] ?? []
    var y = sample
    for channel in 0..<maps.channels {
      let deviation = (statistics.variance[channel] + epsilon).squareRoot()
      for place in channelPlaces(maps, channel) {
        y[place] = (sample[place] - statistics.mean[channel]) / deviation * gamma[channel] + beta[channel]
      }
    }
    return y
  }

  /// The statistics are constants: samples stay independent.
  func fixedBatchNormalizationPullback(
    _ index: Int, _ batch: [[Double]], _ statistics: ChannelStatistics, epsilon: Double,
    cotangents: [[Double]]
  ) -> (inputs: [[Double]], parameters: [String: [Double]]) {
    let maps = Maps(network.nodes[index].shape)
    let gamma = parameters(of: index)["weight"] ?? []
    var gradients = batch
    var byScale = [Double](repeating: 0, count: maps.channels)
    var byShift = byScale
    for sample in batch.indices {
      for channel in 0..<maps.channels {
        let deviation = (statistics.variance[channel] + epsilon).squareRoot()
        for place in channelPlaces(maps, channel) {
          let cotangent = cotangents[sample][place]
          gradients[sample][place] = cotangent * gamma[channel] / deviation
          byScale[channel] += cotangent * (batch[sample][place] - statistics.mean[channel]) / deviation
          byShift[channel] += cotangent
        }
      }
    }
    return (gradients, ["weight": byScale, "bias": byShift])
  }

  /// Training mode: gradients go through the statistics, so every sample's cotangent reaches every sample.
  func coupledBatchNormalizationPullback(
    _ index: Int, _ batch: [[Double]], epsilon: Double, cotangents: [[Double]]
  ) -> (inputs: [[Double]], parameters: [String: [Double]]) {
    let maps = Maps(network.nodes[index].shape)
    let gamma = parameters(of: index)["weight"] ?? []
    var gradients = batch
    var byScale = [Double](repeating: 0, count: maps.channels)
    var byShift = byScale
    for channel in 0..<maps.channels {
      let places = channelPlaces(maps, channel)
      let members = batch.flatMap { sample in places.map { sample[$0] } }
      let cotangent = cotangents.flatMap { sample in places.map { sample[$0] } }
      let moments = Moments(members)
      byScale[channel] = zip(cotangent, moments.normalized(members, epsilon: epsilon)).reduce(0) {
        $0 + $1.0 * $1.1
      }
      byShift[channel] = cotangent.reduce(0, +)
      let byMember = moments.pullback(members, cotangent.map { $0 * gamma[channel] }, epsilon: epsilon)
      for (position, gradient) in byMember.enumerated() {
        gradients[position / places.count][places[position % places.count]] = gradient
      }
    }
    return (gradients, ["weight": byScale, "bias": byShift])
  }
}

// MARK: Layer and group normalization

func groupNormalized(
  _ x: [Double], shape: TensorShape, groups: Int, epsilon: Double, _ parameters: [String: [Double]]
) -> [Double] {
  let maps = Maps(shape)
  let gamma = parameters["weight"] ?? []
  let beta = parameters["bias"] ?? []
  var y = x
  for group in 0..<groups {
    let places = groupPlaces(maps, group, of: groups)
    let members = places.map { x[$0.place] }
    let normalized = Moments(members).normalized(members, epsilon: epsilon)
    for (position, (channel, place)) in places.enumerated() {
      y[place] = normalized[position] * gamma[channel] + beta[channel]
    }
  }
  return y
}

func groupNormalizationPullback(
  _ x: [Double], shape: TensorShape, groups: Int, epsilon: Double, _ parameters: [String: [Double]],
  _ cotangent: [Double]
) -> (inputs: [[Double]], parameters: [String: [Double]]) {
  let maps = Maps(shape)
  let gamma = parameters["weight"] ?? []
  var gradient = x
  var byScale = [Double](repeating: 0, count: maps.channels)
  var byShift = byScale
  for group in 0..<groups {
    let places = groupPlaces(maps, group, of: groups)
    let members = places.map { x[$0.place] }
    let moments = Moments(members)
    let normalized = moments.normalized(members, epsilon: epsilon)
    for (position, (channel, place)) in places.enumerated() {
      byScale[channel] += cotangent[place] * normalized[position]
      byShift[channel] += cotangent[place]
    }
    let byMember = moments.pullback(
      members, places.map { cotangent[$0.place] * gamma[$0.channel] }, epsilon: epsilon)
    for (position, (_, place)) in places.enumerated() { gradient[place] = byMember[position] }
  }
  return ([gradient], ["weight": byScale, "bias": byShift])
}

// MARK: Shared

/// Mean and biased variance of some numbers.
private struct Moments {
  let mean: Double
  let variance: Double

  init(_ members: [Double]) {
    let count = Double(members.count)
    let mean = members.reduce(0, +) / count
    self.mean = mean
    variance = members.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
  }

  func normalized(_ members: [Double], epsilon: Double) -> [Double] {
    members.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }

  /// From cotangents of the normalized numbers to cotangents of the numbers: directly, through the variance and
  /// through the mean (Ioffe & Szegedy 2015, section 3).
  func pullback(_ members: [Double], _ cotangent: [Double], epsilon: Double) -> [Double] {
    let count = Double(members.count)
    let deviation = (variance + epsilon).squareRoot()
    var byVariance = 0.0
    var byMean = 0.0
    for (member, gradient) in zip(members, cotangent) {
      byVariance -= gradient * (member - mean) / (2 * (variance + epsilon) * deviation)
      byMean -= gradient / deviation
    }
    for member in members { byMean -= byVariance * 2 * (member - mean) / count }
    return zip(members, cotangent).map { member, gradient in
      gradient / deviation + byVariance * 2 * (member - mean) / count + byMean / count
    }
  }
}

private func channelPlaces(_ maps: Maps, _ channel: Int) -> [Int] {
  (0..<maps.height).flatMap { row in (0..<maps.width).map { maps.index(channel, row, $0) } }
}

private func groupPlaces(_ maps: Maps, _ group: Int, of groups: Int) -> [(channel: Int, place: Int)] {
  let size = maps.channels / groups
  return (group * size..<(group + 1) * size).flatMap { channel in
    channelPlaces(maps, channel).map { (channel, $0) }
  }
}
