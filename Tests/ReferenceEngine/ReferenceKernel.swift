import NetworkGraph

/// How the Jacobian's rows become a kernel (SPEC 3.2–3.4).
public enum ReferenceReduction: String, Sendable, CaseIterable { case sum, trace, full }

/// Which parameters the kernel is over.
public enum ReferenceFilter: String, Sendable, CaseIterable {
  case all, weights, kernels

  func includes(_ role: ParameterArray.Role) -> Bool {
    switch self {
    case .all: role.isTrainable
    case .weights: role == .weight || role == .normalizationScale
    case .kernels: role == .weight
    }
  }
}

extension ReferenceJacobian {
  /// The kernel, row-major.
  public func kernel(_ reduction: ReferenceReduction, _ filter: ReferenceFilter) -> [Double] {
    kernel(with: self, reduction, filter)
  }

  /// One stored parameter array's share of the kernel.
  public func kernel(_ reduction: ReferenceReduction, parameter name: String) -> [Double] {
    ReferenceJacobian(
      samples: samples, outputs: outputs, parameters: parameters.filter { $0.name == name }, inputs: []
    ).kernel(reduction, .all)
  }

  /// ⟨∂(Σ f(x_i))/∂x_i, ∂(Σ f(x_j))/∂x_j⟩, f summed over outputs: each sample's own block of the input Jacobian.
  public var inputGradientKernel: [Double] {
    let gradients = (0..<samples).map { sample in
      (0..<outputs).map { inputs[sample * outputs + $0][sample] }.reduce([]) { sum, gradient in
        sum.isEmpty ? gradient : zip(sum, gradient).map(+)
      }
    }
    return gradients.flatMap { left in gradients.map { inner(left, $0) } }
  }

  /// The kernel between the samples of this Jacobian (rows) and of another of the same network (columns).
  public func kernel(
    with other: ReferenceJacobian, _ reduction: ReferenceReduction, _ filter: ReferenceFilter
  ) -> [Double] {
    let a = rows(filter)
    let b = other.rows(filter)
    switch reduction {
    case .full:
      return a.flatMap { left in b.map { inner(left, $0) } }
    case .sum:
      let (a, b) = (summed(a), other.summed(b))
      return a.flatMap { left in b.map { inner(left, $0) } }
    case .trace:
      return (0..<samples).flatMap { i in
        (0..<other.samples).map { j in
          var trace = 0.0
          for output in 0..<outputs { trace += inner(a[i * outputs + output], b[j * outputs + output]) }
          return trace / Double(outputs)
        }
      }
    }
  }

  /// Each row over all chosen parameters, one after the other.
  private func rows(_ filter: ReferenceFilter) -> [[Double]] {
    let chosen = parameters.filter { filter.includes($0.role) }
    return (0..<samples * outputs).map { row in chosen.flatMap { $0.rows[row] } }
  }

  /// The gradient of each sample's summed outputs.
  private func summed(_ rows: [[Double]]) -> [[Double]] {
    (0..<samples).map { sample in
      var sum = rows[sample * outputs]
      for output in 1..<max(1, outputs) {
        for place in sum.indices { sum[place] += rows[sample * outputs + output][place] }
      }
      return sum
    }
  }

  private func inner(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for place in a.indices { sum += a[place] * b[place] }
    return sum
  }
}
