import LinearAlgebra
import NetworkTraining
import Trainability

/// A network that was trained by gradient descent, beside what closed forms say of it.
package struct TrainedNetwork: Sendable {
  /// The same training of the same architecture in the limit of infinite width, which starts from 0 on average.
  package struct InfiniteWidth: Sendable {
    /// ½Σr² of the mean, at the run's points.
    package let losses: [Double]
    /// Of other inputs after the last step, m × O, over initializations; nil without other inputs.
    package let posterior: GaussianPosterior?

    package init(losses: [Double], posterior: GaussianPosterior?) {
      self.losses = losses
      self.posterior = posterior
    }
  }

  package let run: DescentRun
  /// n × numbers of one sample.
  package let inputs: Matrix
  package let targets: Matrix
  package let testInputs: Matrix?
  /// ‖f − f_lin‖/‖f_lin − f₀‖ on the training inputs after the last step; nil where nothing has moved.
  package let linearisationError: Double?
  /// ‖Θ_t − Θ₀‖/‖Θ₀‖ of the network's own kernel, after the last step.
  package let kernelChange: Double?
  /// Chizat's κ_f = ‖f − y‖ ‖D²f‖/‖Df‖² at initialization, D²f along the first step; nil where nothing can move.
  package let lazinessScale: Double?
  /// Nil when the network has no such limit: `note` says why.
  package let infiniteWidth: InfiniteWidth?
  package let note: String?

  package init(
    run: DescentRun, inputs: Matrix, targets: Matrix, testInputs: Matrix?, linearisationError: Double?,
    kernelChange: Double?, lazinessScale: Double?, infiniteWidth: InfiniteWidth?, note: String?
  ) {
    self.run = run
    self.inputs = inputs
    self.targets = targets
    self.testInputs = testInputs
    self.linearisationError = linearisationError
    self.kernelChange = kernelChange
    self.lazinessScale = lazinessScale
    self.infiniteWidth = infiniteWidth
    self.note = note
  }

  static let titles = ["trained loss", "trained displacement", "infinite-width loss"]

  /// Under `titles`, at one of the points.
  func numbers(_ index: Int, factor: Double) -> [Double] {
    guard run.points.indices.contains(index) else { return [.nan, .nan, .nan] }
    let point = run.points[index]
    return [
      factor * point.loss, point.displacement, infiniteWidth.map { factor * $0.losses[index] } ?? .nan,
    ]
  }

  /// ‖ω − ω₀‖/‖ω₀‖ after the last step.
  private var relativeDisplacement: Double { (run.points.last?.displacement ?? 0) / run.initialNorm }

  func summary(factor: Double) -> String {
    let number = { (value: Double?) in NumberText.significant(value) }
    let last = run.points.last
    var text =
      "the network itself: loss \(number(last.map { factor * $0.loss })) after \(last?.step ?? 0) steps, parameters "
      + "moved by \(number(last?.displacement)), \(number(100 * relativeDisplacement)) % of their norm"
    if let linearisationError {
      text +=
        "\nits outputs differ from the linearised ones by \(number(100 * linearisationError)) % of their change"
    }
    if let kernelChange { text += "\nits kernel has changed by \(number(100 * kernelChange)) % of its norm" }
    if let lazinessScale {
      text +=
        "\nChizat's scale ‖f − y‖ ‖D²f‖/‖Df‖² along the first step is \(number(lazinessScale)): lazy far below 1"
    }
    return note.map { "\(text)\n\($0)" } ?? text
  }

  /// r at one of the points, row-major; NaN where training has not come so far.
  func residuals(_ index: Int) -> [Double] {
    guard run.points.indices.contains(index) else {
      return Array(repeating: .nan, count: targets.rows * targets.columns)
    }
    return run.points[index].residual.values
  }

  func json(factor: Double, hasResiduals: Bool) -> JSONValue {
    func rows(_ matrix: Matrix?) -> JSONValue { matrix.map(TrainingReport.rows) ?? .null }
    let limit: JSONValue =
      infiniteWidth.map { limit in
        .object([
          ("loss", .array(limit.losses.map { .number(factor * $0) })),
          ("testMean", rows(limit.posterior?.mean)),
          (
            "testDeviation",
            limit.posterior.map { .array($0.variances.map { .number($0.squareRoot()) }) } ?? .null
          ),
        ])
      } ?? .null
    return .object(
      [
        ("step", .array(run.points.map { .integer($0.step) })),
        ("loss", .array(run.points.map { .number(factor * $0.loss) })),
        ("displacement", .array(run.points.map { .number($0.displacement) })),
        ("relativeDisplacement", .number(relativeDisplacement)),
        ("linearisationError", linearisationError.map(JSONValue.number) ?? .null),
        ("kernelChange", kernelChange.map(JSONValue.number) ?? .null),
        ("lazinessScale", lazinessScale.map(JSONValue.number) ?? .null),
        ("outputs", rows(run.outputs)), ("testOutputs", rows(run.testOutputs)),
        ("infiniteWidth", limit), ("note", note.map(JSONValue.text) ?? .null),
      ]
        + (hasResiduals ? [("residuals", .array(run.points.map { TrainingReport.rows($0.residual) }))] : [])
    )
  }

  // MARK: Pictures

  private func line(_ value: (DescentRun.Point) -> Double) -> [PlotPoint] {
    run.points.map { PlotPoint(Double($0.step), value($0)) }
  }

  func lossSeries(factor: Double, linearised: [PlotPoint]) -> [LinePlot.Series] {
    var series: [LinePlot.Series] = []
    if let infiniteWidth {
      let points = zip(run.points, infiniteWidth.losses).map { PlotPoint(Double($0.step), factor * $1) }
      series.append(.init("infinite width", points, stroke: .dotted, color: 2))
    }
    return series + [
      .init("the network", line { factor * $0.loss }, color: 0),
      .init("its linearisation", linearised, stroke: .dashed, color: 1),
    ]
  }

  func displacementSeries(linearised: [PlotPoint]) -> [LinePlot.Series] {
    [
      .init("the network", line(\.displacement), color: 0),
      .init("its linearisation", linearised, stroke: .dashed, color: 1),
    ]
  }

  func residualSeries(names: [String]) -> [LinePlot.Series] {
    names.enumerated().map { index, name in
      LinePlot.Series(name, line { $0.residual.values[index] }, color: index)
    }
  }

  /// Of the first output.
  func functionPlot(linearised: Matrix?, subtitle: String) -> LinePlot? {
    guard let testInputs, testInputs.columns == 1, let outputs = run.testOutputs, outputs.columns > 0 else {
      return nil
    }
    let order = (0..<testInputs.rows).sorted { testInputs[$0, 0] < testInputs[$1, 0] }
    func points(_ value: (Int) -> Double) -> [PlotPoint] {
      order.map { PlotPoint(testInputs[$0, 0], value($0)) }
    }
    var bands: [LinePlot.Band] = []
    var series: [LinePlot.Series] = []
    if let initial = run.initialTestOutputs {
      series.append(
        .init(
          "before training", points { initial[$0, 0] }, stroke: .dotted, color: 5, isFitted: false))
    }
    if let posterior = infiniteWidth?.posterior {
      let deviations = posterior.variances.map { 2 * $0.squareRoot() }
      bands.append(
        .init(
          "± 2 deviations", lower: points { posterior.mean[$0, 0] - deviations[$0] },
          upper: points { posterior.mean[$0, 0] + deviations[$0] }, color: 2))
      series.append(.init("mean at infinite width", points { posterior.mean[$0, 0] }, color: 2))
    }
    series.append(.init("the network", points { outputs[$0, 0] }, color: 0))
    if let linearised {
      series.append(.init("its linearisation", points { linearised[$0, 0] }, stroke: .dashed, color: 1))
    }
    series.append(
      .init(
        "training points", (0..<inputs.rows).map { PlotPoint(inputs[$0, 0], targets[$0, 0]) },
        stroke: .points,
        color: 4))
    return LinePlot(
      title: "The function that was learnt", subtitle: subtitle, x: PlotAxis("input", isTight: true),
      y: PlotAxis("output"), bands: bands, series: series)
  }
}
