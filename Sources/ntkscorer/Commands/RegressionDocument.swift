import LinearAlgebra
import Reports
import Trainability

/// What is known of a shallow ReLU network whose hidden layer is trained, from its inputs and labels alone.
struct ShallowTheorems {
  /// λ_min of H^∞; nil when rounding decides it, as for inputs of one direction.
  let lambdaMin: Double?
  /// √(2yᵀ(H^∞)⁻¹y/n) (Arora et al. 2019, theorem 5.1).
  let complexity: Double?
  /// How the width grows that brings the loss to zero, n⁶/(λ_min⁴δ³) (Du et al. 2019, theorem 4.1): its constant is not
  /// known, so it compares inputs, and is no width.
  let widthScale: Double?
  /// The same for a loss that follows the kernel to ε, n⁷/(λ_min⁴κ²δ⁴ε²) with first weights of deviation κ = εδ/√n
  /// (Arora et al. 2019, "Fine-grained analysis", theorem 4.1).
  let kernelRegimeWidthScale: Double?
  /// δ.
  let failureProbability: Double
  /// ε.
  let accuracy: Double

  /// - Parameter limit: H^∞, n × n.
  init(limit: Matrix, targets: Matrix, failureProbability: Double, accuracy: Double) throws {
    let kernel = try DecomposedKernel(limit)
    lambdaMin = kernel.lambdaMin > 0 ? kernel.lambdaMin : nil
    complexity = try? KernelRegression.complexity(kernel: limit, targets: targets)
    widthScale = lambdaMin.map {
      WidthRequirement.convergence(
        samples: limit.rows, lambdaMin: $0, failureProbability: failureProbability)
    }
    kernelRegimeWidthScale = lambdaMin.map {
      WidthRequirement.kernelRegime(
        samples: limit.rows, lambdaMin: $0,
        weightDeviation: accuracy * failureProbability / Double(limit.rows).squareRoot(),
        failureProbability: failureProbability, accuracy: accuracy)
    }
    (self.failureProbability, self.accuracy) = (failureProbability, accuracy)
  }
}

/// What `regress` prints.
struct RegressionDocument {
  let source: String
  let kernel: DecomposedKernel
  /// In the unit of the kernel.
  let ridge: Double
  /// m × O.
  let predictions: Matrix
  /// Of each prediction, the same for all outputs; nil where the regression is no network's posterior.
  let deviations: [Double]?
  /// Of the predicted inputs, m × O.
  let targets: Matrix?
  let isOneHot: Bool
  /// √(2yᵀK⁻¹y/n); nil for a singular kernel.
  let complexity: Double?
  /// What theorems on shallow ReLU networks say of the inputs; nil where there are none.
  let shallow: ShallowTheorems?

  /// The root mean square of what the predictions miss.
  private var error: Double? {
    guard let targets else { return nil }
    let squares = zip(predictions.values, targets.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (squares / Double(max(1, predictions.values.count))).squareRoot()
  }

  /// The share of inputs whose largest prediction is that of their class; of equal ones the first counts.
  private var accuracy: Double? {
    guard isOneHot, let targets, targets.rows > 0 else { return nil }
    func best(_ matrix: Matrix, _ row: Int) -> Int {
      (0..<matrix.columns).reduce(0) { matrix[row, $1] > matrix[row, $0] ? $1 : $0 }
    }
    let hits = (0..<targets.rows).count { best(predictions, $0) == best(targets, $0) }
    return Double(hits) / Double(targets.rows)
  }

  /// Rows that a page shows.
  private static let shown = 20

  func page(style: TerminalStyle) -> String {
    let number = { (value: Double?) in NumberText.significant(value) }
    let columns = (0..<predictions.columns).map { output in
      TextTable.Column(predictions.columns == 1 ? "prediction" : "f_\(output)", .right, importance: 2)
    }
    let deviation: [TextTable.Column] = deviations == nil ? [] : [.init("deviation", .right, importance: 2)]
    let rows = (0..<min(Self.shown, predictions.rows)).map { row in
      ["\(row)"] + (0..<predictions.columns).map { number(predictions[row, $0]) }
        + (deviations.map { [number($0[row])] } ?? [])
    }
    let table = TextTable(
      [.init("input", .right, importance: 3, isEssential: true)] + columns + deviation, rows: rows)
    var lines = [
      style(source, .strong),
      "\(NumberText.counted(kernel.order, "training sample")), \(NumberText.counted(predictions.rows, "other input")), "
        + "ridge \(number(ridge)); κ \(number(kernel.spectrum.conditionNumber.value)), rank \(kernel.rank)",
    ]
    if let complexity { lines.append("complexity of the labels √(2yᵀK⁻¹y/n) \(number(complexity))") }
    if let shallow {
      lines.append(
        "a shallow ReLU network's hidden layer, H^∞: λ_min \(number(shallow.lambdaMin)), complexity "
          + "\(number(shallow.complexity))")
      lines.append(
        "widths of theorems grow as n⁶/(λ_min⁴δ³) = \(number(shallow.widthScale)) for a loss of zero, and as "
          + "n⁸/(λ_min⁴δ⁶ε⁴) = \(number(shallow.kernelRegimeWidthScale)) for one within ε of the kernel's")
    }
    if let error { lines.append("root mean square error \(number(error))") }
    if let accuracy { lines.append("accuracy \(number(100 * accuracy)) %") }
    lines += [""] + table.rendered(width: Terminal.outputWidth, style: style).lines
    if predictions.rows > Self.shown {
      lines.append("… and \(predictions.rows - Self.shown) more: --format csv has all")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A row for each input, all digits.
  var csv: String {
    let titles = (0..<predictions.columns).map {
      predictions.columns == 1 ? "prediction" : "prediction_\($0)"
    }
    return CSVText.record(["input"] + titles + (deviations == nil ? [] : ["deviation"]))
      + (0..<predictions.rows).map { row in
        CSVText.record(
          ["\(row)"] + (0..<predictions.columns).map { "\(predictions[row, $0])" }
            + (deviations.map { ["\($0[row])"] } ?? []))
      }.joined()
  }

  var json: String {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    return JSONValue.object([
      ("source", .text(source)), ("outcome", .text(kernel.spectrum.outcome.rawValue)),
      ("samples", .integer(kernel.order)), ("ridge", .number(ridge)),
      ("conditionNumber", number(kernel.spectrum.conditionNumber.value)), ("rank", .integer(kernel.rank)),
      (
        "predictions",
        .array(
          (0..<predictions.rows).map { row in
            .array((0..<predictions.columns).map { .number(predictions[row, $0]) })
          })
      ),
      ("deviations", deviations.map { .array($0.map(JSONValue.number)) } ?? .null),
      ("rootMeanSquareError", number(error)), ("accuracy", number(accuracy)),
      ("complexity", number(complexity)),
      (
        "hiddenLayer",
        shallow.map {
          .object([
            ("lambdaMin", number($0.lambdaMin)), ("complexity", number($0.complexity)),
            ("widthScale", number($0.widthScale)),
            ("kernelRegimeWidthScale", number($0.kernelRegimeWidthScale)),
            ("failureProbability", .number($0.failureProbability)), ("accuracy", .number($0.accuracy)),
          ])
        } ?? .null
      ),
    ]).indented + "\n"
  }
}
