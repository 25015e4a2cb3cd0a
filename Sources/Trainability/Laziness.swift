import LinearAlgebra

/// Whether a network trains lazily, that is as its linearisation does (Chizat, Oyallon and Bach 2019; Lee et al. 2019).
/// All of them fall like one over the square root of the width in the NTK parameterization.
public enum Laziness {
  /// ‖A − B‖_F/‖B‖_F: of the kernel after training to that before, or of a finite-width kernel to its limit.
  ///
  /// - Throws: `TrainabilityError` for other shapes, and when B is zero.
  public static func relativeChange(of value: Matrix, from reference: Matrix) throws(TrainabilityError)
    -> Double
  {
    try requireFinite(value, "the changed array")
    try requireFinite(reference, "the reference")
    let difference = try algebra { () throws(LinearAlgebraError) in try value.combined(with: reference, -) }
    let norm = reference.frobeniusNorm
    guard norm > 0 else { throw .invalidParameter("there is no relative change from zero") }
    return difference.frobeniusNorm / norm
  }

  /// ‖θ_t − θ₀‖/‖θ₀‖: how far the linearised network's parameters move relative to their size.
  ///
  /// - Parameter parameterNorm: ‖θ₀‖ > 0.
  public static func relativeDisplacement(
    _ dynamics: TrainingDynamics, at progress: TrainingProgress, parameterNorm: Double
  ) throws(TrainabilityError) -> Double {
    try requirePositive(parameterNorm, "the norm of the parameters")
    return try dynamics.displacement(at: progress) / parameterNorm
  }

  /// ‖f_t − f_lin,t‖/‖f_lin,t − f_0‖: how far the network is from its linearisation, in units of how far that has come.
  public static func linearisationError(
    outputs: Matrix, linearised: Matrix, initial: Matrix
  ) throws(TrainabilityError) -> Double {
    for matrix in [outputs, linearised, initial] { try requireFinite(matrix, "an output") }
    let (error, progress) = try algebra { () throws(LinearAlgebraError) in
      (try outputs.combined(with: linearised, -), try linearised.combined(with: initial, -))
    }
    let norm = progress.frobeniusNorm
    guard norm > 0 else { throw .invalidParameter("the linearised outputs have not moved") }
    return error.frobeniusNorm / norm
  }

  /// Chizat's κ_f = ‖f − y‖ ‖D²f‖/‖Df‖² at initialization (Chizat, Oyallon and Bach 2019, §1.2): training is lazy when it is
  /// far below 1. ‖Df‖² is the kernel's largest eigenvalue, ‖f − y‖ the first residual's norm.
  ///
  /// - Parameter secondDerivativeNorm: the operator norm ‖D²f‖ of the outputs by the parameters, measured elsewhere.
  public static func chizatScale(
    _ dynamics: TrainingDynamics, secondDerivativeNorm: Double
  ) throws(TrainabilityError) -> Double {
    guard secondDerivativeNorm >= 0, secondDerivativeNorm.isFinite else {
      throw .invalidParameter(
        "the norm of the second derivative is \(secondDerivativeNorm); expected 0 or more")
    }
    try requirePositive(dynamics.kernel.lambdaMax, "the kernel's largest eigenvalue")
    return (2 * dynamics.initialLoss).squareRoot() * secondDerivativeNorm / dynamics.kernel.lambdaMax
  }
}
