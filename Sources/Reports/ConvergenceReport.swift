import ArchitectureScorer
import Foundation

/// How a network's kernel approaches its limit of infinite width: a table, numbers and a picture.
package struct ConvergenceReport: Sendable {
  /// The network's file.
  package let source: String
  package let result: WidthConvergenceResult

  package init(source: String, result: WidthConvergenceResult) {
    self.source = source
    self.result = result
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
