import LinearAlgebra
import TangentKernel
import Trainability

/// Kernels as matrices.
enum Kernels {
  static func eigenvalues(_ kernel: KernelMatrix) throws -> [Double] {
    try symmetricEigenvalues(kernel.values, order: kernel.rows)
  }

  static func decomposed(_ kernel: KernelMatrix) throws -> DecomposedKernel {
    try DecomposedKernel(Matrix(rows: kernel.rows, columns: kernel.columns, values: kernel.values))
  }
}
