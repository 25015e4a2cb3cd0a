extension ActivationPatterns {
  /// How many linear regions of the network the samples lie in: different patterns of active units (R̂ of TE-NAS, Chen et al.
  /// 2021; Hanin and Rolnick 2019). From 1 to n, where it saturates: samples should be far fewer than 2^units.
  ///
  /// Nil between two sets of samples. Complexity: O(n · regions).
  public var linearRegions: Int? {
    guard agreements.rows == agreements.columns else { return nil }
    // Full agreement is an equivalence, so one sample stands for its whole region.
    var representatives: [Int] = []
    for sample in 0..<agreements.rows
    where !representatives.contains(where: { agreements[sample, $0] == Double(units) }) {
      representatives.append(sample)
    }
    return representatives.count
  }
}
