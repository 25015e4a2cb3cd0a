import Datasets
import LaneKernels
import NetworkGraph
import RandomStreams

/// Where a network's parameters come from.
public enum ParameterSource: Sendable {
  /// Drawn by the settings' initialization, addressed by canonical position: the same seed gives the same bits
  /// whatever the thread count or the order of evaluation.
  case drawn(seed: UInt64)
  /// Stored arrays by the original network's names (`stem.weight`), as a weights file holds them. Missing γ, β,
  /// running means and variances are 1, 0, 0 and 1.
  case arrays([String: NumericArray])

  /// Checks a weights file against the network it is for.
  ///
  /// - Throws: `KernelError.parameters` for the first missing, surplus or misshaped array.
  public static func checked(
    _ arrays: [String: NumericArray], for network: Network
  ) throws(KernelError) -> ParameterSource {
    var surplus = Set(arrays.keys)
    for index in network.nodes.indices {
      for expected in network.parameterArrays(at: index) {
        let name = "\(network.nodes[index].name).\(expected.suffix)"
        surplus.remove(name)
        guard let array = arrays[name] else {
          guard expected.role == .weight || expected.role == .bias else { continue }
          throw .parameters("the weights lack the array '\(name)' of shape \(expected.dimensions)")
        }
        guard array.shape == expected.dimensions else {
          throw .parameters("array '\(name)' has shape \(array.shape); expected \(expected.dimensions)")
        }
      }
    }
    if let name = surplus.sorted().first {
      throw .parameters("array '\(name)' belongs to no layer of the network")
    }
    return .arrays(arrays)
  }
}

/// The parameters of one dense or convolution layer as the passes use them: the effective weights, and the factors
/// by which gradients by the stored parameters differ from gradients by the effective ones.
final class LayerParameters<Scalar: LaneScalar> {
  let weight: UnsafeMutablePointer<Scalar>
  let bias: UnsafeMutablePointer<Scalar>?
  /// effective = factor · stored; it enters the kernel squared.
  let weightFactor: Double
  let biasFactor: Double
  private let pool: BufferPool

  init(
    scaling: ParameterScaling, weight array: ParameterArray, hasBias: Bool, node: String,
    originalName: String,
    outputs: Int, groups: Int, source: ParameterSource, settings: KernelSettings, workers: Workers,
    pool: BufferPool
  ) throws(KernelError) {
    self.pool = pool
    let laws = ParameterLaws(scaling, weight: array, outputs: outputs, groups: groups, settings: settings)
    (weightFactor, biasFactor) = (laws.weightFactor, laws.biasFactor)
    let (law, biasLaw) = (laws.weight, laws.bias)
    weight = pool.take(Scalar.self, count: array.count)
    bias = hasBias ? pool.take(Scalar.self, count: outputs) : nil
    if case .drawn(let seed) = source, law.shape == .orthogonal || law.shape == .deltaOrthogonal {
      let stream = RandomStream(seed: seed, purpose: "weights", position: "\(node).weight")
      let draw = OrthogonalDraw(
        stream: stream, array: array, groups: groups, gain: law.weightVariance.squareRoot(), workers: workers,
        pool: pool)
      if law.shape == .orthogonal || array.dimensions.count == 2 {
        draw.fillOrthogonal(weight, factor: Scalar(weightFactor))
      } else {
        try draw.fillDeltaOrthogonal(weight, factor: Scalar(weightFactor), layer: originalName)
      }
    } else {
      try Self.fill(
        weight, count: array.count, factor: weightFactor, uniform: law.shape == .uniform,
        variance: law.weightVariance,
        array: (node, originalName, "weight"), source: source, workers: workers, pool: pool)
    }
    if let bias {
      try Self.fill(
        bias, count: outputs, factor: biasFactor, uniform: biasLaw.shape == .uniform,
        variance: biasLaw.biasVariance,
        array: (node, originalName, "bias"), source: source, workers: workers, pool: pool)
    }
  }

  deinit {
    pool.giveBack(weight)
    if let bias { pool.giveBack(bias) }
  }

  private static func fill(
    _ target: UnsafeMutablePointer<Scalar>, count: Int, factor: Double, uniform: Bool, variance: Double,
    array: (node: String, original: String, suffix: String), source: ParameterSource, workers: Workers,
    pool: BufferPool
  ) throws(KernelError) {
    let factor = Scalar(factor)
    switch source {
    case .arrays(let arrays):
      guard let stored = arrays["\(array.original).\(array.suffix)"], stored.values.count == count else {
        throw .parameters(
          "the weights lack the array '\(array.original).\(array.suffix)' of \(count) numbers")
      }
      for index in 0..<count { target[index] = Scalar(stored.values[index]) * factor }
    case .drawn(let seed):
      guard variance > 0 else { return target.fillWithZeros(count) }
      let stream = RandomStream(seed: seed, purpose: "weights", position: "\(array.node).\(array.suffix)")
      let scale = Float((uniform ? 3 * variance : variance).squareRoot())
      nonisolated(unsafe) let target = target
      workers.forEachRange(of: count, grain: 1 << 16) { range in
        var piece = [Float](repeating: 0, count: min(range.count, 1 << 12))
        var start = range.lowerBound
        while start < range.upperBound {
          let length = min(piece.count, range.upperBound - start)
          piece.withUnsafeMutableBufferPointer { buffer in
            let part = UnsafeMutableBufferPointer(rebasing: buffer[..<length])
            if uniform {
              stream.fillUniforms(part, startingAt: UInt64(start))
            } else {
              stream.fillNormals(part, startingAt: UInt64(start))
            }
            // Stored parameters are float32 in both precisions, so that both score the same network.
            Scalar.scale(UnsafeBufferPointer(part), by: scale, then: factor, into: target + start)
          }
          start += length
        }
      }
    }
  }
}

/// γ, β and the stored statistics of a normalization, one number a channel.
struct NormalizationParameters {
  var gamma: [Double]
  var beta: [Double]
  var runningMean: [Double]
  var runningVariance: [Double]

  /// Freshly initialized: 1, 0, 0, 1 where a weights file does not say otherwise.
  init(channels: Int, originalName: String, source: ParameterSource) {
    let stored = { (suffix: String, missing: Double) -> [Double] in
      if case .arrays(let arrays) = source, let array = arrays["\(originalName).\(suffix)"],
        array.values.count == channels
      {
        return array.values
      }
      return [Double](repeating: missing, count: channels)
    }
    gamma = stored("weight", 1)
    beta = stored("bias", 0)
    runningMean = stored("running_mean", 0)
    runningVariance = stored("running_var", 1)
  }
}
