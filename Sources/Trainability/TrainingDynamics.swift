import Foundation
import LinearAlgebra

/// Training of the linearised network on squared loss, in closed form: everything follows from the eigenvalues λᵢ of the
/// kernel and the components of the first residual r₀ = f₀ − y along its eigenvectors (Jacot et al. 2018; Lee et al. 2019,
/// equations 8–11; Arora et al. 2019).
///
/// With O outputs the kernel acts on each alike (Θ ⊗ I), so residuals are n × O and sums run over outputs too. Losses
/// are ½Σr².
public struct TrainingDynamics: Sendable {
  /// K and its eigensystem.
  public let kernel: DecomposedKernel
  /// y, n × O.
  public let targets: Matrix
  /// f₀, n × O.
  public let initialOutputs: Matrix
  /// vᵢ·r₀, n × O.
  let components: Matrix
  /// (vᵢ·r₀)² summed over outputs, in the order of the eigenvalues.
  public let energies: [Double]

  /// - Parameters:
  ///   - targets: y, n × O.
  ///   - initialOutputs: f₀, of the same shape; zero when nil.
  /// - Throws: `TrainabilityError` for other shapes and numbers that are not finite.
  public init(
    kernel: DecomposedKernel, targets: Matrix, initialOutputs: Matrix? = nil
  ) throws(TrainabilityError) {
    let initial = initialOutputs ?? .zeros(targets.rows, targets.columns)
    try requireShape(targets, kernel.order, max(1, targets.columns), "the labels")
    try requireShape(initial, targets.rows, targets.columns, "the outputs at initialization")
    try requireFinite(targets, "an entry of the labels")
    try requireFinite(initial, "an entry of the outputs at initialization")
    let residual = try algebra { () throws(LinearAlgebraError) in try initial.combined(with: targets, -) }
    self.kernel = kernel
    self.targets = targets
    self.initialOutputs = initial
    let components = try kernel.coefficients(of: residual)
    self.components = components
    energies = (0..<kernel.order).map { row in
      (0..<components.columns).reduce(0) { $0 + components[row, $1] * components[row, $1] }
    }
    guard energies.allSatisfy(\.isFinite) else { throw .nonFinite("the loss at initialization") }
  }

  /// ½Σr₀².
  public var initialLoss: Double { energies.reduce(0, +) / 2 }

  /// r = V ρ(Λ) Vᵀ r₀ with ρ = exp(−ηλt) or (1 − ηλ)ᵏ; n × O.
  /// - Throws: `.nonFinite` when a learning rate above the stable limit has made it overflow.
  public func residual(at progress: TrainingProgress) throws(TrainabilityError) -> Matrix {
    try progress.check()
    let factors = kernel.resolvedEigenvalues.map(progress.residualFactor)
    let residual = try kernel.combination(of: components.scalingRows(by: factors))
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

  /// θ − θ₀ = −Jᵀ K⁺(1 − ρ) r₀, for one output.
  ///
  /// - Parameter jacobian: J, n × P, with K = J Jᵀ; directions that K does not see move no parameter.
  /// - Throws: `TrainabilityError.shapeMismatch` for several outputs, whose Jacobian has other rows.
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
  /// K* V: m × n.
  private let projected: Matrix
  private let initial: Matrix

  /// - Parameters:
  ///   - crossKernel: K*, m × n: the kernel between other inputs and the training inputs.
  ///   - initialOutputs: f₀* of the other inputs, m × O; zero when nil.
  public init(
    _ dynamics: TrainingDynamics, crossKernel: Matrix, initialOutputs: Matrix? = nil
  ) throws(TrainabilityError) {
    self.dynamics = dynamics
    projected = try dynamics.kernel.projected(rows: crossKernel, name: "the kernel with other inputs")
    initial = initialOutputs ?? .zeros(crossKernel.rows, dynamics.targets.columns)
    try requireShape(
      initial, crossKernel.rows, dynamics.targets.columns, "the outputs of other inputs at initialization")
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
      return Matrix(rows: product.rows, columns: product.columns) { -product[$0, $1] }
    }
  }

  private func shifted(_ response: (Double) -> Double) throws(TrainabilityError) -> Matrix {
    let weighted = dynamics.components.scalingRows(by: dynamics.kernel.resolvedEigenvalues.map(response))
    let (projected, initial) = (projected, initial)
    return try algebra { () throws(LinearAlgebraError) in
      try initial.combined(with: try projected.multiplied(by: weighted), -)
    }
  }
}
