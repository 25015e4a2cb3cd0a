import Trainability

/// What people look at.
extension TrainingReport {
  var axis: PlotAxis { PlotAxis(isDiscrete ? "step" : "time", .logarithmic, isTight: true) }

  var pictureSubtitle: String {
    let kappa = kernel.spectrum.conditionNumber.value.map { "κ = \(NumberText.significant($0, digits: 3))" }
    return
      "\(source): \(NumberText.counted(dynamics.samples, "sample")), \(kappa ?? kernel.spectrum.outcome.rawValue); "
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
    let outputs = max(1, dynamics.targets.columns)
    let bands = shown.indices.compactMap { index -> LinePlot.Band? in
      guard curves.points.first?.deviations != nil else { return nil }
      func line(_ factor: Double) -> [PlotPoint] {
        curves.points.map { point in
          let deviation = point.deviations?[index / outputs] ?? .nan
          return PlotPoint(point.position, (point.predictions?.values[index] ?? .nan) + factor * deviation)
        }
      }
      return .init(index == 0 ? "± 2 deviations" : "", lower: line(-2), upper: line(2), color: index)
    }
    return LinePlot(
      title: "Predictions on other inputs while training",
      subtitle: shown.count < names.count
        ? pictureSubtitle + "; the first \(shown.count) of \(names.count)" : pictureSubtitle,
      x: axis, y: PlotAxis("output"), bands: bands,
      series: shown.enumerated().map { index, name in
        .init(name, curves.points.map { PlotPoint($0.position, $0.predictions?.values[index] ?? .nan) })
      })
  }

  /// What is left to learn of each training sample; nil when residuals were not asked for.
  package var residualPlot: LinePlot? {
    let names = residualNames
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(LinePlot.colors)
    var notes = [pictureSubtitle]
    if shown.count < names.count { notes.append("the first \(shown.count) of \(names.count)") }
    if trained != nil { notes.append("solid the network, dashed its linearisation") }
    let linearised = shown.enumerated().map { index, name in
      LinePlot.Series(
        trained == nil ? name : "",
        curves.points.map { PlotPoint($0.position, $0.residual?.values[index] ?? .nan) },
        stroke: trained == nil ? .solid : .dashed, color: index)
    }
    return LinePlot(
      title: "What is left to learn of each sample", subtitle: notes.joined(separator: "; "), x: axis,
      y: PlotAxis("residual f − y"),
      series: (trained?.residualSeries(names: Array(shown)) ?? []) + linearised)
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
