import TangentKernel

/// The kernels that metrics derive from a symmetric kernel. Row-major values, as `KernelMatrix` has them.
extension KernelMatrix {
  /// HKH with H = I − 11ᵀ/n, restricted to the complement of 1: (n − 1) × (n − 1), with the eigenvalues of HKH but for
  /// the zero that belongs to 1.
  ///
  /// The Householder reflection Q = I − 2wwᵀ takes 1/√n to the last axis, so the block of QKQ without that axis is K on
  /// the complement.
  var centered: KernelMatrix {
    let order = rows
    let root = 1 / Double(order).squareRoot()
    // w ∝ 1/√n + e_n; the sign keeps it from cancelling.
    var w = [Double](repeating: root, count: order)
    w[order - 1] += 1
    let norm = w.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for i in 0..<order { w[i] /= norm }
    let p = (0..<order).map { i in (0..<order).reduce(0.0) { $0 + self[i, $1] * w[$1] } }
    let s = (0..<order).reduce(0.0) { $0 + w[$1] * p[$1] }
    var block: [Double] = []
    block.reserveCapacity((order - 1) * (order - 1))
    for i in 0..<order - 1 {
      for j in 0..<order - 1 {
        block.append(self[i, j] - 2 * (w[i] * p[j] + p[i] * w[j]) + 4 * s * w[i] * w[j])
      }
    }
    return KernelMatrix(rows: order - 1, columns: order - 1, values: block)
  }

  /// Rows whose diagonal entry is not positive: no gradient at all.
  var zeroRows: [Int] { (0..<rows).filter { !(self[$0, $0] > 0) } }

  /// K_ij/√(K_ii K_jj), of unit diagonal. Rows without gradient stay zero.
  var correlation: KernelMatrix {
    let scale = (0..<rows).map { self[$0, $0] > 0 ? 1 / self[$0, $0].squareRoot() : 0 }
    var values = self.values
    for i in 0..<rows { for j in 0..<columns { values[i * columns + j] *= scale[i] * scale[j] } }
    return KernelMatrix(rows: rows, columns: columns, values: values)
  }

  /// Every entry by one number.
  func divided(by number: Double) -> KernelMatrix {
    KernelMatrix(rows: rows, columns: columns, values: values.map { $0 / number })
  }
}

/// Σ_l K_l/(mean diagonal of K_l), or with each K_l in correlation form; layers of zero trace are left out. Summed, not
/// averaged.
struct LayerEqualizedKernel {
  /// Nil when every layer was left out.
  let kernel: KernelMatrix?
  let omittedLayers: Int

  init(_ layers: [LayerKernel], inCorrelationForm: Bool) {
    let alive = layers.filter { $0.meanDiagonal > 0 }
    omittedLayers = layers.count - alive.count
    kernel = alive.first.map { first in
      var sum = [Double](repeating: 0, count: first.kernel.values.count)
      for layer in alive {
        let share =
          inCorrelationForm ? layer.kernel.correlation : layer.kernel.divided(by: layer.meanDiagonal)
        for index in sum.indices { sum[index] += share.values[index] }
      }
      return KernelMatrix(rows: first.kernel.rows, columns: first.kernel.columns, values: sum)
    }
  }
}
