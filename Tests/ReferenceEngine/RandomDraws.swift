import Foundation
import NetworkGraph

/// SplitMix64 (Steele et al. 2014): random numbers for tests, reproducible and independent of the program's own.
public struct TestRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// N(0, 1) by Box–Muller.
  public mutating func normal() -> Double {
    let u = Double.random(in: 0x1p-53...1, using: &self)
    let angle = Double.random(in: 0..<1, using: &self)
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * angle)
  }

  public mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }
}

extension Network {
  /// Stored parameters that keep signals of order one: weights N(0, 1.6/fan_in), biases and shifts away from zero,
  /// scales and variances away from one, running statistics included.
  public func randomParameters(seed: UInt64) -> [String: [Double]] {
    var random = TestRandom(seed: seed)
    var result: [String: [Double]] = [:]
    for index in nodes.indices {
      for array in parameterArrays(at: index) {
        let normals = random.normals(array.count)
        result[ReferenceModel.key(array, nodes[index])] = normals.map { normal in
          switch array.role {
          case .weight: normal * (1.6 / Double(array.fanIn)).squareRoot()
          case .bias, .normalizationShift, .runningMean: 0.3 * normal
          case .normalizationScale: 1 + 0.3 * normal
          case .runningVariance: exp(0.4 * normal)
          }
        }
      }
    }
    return result
  }
}
