import Foundation
import MeanField
import NetworkGraph

/// The phases of an activation over weight and bias variance: which networks are ordered, critical or chaotic, and how deep
/// gradients reach.
package struct PhaseDiagram: Sendable {
  package let activation: Activation
  package let weightVariances: ClosedRange<Double>
  package let biasVariances: ClosedRange<Double>
  /// Points along each axis.
  package let resolution: Int
  /// log χ₁ by row (σ_b²) and column (σ_w²).
  package let logarithmicGains: [[Double]]
  /// 1 where the variance grows without bound, else 0.
  package let growth: [[Double]]
  /// The critical line, by rising σ_b².
  package let criticalLine: [PlotPoint]

  /// - Parameters:
  ///   - weightVariances: positive.
  ///   - biasVariances: not negative.
  ///   - resolution: 2 … 400.
  ///   - dataVariance: of the first layer's pre-activations.
  /// - Throws: `MeanFieldError`.
  ///
  /// Complexity: O(resolution²) fixed points.
  package init(
    _ activation: Activation, weightVariances: ClosedRange<Double>, biasVariances: ClosedRange<Double>,
    resolution: Int = 101, dataVariance: Double = 1
  ) throws(MeanFieldError) {
    guard (2...400).contains(resolution) else {
      throw .invalidParameter("the resolution is \(resolution); expected 2 to 400")
    }
    self.activation = activation
    self.weightVariances = weightVariances
    self.biasVariances = biasVariances
    self.resolution = resolution
    var gains: [[Double]] = []
    var growth: [[Double]] = []
    for row in 0..<resolution {
      var (gainRow, growthRow): ([Double], [Double]) = ([], [])
      for column in 0..<resolution {
        let maps = try WideNetworkMaps(
          activation: activation, weightVariance: Self.point(column, of: resolution, in: weightVariances),
          biasVariance: Self.point(row, of: resolution, in: biasVariances))
        let fixedPoint = try maps.varianceFixedPoint(from: dataVariance)
        let gain = MeanFieldAnalysis.gradientGain(maps, fixedPoint)
        gainRow.append(gain > 0 ? log(gain) : -1e3)
        growthRow.append(fixedPoint.value == nil ? 1 : 0)
      }
      gains.append(gainRow)
      growth.append(growthRow)
    }
    logarithmicGains = gains
    self.growth = growth
    let line = CriticalLine(activation)
    var points: [PlotPoint] = []
    for index in 0..<4 * resolution {
      let biasVariance = Self.point(index, of: 4 * resolution, in: biasVariances)
      guard let point = try line.point(biasVariance: biasVariance) else { continue }
      // Of several stable variances only that which the data flow to decides the phase.
      let reached = try WideNetworkMaps(
        activation: activation, weightVariance: point.weightVariance, biasVariance: biasVariance
      ).varianceFixedPoint(from: dataVariance).value
      if let variance = point.variance, variance > 0, abs((reached ?? .infinity) / variance - 1) > 1e-3 {
        continue
      }
      points.append(PlotPoint(point.weightVariance, biasVariance))
    }
    criticalLine = points
  }

  private static func point(_ index: Int, of count: Int, in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(count - 1)
  }

  /// Depth scales at which colours change, and the colours between them from far off criticality towards it.
  private static let depthScales = [2.0, 3, 5, 10, 20, 50, 100]
  private static let orderedColors = [
    "#0b2f66", "#124a8f", "#1e66b3", "#3583cc", "#5c9fdc", "#8bbce9", "#b7d6f3", "#deedfa",
  ]
  private static let chaoticColors = [
    "#6b2402", "#8f3404", "#b34808", "#d06014", "#e27f38", "#eea165", "#f6c297", "#fce3cd",
  ]

  /// - Parameter marked: a network of this diagram to point at.
  package func plot(marking marked: MeanFieldAnalysis? = nil) -> RegionPlot {
    let scales = Self.depthScales
    var bands = [RegionPlot.Band(from: -.infinity, color: Self.orderedColors[0])]
    for (index, scale) in scales.enumerated() {
      bands.append(
        .init(from: -1 / scale, color: Self.orderedColors[index + 1], label: NumberText.short(scale)))
    }
    bands.append(.init(from: 0, color: Self.chaoticColors[scales.count], label: "∞  critical"))
    for (index, scale) in scales.enumerated().reversed() {
      bands.append(.init(from: 1 / scale, color: Self.chaoticColors[index], label: NumberText.short(scale)))
    }
    let marker = marked.map { analysis in
      RegionPlot.Label(
        "σ_w² = \(NumberText.short(analysis.maps.weightVariance)), σ_b² = \(NumberText.short(analysis.maps.biasVariance))",
        at: PlotPoint(analysis.maps.weightVariance, analysis.maps.biasVariance))
    }
    let grows = growth.contains { $0.contains(1) }
    return RegionPlot(
      title: "Order and chaos of \(activation.text) networks",
      subtitle:
        "Gradients change e-fold over ξ₁ = 1/|log χ₁| layers: they vanish in the ordered phase, explode in the chaotic.",
      x: PlotAxis("weight variance σ_w²", range: weightVariances),
      y: PlotAxis("bias variance σ_b²", range: biasVariances),
      values: logarithmicGains, bands: bands, scaleTitle: "ξ₁ / layers",
      curves: criticalLine.count > 1 ? [.init("critical line, χ₁ = 1", criticalLine)] : [],
      labels: names, marker: marker,
      hatching: grows ? (growth, "variance grows without bound") : nil)
  }

  /// Each phase's name in the middle of its area, if it takes up more than a corner.
  private var names: [RegionPlot.Label] {
    [(PropagationPhase.ordered, -1.0), (.chaotic, 1)].compactMap { phase, sign in
      var (count, x, y) = (0.0, 0.0, 0.0)
      for (row, gains) in logarithmicGains.enumerated() {
        for (column, gain) in gains.enumerated() where sign * gain > 0 {
          count += 1
          x += Self.point(column, of: resolution, in: weightVariances)
          y += Self.point(row, of: resolution, in: biasVariances)
        }
      }
      guard count > 0.04 * Double(resolution * resolution) else { return nil }
      return RegionPlot.Label(phase.rawValue, at: PlotPoint(x / count, y / count))
    }
  }
}

extension Activation {
  /// The name in network files, with a slope that is not the default: `leaky_relu:0.2`.
  package var text: String {
    guard case .leakyRelu(let slope) = self, slope != Self.defaultSlope else { return name }
    return "\(name):\(NumberText.short(slope))"
  }
}
