/// How dense and convolution weights are drawn when a layer does not give its own variances. Under the NTK
/// parameterization stored parameters are always N(0, 1) and this does not apply.
///
/// fan_in = inputs / groups · kernel area; fan_out = outputs / groups · kernel area.
public enum Initialization: String, Codable, Hashable, Sendable, CaseIterable {
  /// N(0, 2 / fan_in), zero biases (He et al. 2015): the default.
  case heNormal = "he_normal"
  /// The same variance, uniform.
  case heUniform = "he_uniform"
  /// N(0, 2 / fan_out), zero biases.
  case heNormalFanOut = "he_normal_fan_out"
  case heUniformFanOut = "he_uniform_fan_out"
  /// N(0, 2 / (fan_in + fan_out)), zero biases (Glorot & Bengio 2010).
  case xavierNormal = "xavier_normal"
  case xavierUniform = "xavier_uniform"
  /// N(0, 1 / fan_in), zero biases (LeCun et al. 1998).
  case lecunNormal = "lecun_normal"
  case lecunUniform = "lecun_uniform"
  /// PyTorch's layer defaults: weights and biases uniform in ±1/√fan_in.
  case pytorch
  /// What the TE-NAS paper says: He normal by fan-out.
  case tenasAsDescribed = "tenas-as-described"
  /// What its published code does: its names never match, so the layers keep PyTorch's defaults.
  case tenasAsShipped = "tenas-as-shipped"

  /// The law of one layer's stored parameters.
  struct Law: Equatable {
    var isUniform: Bool
    var weightVariance: Double
    var biasVariance: Double
  }

  func law(fanIn: Int, fanOut: Int) -> Law {
    let (fanIn, fanOut) = (Double(fanIn), Double(fanOut))
    switch self {
    case .heNormal: return Law(isUniform: false, weightVariance: 2 / fanIn, biasVariance: 0)
    case .heUniform: return Law(isUniform: true, weightVariance: 2 / fanIn, biasVariance: 0)
    case .heNormalFanOut, .tenasAsDescribed:
      return Law(isUniform: false, weightVariance: 2 / fanOut, biasVariance: 0)
    case .heUniformFanOut: return Law(isUniform: true, weightVariance: 2 / fanOut, biasVariance: 0)
    case .xavierNormal: return Law(isUniform: false, weightVariance: 2 / (fanIn + fanOut), biasVariance: 0)
    case .xavierUniform: return Law(isUniform: true, weightVariance: 2 / (fanIn + fanOut), biasVariance: 0)
    case .lecunNormal: return Law(isUniform: false, weightVariance: 1 / fanIn, biasVariance: 0)
    case .lecunUniform: return Law(isUniform: true, weightVariance: 1 / fanIn, biasVariance: 0)
    case .pytorch, .tenasAsShipped:
      return Law(isUniform: true, weightVariance: 1 / (3 * fanIn), biasVariance: 1 / (3 * fanIn))
    }
  }
}
