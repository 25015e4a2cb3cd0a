import NetworkGraph
import TangentKernel

extension InfiniteWidthSettings {
  /// What the settings of a finite kernel tend to; of an initialization whose limit is not known here, for layers that give
  /// their own variances. The reduction of outputs means nothing there: the kernel is Θ ⊗ I, and Θ is what is computed.
  public init(_ settings: KernelSettings) {
    let variance: Double? =
      switch (settings.parameterization, settings.initialization) {
      case (.ntk, _), (_, .heNormal), (_, .heUniform): 2
      case (_, .lecunNormal), (_, .lecunUniform): 1
      default: nil
      }
    self.init(
      parameterization: settings.parameterization, weightVariance: variance,
      trainsBiases: settings.parameterFilter == .all,
      removesBatchNormalization: settings.normalizationMode == .removed)
  }
}
