/// Eigenvalues as shares of their sum: quantities that do not change when the whole kernel is scaled.
extension KernelSpectrum {
  /// λₙ/Σλ, 0 … 1/n. Undefined with `.rankDeficient` when the kernel is numerically singular.
  public var lambdaMinOverTrace: SpectralQuantity {
    if case .undefined(.rankDeficient, _) = conditionNumber { return conditionNumber }
    return overTrace(lambdaMin)
  }

  /// The median eigenvalue over Σλ, 0 … 2/n; of an even number of eigenvalues the mean of the two in the middle.
  /// Undefined with `.rankDeficient` when the median does not exceed n·ε·λ₁.
  public var medianOverTrace: SpectralQuantity {
    guard case .value(let largest) = lambdaMax else { return lambdaMax }
    let count = eigenvalues.count
    let median = (eigenvalues[(count - 1) / 2] + eigenvalues[count / 2]) / 2
    let threshold = Double(count) * epsilon * largest
    guard largest > 0, median > threshold else {
      return .undefined(
        .rankDeficient,
        reason: largest > 0
          ? "the median eigenvalue \(median) does not exceed n·ε·λ_max = \(threshold)" : "the kernel is zero")
    }
    return overTrace(.value(median))
  }

  private func overTrace(_ quantity: SpectralQuantity) -> SpectralQuantity {
    guard case .value(let value) = quantity else { return quantity }
    guard case .value(let sum) = trace else { return trace }
    return .value(value / sum)
  }
}
