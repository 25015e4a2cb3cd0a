import LinearAlgebra

/// How alike a kernel and the labels order samples: ⟨HKH, HYYᵀH⟩/(‖HKH‖‖HYYᵀH‖) with H = I − 11ᵀ/n (Cortes, Mohri and
/// Rostamizadeh 2012, definition 4), between 0 and 1 for a positive semi-definite kernel.
///
/// - Parameter targets: Y, n × O: numbers, or one-hot classes.
/// - Throws: `TrainabilityError.invalidParameter` when the kernel or the labels are constant over samples, where it is 0/0.
///
/// Complexity: O(n² O).
public func centredAlignment(kernel: Matrix, targets: Matrix) throws(TrainabilityError) -> Double {
  try requireShape(kernel, kernel.rows, kernel.rows, "the kernel")
  try requireShape(targets, kernel.rows, targets.columns, "the labels")
  try requireFinite(kernel, "the kernel")
  try requireFinite(targets, "an entry of the labels")
  let outer = try algebra { () throws(LinearAlgebraError) in try targets.multiplied(byTransposeOf: targets) }
  let (centredKernel, centredLabels) = (centred(kernel), centred(outer))
  let norms = (centredKernel.frobeniusNorm, centredLabels.frobeniusNorm)
  // What centring leaves of a constant is rounding.
  let rounding = Double(kernel.rows) * 0x1p-52
  guard norms.0 > rounding * kernel.frobeniusNorm, norms.1 > rounding * outer.frobeniusNorm else {
    throw .invalidParameter("the kernel or the labels do not vary over samples, so they have no alignment")
  }
  return zip(centredKernel.values, centredLabels.values).reduce(0) {
    $0 + ($1.0 / norms.0) * ($1.1 / norms.1)
  }
}

/// HKH.
private func centred(_ kernel: Matrix) -> Matrix {
  let n = Double(kernel.rows)
  let rowMeans = (0..<kernel.rows).map { row in (0..<kernel.rows).reduce(0) { $0 + kernel[row, $1] } / n }
  let columnMeans = (0..<kernel.rows).map { column in
    (0..<kernel.rows).reduce(0) { $0 + kernel[$1, column] } / n
  }
  let mean = rowMeans.reduce(0, +) / n
  return Matrix(rows: kernel.rows, columns: kernel.rows) {
    kernel[$0, $1] - rowMeans[$0] - columnMeans[$1] + mean
  }
}
