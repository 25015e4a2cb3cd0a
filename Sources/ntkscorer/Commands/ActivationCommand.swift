import ArgumentParser
import Datasets
import GaussianDuals
import InfiniteWidth
import LinearAlgebra
import NetworkGraph
import Reports
import Trainability

struct ActivationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activation",
    abstract: "Tell an activation's expectations over Gaussians: its dual, c_σ and Hermite coefficients.",
    discussion: """
      With (u, v) Gaussian of the variances and the correlation given: T = E[φ(u)φ(v)] and Ṫ = E[φ′(u)φ′(v)], \
      from which kernels of infinite width are made; of u alone E[φ], E[φ²], E[φ′²] and E[φ″φ]; \
      c_σ = 1/E[φ(z)²], the weight variance that keeps a variance of 1; and the coefficients of φ in \
      orthonormal Hermite polynomials. docs/infinite-width.md says how accurate they are.

      --covariance applies T to a whole matrix, or with --batch-norm the dual of batch normalization followed \
      by φ over a batch (ReLU, leaky ReLU and |x|). Of correlations (a diagonal of 1) it also tells by how much \
      the Hermite series proves T's smallest eigenvalue to be positive.

      EXAMPLES
        ntkscorer activation relu
        ntkscorer activation tanh --variance 2 --correlation 0.3 --hermite 12 --format json
        ntkscorer activation relu --covariance k.npy --batch-norm --output v.npy
      """)

  @Argument(help: ArgumentHelp("relu, tanh, erf, gelu, leaky_relu:0.2, …", valueName: "name"))
  var activation: ActivationArgument

  @Option(name: .long, help: ArgumentHelp("Of u.", valueName: "q₁"))
  var variance = 1.0

  @Option(name: .long, help: ArgumentHelp("Of v; that of u when not given.", valueName: "q₂"))
  var otherVariance: Double?

  @Option(name: .long, help: ArgumentHelp("Of u and v.", valueName: "ρ"))
  var correlation = 0.5

  @Option(name: .long, help: ArgumentHelp("Hermite coefficients to tell, 0 to 1000.", valueName: "n"))
  var hermite = 8

  @Option(
    name: .long, help: ArgumentHelp("Covariances of pre-activations, n × n.", valueName: "k.npy"),
    completion: .file(extensions: ["npy"]))
  var covariance: String?

  @Flag(name: .long, help: "Normalize the batch before the activation.")
  var batchNorm = false

  @Option(
    name: .long, help: ArgumentHelp("Write T of the covariances here.", valueName: "t.npy"),
    completion: .file(extensions: ["npy"]))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Write Ṫ of the covariances here.", valueName: "d.npy"),
    completion: .file(extensions: ["npy"]))
  var derivativeOutput: String?

  @Option(name: .long, help: "How results are written to standard output: table or json.")
  var format: OutputFormat = .table

  func validate() throws {
    for (value, name) in [(variance, "--variance"), (otherVariance ?? variance, "--other-variance")]
    where !(value >= 0 && value.isFinite) {
      throw ValidationError("\(name) is \(value); expected 0 or a positive number")
    }
    guard abs(correlation) <= 1 else {
      throw ValidationError("--correlation is \(correlation); expected a number from -1 to 1")
    }
    guard (0...1000).contains(hermite) else {
      throw ValidationError("--hermite is \(hermite); expected a number from 0 to 1000")
    }
    guard format == .table || format == .json else {
      throw ValidationError("--format is \(format.rawValue); expected table or json")
    }
    guard covariance != nil || (!batchNorm && output == nil && derivativeOutput == nil) else {
      throw ValidationError("--batch-norm, --output and --derivative-output need --covariance")
    }
    guard !batchNorm || derivativeOutput == nil else {
      throw ValidationError("the derivative of batch normalization couples the batch: there is no Ṫ of it")
    }
  }

  func run() throws {
    for path in [output, derivativeOutput].compactMap(\.self) { try OutputFile.checkPlace(path) }
    let dual = GaussianDual(activation.activation)
    let most = max(variance, otherVariance ?? variance)
    guard most <= dual.largestVariance else {
      throw CommandFailure.invalidInput(
        "the variance \(most) is beyond \(dual.largestVariance), up to which \(dual.activation.name) is integrated"
      )
    }
    let matrices = try covariance.map { try duals(dual, of: $0) }
    for (path, matrix) in [(output, matrices?.value), (derivativeOutput, matrices?.derivative)] {
      guard let path, let matrix else { continue }
      try NumericArray(shape: [matrix.rows, matrix.columns], values: matrix.values).write(npy: path)
    }
    let document = ActivationDocument(
      dual, variance: variance, otherVariance: otherVariance ?? variance, correlation: correlation,
      coefficients: hermite, value: matrices?.value, derivative: matrices?.derivative,
      smallestEigenvalueBound: try covariance.flatMap { try batchNorm ? nil : hermiteBound(dual, of: $0) })
    try StandardOutput.shared.append(
      format == .json ? document.json : document.page(style: Terminal.outputStyle))
  }

  /// Terms of the series that a bound is made of.
  private static let boundTerms = 48

  /// What proves T of correlations to be positive definite; nil when the matrix is not one of correlations.
  private func hermiteBound(_ dual: GaussianDual, of path: String) throws -> Double? {
    let matrix = try InputFile.kernel(path).matrix
    guard matrix.diagonal.allSatisfy({ abs($0 - 1) <= 1e-6 }) else { return nil }
    return try EigenvalueBounds.hermiteLowerBound(
      squaredCoefficients: dual.hermiteCoefficients(count: Self.boundTerms).map { $0 * $0 },
      correlations: matrix)
  }

  /// T and Ṫ of every entry, or the dual of batch normalization, which has no Ṫ.
  private func duals(_ dual: GaussianDual, of path: String) throws -> (value: Matrix, derivative: Matrix?) {
    let matrix = try InputFile.kernel(path).matrix
    if batchNorm {
      do { return (try BatchNormalizationDual.covariance(after: dual.activation, of: matrix), nil) } catch {
        throw CommandFailure.invalidInput("\(path): \(error)")
      }
    }
    let diagonal = matrix.diagonal.map { max(0, $0) }
    if let variance = diagonal.max(), variance > dual.largestVariance {
      throw CommandFailure.invalidInput(
        "\(path): the variance \(variance) is beyond \(dual.largestVariance), up to which "
          + "\(dual.activation.name) is integrated")
    }
    var (value, derivative) = (matrix, matrix)
    for row in 0..<matrix.rows {
      for column in 0...row {
        let moments =
          row == column
          ? dual.diagonal(q: diagonal[row])
          : dual.moments(q1: diagonal[row], q2: diagonal[column], c: matrix[row, column])
        for (i, j) in [(row, column), (column, row)] {
          (value[i, j], derivative[i, j]) = (moments.value, moments.derivative)
        }
      }
    }
    return (value, derivative)
  }
}
