import ArchitectureScorer
import Foundation
import NetworkGraph
import Trainability

/// How a network's kernel approaches its limit of infinite width: a table, numbers and a picture.
package struct ConvergenceReport: Sendable {
  /// The network's file.
  package let source: String
  package let result: WidthConvergenceResult
  /// Nil for networks that no theorem is about.
  package let widthScale: WidthScale?

  /// How the width grows that brings the kernel of L hidden ReLU layers within (L + 1)ε of its limit with probability 1 − δ:
  /// L⁶ε⁻⁴ log(L/δ) (Arora et al. 2019, "On exact computation", theorem 3.1). Its constant is not known, so it compares
  /// depths, and is no width.
  package struct WidthScale: Sendable {
    let hiddenLayers: Int
    let accuracy: Double
    let failureProbability: Double

    /// Nil for anything but dense layers with ReLU between them.
    package init?(_ network: Network, accuracy: Double, failureProbability: Double) {
      var layers = 0
      for node in network.nodes {
        switch node.operation {
        case .input, .dense, .flatten, .identity: continue
        case .activation(.relu): layers += 1
        default: return nil
        }
      }
      guard layers > 0 else { return nil }
      hiddenLayers = layers
      self.accuracy = accuracy
      self.failureProbability = failureProbability
    }

    package var value: Double {
      WidthRequirement.kernelConvergence(
        hiddenLayers: hiddenLayers, accuracy: accuracy, failureProbability: failureProbability)
    }
  }

  package init(source: String, result: WidthConvergenceResult, widthScale: WidthScale? = nil) {
    self.source = source
    self.result = result
    self.widthScale = widthScale
  }

  /// `−0.512 ± 0.013`.
  private var exponentText: String {
    let exponent = NumberText.significant(result.fit.exponent)
    return result.fit.standardError.map { "\(exponent) ± \(NumberText.significant($0, digits: 2))" }
      ?? exponent
  }

  /// For a terminal.
  package func page(width: Int?, style: TerminalStyle) -> String {
    let table = TextTable(
      [
        .init("width", .right, importance: 3, isEssential: true), .init("parameters", .right, importance: 1),
        .init("‖Θ̂−Θ‖/‖Θ‖", .right, importance: 3, isEssential: true),
        .init("least", .right, importance: 2), .init("most", .right, importance: 2),
      ],
      rows: result.points.map { point in
        [
          "× \(point.factor)", "\(point.parameters)", NumberText.significant(point.deviation),
          NumberText.significant(point.deviations.min()), NumberText.significant(point.deviations.max()),
        ]
      })
    let seeds = NumberText.counted(result.points.first?.deviations.count ?? 0, "seed")
    let lines =
      [
        style(source, .strong),
        "relative distance of the tangent kernel from its limit of infinite width, root mean square over \(seeds)",
        "",
      ] + table.rendered(width: width, style: style).lines + [
        "", "it falls as width to the power \(exponentText); theory says −½",
      ]
      + (widthScale.map {
        ["the width that theory asks for grows as L⁶ε⁻⁴ log(L/δ) = \(NumberText.significant($0.value))"]
      } ?? [])
    return lines.joined(separator: "\n") + "\n"
  }

  /// All digits.
  package var json: String {
    JSONValue.object([
      ("source", .text(source)),
      (
        "widths",
        .array(
          result.points.map { point in
            .object([
              ("factor", .integer(point.factor)), ("parameters", .integer(point.parameters)),
              ("deviation", .number(point.deviation)),
              ("deviations", .array(point.deviations.map(JSONValue.number))),
            ])
          })
      ),
      ("exponent", .number(result.fit.exponent)),
      ("standardError", result.fit.standardError.map(JSONValue.number) ?? .null),
      ("prefactor", .number(result.fit.prefactor)),
      (
        "widthScale",
        widthScale.map {
          .object([
            ("hiddenLayers", .integer($0.hiddenLayers)), ("accuracy", .number($0.accuracy)),
            ("failureProbability", .number($0.failureProbability)), ("value", .number($0.value)),
          ])
        } ?? .null
      ),
    ]).indented + "\n"
  }

  /// A row for each width and seed.
  package var csv: String {
    CSVText.record(["factor", "parameters", "seed_index", "deviation"])
      + result.points.flatMap { point in
        point.deviations.enumerated().map { index, deviation in
          CSVText.record(["\(point.factor)", "\(point.parameters)", "\(index)", "\(deviation)"])
        }
      }.joined()
  }

  /// Deviations over width, with the fitted line.
  package var plot: LinePlot {
    let fit = result.fit
    return LinePlot(
      title: "How the tangent kernel approaches infinite width",
      subtitle: "\(source): slope \(exponentText)",
      x: PlotAxis("times as wide", .logarithmic), y: PlotAxis("‖Θ̂−Θ‖/‖Θ‖", .logarithmic),
      series: [
        .init(
          "one seed",
          result.points.flatMap { point in
            point.deviations.map { PlotPoint(Double(point.factor), $0) }
          }, stroke: .points, color: 5),
        .init(
          "fitted",
          result.points.map {
            PlotPoint(Double($0.factor), fit.prefactor * pow(Double($0.factor), fit.exponent))
          },
          stroke: .dashed, color: 1),
        .init(
          "root mean square", result.points.map { PlotPoint(Double($0.factor), $0.deviation) }, color: 0),
      ])
  }
}
