import LinearAlgebra
import Trainability

/// What programs read: a row for each moment, or everything as one object.
extension TrainingReport {
  /// `f0` of the first other input, `f0_1` of its second output.
  var predictionNames: [String] { Self.names("f", curves.points.first?.predictions) }

  /// `r0` of the first training sample.
  var residualNames: [String] { Self.names("r", curves.points.first?.residual) }

  private static func names(_ letter: String, _ matrix: Matrix?) -> [String] {
    guard let matrix else { return [] }
    return (0..<matrix.rows).flatMap { row in
      (0..<matrix.columns).map { matrix.columns == 1 ? "\(letter)\(row)" : "\(letter)\(row)_\($0)" }
    }
  }

  /// `s0` of the first other input, for all its outputs.
  private var deviationNames: [String] { (curves.points.first?.deviations ?? []).indices.map { "s\($0)" } }

  /// A row for each moment, all digits.
  package var csv: String {
    let titles = [
      isDiscrete ? "step" : "time", "loss", "label_free_bound", "label_aware_lower_bound",
      "label_aware_upper_bound",
      "residual_norm", "displacement",
    ]
    let more = trained == nil ? [] : TrainedNetwork.titles.map { $0.replacingOccurrences(of: " ", with: "_") }
    let trainedResiduals = trained == nil ? [] : residualNames.map { "trained_\($0)" }
    return CSVText.record(titles + more + predictionNames + deviationNames + residualNames + trainedResiduals)
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
      + (point.deviations ?? []) + (point.residual?.values ?? [])
      + (point.residual == nil ? [] : trained?.residuals(index) ?? [])
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
    if isDiscrete {
      let bounds = curves.points.map {
        try? dynamics.overparameterizedContraction(
          steps: Int($0.position), learningRate: factor * learningRate)
      }
      // Du et al.'s, for networks so wide that their kernel stays.
      curve.append(
        (
          "overparameterizedBound",
          .array(bounds.map { number($0.map { factor * dynamics.initialLoss * $0 }) })
        ))
    }
    func matrices(_ name: String, _ value: (TrainingCurves.Point) -> Matrix?) {
      let values = curves.points.compactMap(value)
      if !values.isEmpty { curve.append((name, .array(values.map(Self.rows)))) }
    }
    matrices("predictions", \.predictions)
    matrices("residuals", \.residual)
    let deviations = curves.points.compactMap(\.deviations)
    if !deviations.isEmpty {
      curve.append(("deviations", .array(deviations.map { .array($0.map(JSONValue.number)) })))
    }
    return JSONValue.object(
      [
        ("source", .text(source)), ("outcome", .text(spectrum.outcome.rawValue)),
        ("samples", .integer(dynamics.samples)), ("outputs", .integer(dynamics.targets.columns)),
        ("lossConvention", .text(convention.rawValue)), ("learningRate", .number(learningRate)),
        ("eigenvalues", .array(spectrum.eigenvalues.map(JSONValue.number))),
        ("conditionNumber", number(spectrum.conditionNumber.value)), ("rank", .integer(kernel.rank)),
        ("effectiveRank", number(spectrum.effectiveRank.value)),
        ("participationRatio", number(spectrum.participationRatio.value)),
        ("eigenvalueBounds", bounds.map(Self.json) ?? .null),
        ("alignment", number(alignment)), ("complexity", number(complexity)),
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
        // K*(y − f₀) times the rate: what predictions start with, in a unit of time or, nearly, in a step.
        (
          "initialVelocities",
          initialVelocity.map { velocity in
            Self.rows(
              Matrix(rows: velocity.rows, columns: velocity.columns) {
                factor * learningRate * velocity[$0, $1]
              })
          } ?? .null
        ),
        ("curves", .object(curve)),
      ]
        + (trained.map { [("training", $0.json(factor: factor, hasResiduals: !residualNames.isEmpty))] } ?? [])
    ).indented + "\n"
  }

  static func rows(_ matrix: Matrix) -> JSONValue {
    .array(
      (0..<matrix.rows).map { row in .array((0..<matrix.columns).map { .number(matrix[row, $0]) }) })
  }

  private static func json(_ bounds: EigenvalueBounds) -> JSONValue {
    func json(_ interval: EigenvalueBounds.Interval) -> JSONValue {
      .object([
        ("lower", .number(interval.lower.value)), ("lowerReason", .text(interval.lower.reason)),
        ("upper", .number(interval.upper.value)), ("upperReason", .text(interval.upper.reason)),
      ])
    }
    return .object([("lambdaMax", json(bounds.largest)), ("lambdaMin", json(bounds.smallest))])
  }
}
