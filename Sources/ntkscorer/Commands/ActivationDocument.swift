import GaussianDuals
import LinearAlgebra
import NetworkGraph
import Reports

/// What `activation` prints.
struct ActivationDocument {
  private let dual: GaussianDual
  private let variance: Double
  private let otherVariance: Double
  private let correlation: Double
  private let pair: DualMoments
  private let single: DualMoments
  /// Nil for the function that is 0.
  private let variancePreservingFactor: Double?
  private let coefficients: [Double]
  /// T and Ṫ of a matrix of covariances.
  private let value: Matrix?
  private let derivative: Matrix?
  /// λ_min(T) is at least this; nil where nothing is proven.
  private let smallestEigenvalueBound: Double?

  init(
    _ dual: GaussianDual, variance: Double, otherVariance: Double, correlation: Double, coefficients: Int,
    value: Matrix?, derivative: Matrix?, smallestEigenvalueBound: Double?
  ) {
    self.dual = dual
    self.variance = variance
    self.otherVariance = otherVariance
    self.correlation = correlation
    pair = dual.moments(
      q1: variance, q2: otherVariance,
      c: correlation * variance.squareRoot() * otherVariance.squareRoot())
    single = dual.diagonal(q: variance)
    let square = dual.diagonal(q: 1).value
    variancePreservingFactor = square > 0 ? 1 / square : nil
    // Of no variance there is nothing but φ(0).
    self.coefficients = variance > 0 ? dual.hermiteCoefficients(count: coefficients, q: variance) : []
    self.value = value
    self.derivative = derivative
    self.smallestEigenvalueBound = smallestEigenvalueBound
  }

  func page(style: TerminalStyle) -> String {
    let number = { (value: Double) in NumberText.significant(value, digits: 10) }
    var rows: [[String]] = [
      ["T", number(pair.value), "E[φ(u)φ(v)]"],
      ["Ṫ", number(pair.derivative), "E[φ′(u)φ′(v)]"],
      ["E[φ]", number(dual.mean(q: variance)), "of u"],
      ["E[φ²]", number(single.value), "of u"],
      ["E[φ′²]", number(single.derivative), "of u: growth of squared gradients over σ_w²"],
      ["E[φ″φ]", number(dual.curvature(q: variance)), "of u"],
    ]
    if let variancePreservingFactor {
      rows.append([
        "c_σ", number(variancePreservingFactor), "1/E[φ(z)²]: the σ_w² that keeps a variance of 1",
      ])
    }
    for (degree, coefficient) in coefficients.enumerated() {
      rows.append([
        "a_\(degree)", number(coefficient),
        "E[φ(√q₁ z) h_\(degree)(z)], squared \(number(coefficient * coefficient))",
      ])
    }
    if let smallestEigenvalueBound {
      rows.append([
        "λ_min(T) ≥", number(smallestEigenvalueBound), "of the given correlations, by the Hermite series",
      ])
    }
    let table = TextTable(
      [
        .init("quantity", .left, importance: 3, isEssential: true),
        .init("value", .right, importance: 3, isEssential: true),
        .init("meaning", .left, importance: 1, shortestCell: 20),
      ], rows: rows)
    let heading =
      "\(dual.activation.text), variances \(NumberText.short(variance)) and \(NumberText.short(otherVariance)), "
      + "correlation \(NumberText.short(correlation))"
    return style(heading, .strong) + "\n\n"
      + table.rendered(width: Terminal.outputWidth, style: style).lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    func rows(_ matrix: Matrix?) -> JSONValue {
      guard let matrix else { return .null }
      return .array(
        (0..<matrix.rows).map { row in .array((0..<matrix.columns).map { .number(matrix[row, $0]) }) })
    }
    return JSONValue.object([
      ("activation", .text(dual.activation.text)), ("variance", .number(variance)),
      ("otherVariance", .number(otherVariance)), ("correlation", .number(correlation)),
      ("dual", .number(pair.value)), ("derivativeDual", .number(pair.derivative)),
      ("mean", .number(dual.mean(q: variance))), ("square", .number(single.value)),
      ("derivativeSquare", .number(single.derivative)), ("curvature", .number(dual.curvature(q: variance))),
      ("variancePreservingFactor", variancePreservingFactor.map(JSONValue.number) ?? .null),
      ("hermiteCoefficients", .array(coefficients.map(JSONValue.number))),
      ("smallestEigenvalueBound", smallestEigenvalueBound.map(JSONValue.number) ?? .null),
      ("covarianceDual", rows(value)), ("covarianceDerivativeDual", rows(derivative)),
    ]).indented + "\n"
  }
}
