import Foundation
import LinearAlgebra
import Trainability

/// What closed forms say of training one network: the numbers that decide it, curves, and their pictures.
package struct TrainingReport: Sendable {
  /// Where the kernel comes from, in a few words.
  package let source: String
  package let dynamics: TrainingDynamics
  package let curves: TrainingCurves
  package let convention: LossConvention
  /// As the user gives it, in the loss's own convention.
  package let learningRate: Double
  /// Steps of gradient descent, else gradient flow.
  package let isDiscrete: Bool
  /// The network itself, trained as the closed forms say; nil when it was not asked for.
  package let trained: TrainedNetwork?

  package init(
    source: String, dynamics: TrainingDynamics, curves: TrainingCurves, convention: LossConvention,
    learningRate: Double, isDiscrete: Bool, trained: TrainedNetwork? = nil
  ) {
    self.source = source
    self.dynamics = dynamics
    self.curves = curves
    self.convention = convention
    self.learningRate = learningRate
    self.isDiscrete = isDiscrete
    self.trained = trained
  }

  /// Fractions of the first loss whose times are told.
  private static let fractions = [0.5, 0.1, 0.01, 0.001]

  private var kernel: DecomposedKernel { dynamics.kernel }
  var factor: Double { convention.rateFactor(samples: kernel.order) }
  private var limits: LearningRateLimits? { LearningRateLimits(kernel, convention: convention) }

  private func duration(to fraction: Double) -> TrainingDuration? {
    isDiscrete
      ? try? dynamics.steps(toLossFraction: fraction, learningRate: factor * learningRate)
      : try? dynamics.time(toLossFraction: fraction, learningRate: factor * learningRate)
  }

  /// ‖θ_∞ − θ₀‖.
  private var finalDisplacement: Double? { try? dynamics.displacement(at: .gradientFlow(time: .infinity)) }

  /// The loss that no training takes away, of the first.
  private var floor: Double {
    let total = dynamics.energies.reduce(0, +)
    let left = zip(kernel.resolvedEigenvalues, dynamics.energies).reduce(0) { $1.0 > 0 ? $0 : $0 + $1.1 }
    return total > 0 ? left / total : 0
  }

  // MARK: Text

  /// For a terminal: a summary, and a row for about every tenth moment.
  package func page(width: Int?, style: TerminalStyle) -> String {
    let number = { (value: Double?) in NumberText.significant(value) }
    var lines = [
      style(source, .strong),
      "\(NumberText.counted(kernel.order, "sample")), \(NumberText.counted(dynamics.targets.columns, "output")); "
        + "\(isDiscrete ? "gradient descent" : "gradient flow") on \(convention.formula), "
        + "learning rate \(NumberText.short(learningRate))",
      "",
      "λ_max \(number(kernel.spectrum.lambdaMax.value)), λ_min \(number(kernel.spectrum.lambdaMin.value)), "
        + "κ \(kernel.spectrum.conditionNumber.value.map { number($0) } ?? "none: \(kernel.spectrum.outcome.rawValue)"), "
        + "rank \(kernel.rank), effective rank \(number(kernel.spectrum.effectiveRank.value))",
    ]
    if let limits {
      lines.append(
        "learning rates: stable below \(number(limits.stable)), fastest \(number(limits.fastest)), "
          + "without oscillation up to \(number(limits.monotone))")
    }
    lines.append(durationText)
    if floor > 0 {
      lines.append("\(number(100 * floor)) % of the loss lies where the kernel has no gradient, and stays")
    }
    if let finalDisplacement { lines.append("parameters move by \(number(finalDisplacement)) in all") }
    if let trained { lines += ["", trained.summary(factor: factor)] }
    let unit = isDiscrete ? "step" : "time"
    let titles = ["loss", "label-free bound", "residual", "displacement"]
    let columns = (titles + (trained == nil ? [] : TrainedNetwork.titles)).map {
      TextTable.Column($0, .right, importance: 2)
    }
    let every = max(1, curves.points.count / 12)
    let rows = curves.points.enumerated().filter {
      $0.offset % every == 0 || $0.offset == curves.points.count - 1
    }
    .map { index, point in
      [
        isDiscrete ? "\(Int(point.position))" : number(point.position), number(factor * point.loss),
        number(factor * point.bounds.labelFree), number(point.residualNorm), number(point.displacement),
      ] + (trained?.numbers(index, factor: factor).map(number) ?? [])
    }
    let table = TextTable([.init(unit, .right, importance: 3, isEssential: true)] + columns, rows: rows)
    return (lines + [""] + table.rendered(width: width, style: style).lines).joined(separator: "\n") + "\n"
  }

  /// How long it takes until the loss is down to several fractions.
  private var durationText: String {
    let reached = Self.fractions.map { fraction -> String in
      let name = "\(NumberText.significant(100 * fraction, digits: 1)) %"
      guard let value = duration(to: fraction)?.value else { return "\(name) never" }
      return "\(name) \(isDiscrete ? "\(Int(value))" : NumberText.significant(value))"
    }
    if duration(to: Self.fractions[0]) == .diverges {
      return "the loss diverges: the learning rate is too large"
    }
    return "\(isDiscrete ? "steps" : "time") until the loss is down to \(reached.joined(separator: ", "))"
  }

  private var predictionNames: [String] {
    guard let predictions = curves.points.first?.predictions else { return [] }
    return (0..<predictions.rows).flatMap { row in
      (0..<predictions.columns).map { predictions.columns == 1 ? "f\(row)" : "f\(row)_\($0)" }
    }
  }

  /// A row for each moment, all digits.
  package var csv: String {
    let titles = [
      isDiscrete ? "step" : "time", "loss", "label_free_bound", "label_aware_lower_bound",
      "label_aware_upper_bound",
      "residual_norm", "displacement",
    ]
    let more = trained == nil ? [] : TrainedNetwork.titles.map { $0.replacingOccurrences(of: " ", with: "_") }
    return CSVText.record(titles + more + predictionNames)
      + curves.points.enumerated().map { index, point in
        CSVText.record(numbers(index, point).map { $0.isFinite ? "\($0)" : "" })
      }.joined()
  }

  private func numbers(_ index: Int, _ point: TrainingCurves.Point) -> [Double] {
    let losses = [
      point.loss, point.bounds.labelFree, point.bounds.labelAwareLower, point.bounds.labelAwareUpper,
    ]
    return [point.position] + losses.map { factor * $0 } + [point.residualNorm, point.displacement]
      + (trained?.numbers(index, factor: factor) ?? []) + (point.predictions?.values ?? [])
  }

  package var json: String {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    func column(_ value: (TrainingCurves.Point) -> Double) -> JSONValue {
      .array(curves.points.map { .number(value($0)) })
    }
    let spectrum = kernel.spectrum
    let durations = Self.fractions.map { fraction in
      JSONValue.object([
        ("lossFraction", .number(fraction)), ("value", number(duration(to: fraction)?.value)),
      ])
    }
    var curve: [(String, JSONValue)] = [
      (isDiscrete ? "step" : "time", column(\.position)),
      ("loss", column { factor * $0.loss }),
      ("labelFreeBound", column { factor * $0.bounds.labelFree }),
      ("labelAwareLowerBound", column { factor * $0.bounds.labelAwareLower }),
      ("labelAwareUpperBound", column { factor * $0.bounds.labelAwareUpper }),
      ("residualNorm", column(\.residualNorm)),
      ("displacement", column(\.displacement)),
    ]
    if !predictionNames.isEmpty {
      curve.append(
        (
          "predictions",
          .array(
            curves.points.map { point in
              let matrix = point.predictions ?? .zeros(0, 0)
              return .array(
                (0..<matrix.rows).map { row in
                  .array((0..<matrix.columns).map { .number(matrix[row, $0]) })
                })
            })
        ))
    }
    return JSONValue.object(
      [
        ("source", .text(source)), ("outcome", .text(spectrum.outcome.rawValue)),
        ("samples", .integer(kernel.order)), ("outputs", .integer(dynamics.targets.columns)),
        ("lossConvention", .text(convention.rawValue)), ("learningRate", .number(learningRate)),
        ("eigenvalues", .array(spectrum.eigenvalues.map(JSONValue.number))),
        ("conditionNumber", number(spectrum.conditionNumber.value)), ("rank", .integer(kernel.rank)),
        ("effectiveRank", number(spectrum.effectiveRank.value)),
        ("participationRatio", number(spectrum.participationRatio.value)),
        (
          "learningRates",
          limits.map {
            .object([
              ("stable", .number($0.stable)), ("fastest", .number($0.fastest)),
              ("monotone", .number($0.monotone)),
              ("contraction", .number($0.contraction)),
            ])
          } ?? .null
        ),
        (isDiscrete ? "stepsToLossFraction" : "timeToLossFraction", .array(durations)),
        ("lossFloor", .number(floor)), ("finalDisplacement", number(finalDisplacement)),
        ("curves", .object(curve)),
      ] + (trained.map { [("training", $0.json(factor: factor))] } ?? [])
    ).indented + "\n"
  }

  // MARK: Pictures

  var axis: PlotAxis { PlotAxis(isDiscrete ? "step" : "time", .logarithmic, isTight: true) }

  var pictureSubtitle: String {
    let kappa = kernel.spectrum.conditionNumber.value.map { "κ = \(NumberText.significant($0, digits: 3))" }
    return
      "\(source): \(NumberText.counted(kernel.order, "sample")), \(kappa ?? kernel.spectrum.outcome.rawValue); "
      + "\(isDiscrete ? "gradient descent" : "gradient flow") on \(convention.formula) at rate "
      + NumberText.short(learningRate)
  }

  /// The loss with its bounds.
  package var lossPlot: LinePlot {
    func line(_ value: (TrainingCurves.Point) -> Double) -> [PlotPoint] {
      curves.points.map { PlotPoint($0.position, factor * value($0)) }
    }
    return LinePlot(
      title: "Training loss and what bounds it", subtitle: pictureSubtitle, x: axis,
      y: PlotAxis("loss \(convention.formula)", .logarithmic),
      bands: [
        .init(
          "bounds by the largest term", lower: line(\.bounds.labelAwareLower),
          upper: line(\.bounds.labelAwareUpper), color: 3)
      ],
      series: [
        .init("bound for any labels", line(\.bounds.labelFree), stroke: .dashed, color: 5)
      ]
        + (trained?.lossSeries(factor: factor, linearised: line(\.loss)) ?? [
          .init("loss", line(\.loss), color: 0)
        ]))
  }

  /// Outputs on the other inputs and how far parameters have moved; nil when no other inputs were given.
  package var predictionPlot: LinePlot? {
    let names = predictionNames
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(LinePlot.colors)
    return LinePlot(
      title: "Predictions on other inputs while training",
      subtitle: shown.count < names.count
        ? pictureSubtitle + "; the first \(shown.count) of \(names.count)" : pictureSubtitle,
      x: axis, y: PlotAxis("output"),
      series: shown.enumerated().map { index, name in
        .init(name, curves.points.map { PlotPoint($0.position, $0.predictions?.values[index] ?? .nan) })
      })
  }

  /// ‖θ − θ₀‖.
  package var displacementPlot: LinePlot {
    LinePlot(
      title: "How far training moves the parameters", subtitle: pictureSubtitle, x: axis,
      y: PlotAxis("‖θ − θ₀‖"),
      series: trained?.displacementSeries(linearised: displacement) ?? [.init("", displacement)])
  }

  private var displacement: [PlotPoint] { curves.points.map { PlotPoint($0.position, $0.displacement) } }

  /// What was learnt, over inputs of one number: the network, its linearisation, and its limit of infinite width. Nil where
  /// the network was not trained, or has other inputs.
  package var functionPlot: LinePlot? {
    guard let trained, let last = curves.points.last else { return nil }
    return trained.functionPlot(
      linearised: last.predictions, subtitle: "\(pictureSubtitle), \(Int(last.position)) steps")
  }
}
