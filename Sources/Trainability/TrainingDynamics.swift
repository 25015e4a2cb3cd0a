import Foundation
import LinearAlgebra

/// Training of the linearised network on squared loss, in closed form: everything follows from the eigenvalues λᵢ of the
/// kernel and the components of the first residual r₀ = f₀ − y along its eigenvectors (Jacot et al. 2018; Lee et al. 2019,
/// equations 8–11; Arora et al. 2019).
///
/// With O outputs the kernel acts on each alike (Θ ⊗ I), as it does at infinite width, or is that between all samples and
/// outputs of a network that shares its weights among them (`init(fullKernel:…)`). Residuals are n × O either way, and
/// sums run over outputs too. Losses are ½Σr².
public struct TrainingDynamics: Sendable {
  /// K and its eigensystem.
  public let kernel: DecomposedKernel
  /// y, n × O.
  public let targets: Matrix
  /// f₀, n × O.
  public let initialOutputs: Matrix
  /// vᵢ·r₀, n × O, or nO × 1 where outputs are coupled.
  let components: Matrix
  /// Whether the kernel has a row for each sample and output.
  public let couplesOutputs: Bool
  /// (vᵢ·r₀)² summed over outputs, in the order of the eigenvalues.
  public let energies: [Double]

  /// - Parameters:
  ///   - targets: y, n × O.
  ///   - initialOutputs: f₀, of the same shape; zero when nil.
  /// - Throws: `TrainabilityError` for other shapes and numbers that are not finite.
  public init(
    kernel: DecomposedKernel, targets: Matrix, initialOutputs: Matrix? = nil
  ) throws(TrainabilityError) {
    try self.init(kernel, targets, initialOutputs, couplesOutputs: false)
  }

  /// The same for a kernel between all samples and outputs.
  ///
  /// - Parameter fullKernel: nO × nO, row = sample · O + output.
  public init(
    fullKernel: DecomposedKernel, targets: Matrix, initialOutputs: Matrix? = nil
  ) throws(TrainabilityError) {
    try self.init(fullKernel, targets, initialOutputs, couplesOutputs: true)
  }

  private init(
    _ kernel: DecomposedKernel, _ targets: Matrix, _ initialOutputs: Matrix?, couplesOutputs: Bool
  ) throws(TrainabilityError) {
    let initial = initialOutputs ?? .zeros(targets.rows, targets.columns)
    let columns = max(1, targets.columns)
    let rows = kernel.order / (couplesOutputs ? columns : 1)
    guard !couplesOutputs || rows * columns == kernel.order else {
      throw .shapeMismatch("a kernel of \(kernel.order) rows is not between samples and \(columns) outputs")
    }
    try requireShape(targets, rows, columns, "the labels")
    try requireShape(initial, targets.rows, targets.columns, "the outputs at initialization")
    try requireFinite(targets, "an entry of the labels")
    try requireFinite(initial, "an entry of the outputs at initialization")
    let residual = try algebra { () throws(LinearAlgebraError) in try initial.combined(with: targets, -) }
    self.kernel = kernel
    self.targets = targets
    self.initialOutputs = initial
    self.couplesOutputs = couplesOutputs
    let components = try kernel.coefficients(of: couplesOutputs ? residual.flattened : residual)
    self.components = components
    energies = (0..<kernel.order).map { row in
      (0..<components.columns).reduce(0) { $0 + components[row, $1] * components[row, $1] }
    }
    guard energies.allSatisfy(\.isFinite) else { throw .nonFinite("the loss at initialization") }
  }

  /// n.
  public var samples: Int { targets.rows }

  /// What the kernel is to one output, n × n: the mean of the diagonal blocks of a kernel that couples outputs.
  public var meanKernel: Matrix {
    guard couplesOutputs else { return kernel.matrix }
    let (full, outputs) = (kernel.matrix, targets.columns)
    return Matrix(rows: samples, columns: samples) { row, column in
      (0..<outputs).reduce(0) { $0 + full[row * outputs + $1, column * outputs + $1] } / Double(outputs)
    }
  }

  /// A row for each sample again.
  func unflattened(_ matrix: Matrix) -> Matrix {
    guard couplesOutputs else { return matrix }
    let outputs = targets.columns
    return Matrix(rows: matrix.rows / outputs, columns: outputs) { matrix[$0 * outputs + $1, 0] }
  }

  /// ½Σr₀².
  public var initialLoss: Double { energies.reduce(0, +) / 2 }

  /// r = V ρ(Λ) Vᵀ r₀ with ρ = exp(−ηλt) or (1 − ηλ)ᵏ; n × O.
  /// - Throws: `.nonFinite` when a learning rate above the stable limit has made it overflow.
  public func residual(at progress: TrainingProgress) throws(TrainabilityError) -> Matrix {
    try progress.check()
    let factors = kernel.resolvedEigenvalues.map(progress.residualFactor)
    let residual = unflattened(try kernel.combination(of: components.scalingRows(by: factors)))
    try requireFinite(residual, "the residual, which the learning rate makes diverge,")
    return residual
  }

  /// f = y + r; n × O.
  public func outputs(at progress: TrainingProgress) throws(TrainabilityError) -> Matrix {
    let residual = try residual(at: progress)
    return try algebra { () throws(LinearAlgebraError) in try targets.combined(with: residual, +) }
  }

  /// L = ½Σᵢ ρᵢ² (vᵢ·r₀)². Infinite where it overflows.
  public func loss(at progress: TrainingProgress) throws(TrainabilityError) -> Double {
    try progress.check()
    return lossSum { progress.residualFactor($0) } / 2
  }

  /// ‖r‖ over samples and outputs.
  public func residualNorm(at progress: TrainingProgress) throws(TrainabilityError) -> Double {
    try progress.check()
    let largest = zip(kernel.resolvedEigenvalues, energies).reduce(0.0) { largest, term in
      term.1 > 0 ? max(largest, abs(progress.residualFactor(term.0)) * term.1.squareRoot()) : largest
    }
    guard largest > 0, largest.isFinite else { return largest }
    // Scaled, since squares underflow long before the norm does.
    return largest * lossSum { progress.residualFactor($0) / largest }.squareRoot()
  }

  /// ‖θ − θ₀‖ = √Σ (vᵢ·r₀)² (1 − ρᵢ)²/λᵢ, which tends to √(r₀ᵀ K⁺ r₀): how far training moves the parameters.
  public func displacement(at progress: TrainingProgress) throws(TrainabilityError) -> Double {
    try progress.check()
    return zip(kernel.resolvedEigenvalues, energies).reduce(0.0) { sum, term in
      let (eigenvalue, energy) = term
      guard eigenvalue > 0, energy > 0 else { return sum }
      let response = progress.response(eigenvalue)
      return sum + energy * response * response * eigenvalue
    }.squareRoot()
  }

  /// θ − θ₀ = −Jᵀ K⁺(1 − ρ) r₀, for one output or coupled ones.
  ///
  /// - Parameter jacobian: J, n × P or nO × P, with K = J Jᵀ; directions that K does not see move no parameter.
  /// - Throws: `TrainabilityError.shapeMismatch` for several outputs that are not coupled, whose Jacobian has other rows.
  public func parameterChange(
    at progress: TrainingProgress, jacobian: Matrix
  ) throws(TrainabilityError) -> [Double] {
    try progress.check()
    guard components.columns == 1 else {
      throw .shapeMismatch("a Jacobian of n rows is of one output, and there are \(components.columns)")
    }
    try requireShape(jacobian, kernel.order, jacobian.columns, "the Jacobian")
    try requireFinite(jacobian, "an entry of the Jacobian")
    let responses = kernel.resolvedEigenvalues.map { $0 > 0 ? -progress.response($0) : 0 }
    let weights = try kernel.combination(of: components.scalingRows(by: responses))
    return try algebra { () throws(LinearAlgebraError) in try jacobian.transposeMultiplied(by: weights) }
      .values
  }

  /// Σ (factor(λᵢ))² energyᵢ; a direction without energy adds nothing even where its factor overflows.
  func lossSum(_ factor: (Double) -> Double) -> Double {
    zip(kernel.resolvedEigenvalues, energies).reduce(0.0) { sum, term in
      guard term.1 > 0 else { return sum }
      let amplitude = factor(term.0) * term.1.squareRoot()
      return sum + amplitude * amplitude
    }
  }
}

/// Predictions of the linearised network on other inputs while it trains: f*(t) = f₀* − K* V [(1 − ρ)/λ] Vᵀ r₀ (Lee et al.
/// 2019, equations 10 and 11). The products with K* are made once for all times.
public struct LinearizedPredictor: Sendable {
  private let dynamics: TrainingDynamics
  /// K* V: m × n, or mO × nO where outputs are coupled.
  private let projected: Matrix
  private let initial: Matrix

  /// - Parameters:
  ///   - crossKernel: K*, m × n: the kernel between other inputs and the training inputs; mO × nO where outputs are
  ///     coupled.
  ///   - initialOutputs: f₀* of the other inputs, m × O; zero when nil.
  public init(
    _ dynamics: TrainingDynamics, crossKernel: Matrix, initialOutputs: Matrix? = nil
  ) throws(TrainabilityError) {
    self.dynamics = dynamics
    projected = try dynamics.kernel.projected(rows: crossKernel, name: "the kernel with other inputs")
    let outputs = dynamics.targets.columns
    let (rows, rest) = crossKernel.rows.quotientAndRemainder(
      dividingBy: dynamics.couplesOutputs ? outputs : 1)
    guard rest == 0 else {
      throw .shapeMismatch(
        "the kernel with other inputs has \(crossKernel.rows) rows for \(outputs) outputs each")
    }
    initial = initialOutputs ?? .zeros(rows, outputs)
    try requireShape(initial, rows, outputs, "the outputs of other inputs at initialization")
    try requireFinite(initial, "an output of other inputs at initialization")
  }

  /// f*, m × O.
  /// - Throws: `.nonFinite` when a learning rate above the stable limit has made it overflow.
  public func predictions(at progress: TrainingProgress) throws(TrainabilityError) -> Matrix {
    try progress.check()
    let result = try shifted { progress.response($0) }
    try requireFinite(result, "a prediction, which the learning rate makes diverge,")
    return result
  }

  /// ∂f*/∂t at t = 0 and η = 1: −K* r₀; m × O.
  public var initialVelocity: Matrix {
    get throws(TrainabilityError) {
      let dynamics = dynamics
      let projected = projected
      let product = try algebra { () throws(LinearAlgebraError) in
        try projected.multiplied(by: dynamics.components)
      }
      return dynamics.unflattened(Matrix(rows: product.rows, columns: product.columns) { -product[$0, $1] })
    }
  }

  private func shifted(_ response: (Double) -> Double) throws(TrainabilityError) -> Matrix {
    let weighted = dynamics.components.scalingRows(by: dynamics.kernel.resolvedEigenvalues.map(response))
    let (projected, initial, dynamics) = (projected, initial, dynamics)
    return try algebra { () throws(LinearAlgebraError) in
      try initial.combined(with: dynamics.unflattened(try projected.multiplied(by: weighted)), -)
    }
  }
}

extension Matrix {
  /// Rows one below the other, as one column.
  var flattened: Matrix { Matrix(column: values) }
}
