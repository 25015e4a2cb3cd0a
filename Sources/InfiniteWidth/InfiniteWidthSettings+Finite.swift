import NetworkGraph
import TangentKernel

extension InfiniteWidthSettings {
  /// What the settings of a finite kernel tend to. The reduction of outputs means nothing there: the kernel is Θ ⊗ I,
  /// and Θ is what is computed.
  ///
  /// - Throws: `InfiniteWidthError.initializationWithoutLimit`.
  public init(_ settings: KernelSettings) throws(InfiniteWidthError) {
    let variance: Double
    switch (settings.parameterization, settings.initialization) {
    case (.ntk, _), (_, .heNormal), (_, .heUniform): variance = 2
    case (_, .lecunNormal), (_, .lecunUniform): variance = 1
    default: throw .initializationWithoutLimit(name: settings.initialization.rawValue)
    }
    self.init(
      parameterization: settings.parameterization, weightVariance: variance,
      trainsBiases: settings.parameterFilter == .all,
      removesBatchNormalization: settings.normalizationMode == .removed)
  }
}
