import GaussianDuals
import NetworkGraph

/// Everything that decides a kernel of infinite width beside the network and the inputs.
public struct InfiniteWidthSettings: Codable, Hashable, Sendable {
  /// `ntk`: gradients are by ω ~ N(0, 1), weight σ_w/√fan_in · ω, bias σ_b · ω. `standard`: gradients are by the
  /// weights themselves, so that widths enter the tangent kernel (Sohl-Dickstein et al. 2020).
  public var parameterization: Parameterization
  /// σ_w² of layers that give no `weight_variance`: weights are N(0, σ_w²/fan_in). Nil where every layer has to give its
  /// own, and `bias_variance` when it has a bias.
  public var weightVariance: Double?
  /// σ_b² of layers with a bias that give no `bias_variance`; without effect when `weightVariance` is nil.
  public var biasVariance: Double
  /// False leaves biases, and shifts β of normalizations, out of the tangent kernel, as a filter of parameters does;
  /// biases stay random. Scales γ are never in it: what their gradients tend to, E[φ′φ′ x̂x̂′] before an activation φ,
  /// is no product of duals.
  public var trainsBiases: Bool
  /// Multiplies the inner products of inputs, which are otherwise means over channels.
  public var inputScale: Double
  /// Batch normalization becomes the identity, as in the finite engine's mode of that name, instead of an error.
  public var removesBatchNormalization: Bool

  /// The tangent kernel in the NTK parameterization, unless said otherwise.
  public init(
    parameterization: Parameterization = .ntk, weightVariance: Double? = 2, biasVariance: Double = 0,
    trainsBiases: Bool = true, inputScale: Double = 1, removesBatchNormalization: Bool = false
  ) {
    self.parameterization = parameterization
    self.weightVariance = weightVariance
    self.biasVariance = biasVariance
    self.trainsBiases = trainsBiases
    self.inputScale = inputScale
    self.removesBatchNormalization = removesBatchNormalization
  }

  /// Jacot et al. 2018: σ_w² = 1, biases scaled by β.
  public static func jacot(beta: Double) -> InfiniteWidthSettings {
    InfiniteWidthSettings(weightVariance: 1, biasVariance: beta * beta)
  }

  /// Arora et al. 2019 for fully connected networks without biases: σ_w² = c_σ = 1/E[φ(z)²], which keeps the variance,
  /// and x·x′ without 1/d in the first layer.
  ///
  /// - Parameter inputs: d, the numbers in one input.
  public static func arora(_ activation: Activation, inputs: Int) -> InfiniteWidthSettings {
    let factor = 1 / GaussianDual(activation).diagonal(q: 1).value
    return InfiniteWidthSettings(
      weightVariance: factor, trainsBiases: false, inputScale: Double(inputs) / factor)
  }
}

/// What a dense or convolution layer does to kernels, A being the mean over its inputs (Jacot et al. 2018;
/// Sohl-Dickstein et al. 2020):
///   K ← kernelWeight · A(K) + kernelBias
///   Θ ← kernelWeight · A(Θ) + tangentWeight · A(K) + tangentBias.
struct LayerFactors: Hashable {
  var kernelWeight = 1.0
  var kernelBias = 0.0
  var tangentWeight = 0.0
  var tangentBias = 0.0

  /// A mean without parameters.
  static let mean = LayerFactors()

  private init() {}

  /// Nil when the layer leaves a variance to settings that have none.
  init?(_ scaling: ParameterScaling, bias: Bool, fanIn: Int, settings: InfiniteWidthSettings) {
    guard let weightVariance = scaling.weightVariance ?? settings.weightVariance,
      settings.weightVariance != nil || !bias || scaling.biasVariance != nil
    else { return nil }
    let weightSquare = scaling.weightScale * scaling.weightScale
    let biasSquare = bias ? scaling.biasScale * scaling.biasScale : 0
    kernelWeight = weightSquare * weightVariance
    kernelBias = biasSquare * (scaling.biasVariance ?? settings.biasVariance)
    switch settings.parameterization {
    case .ntk: (tangentWeight, tangentBias) = (kernelWeight, kernelBias)
    case .standard: (tangentWeight, tangentBias) = (weightSquare * Double(fanIn), biasSquare)
    }
    if !settings.trainsBiases { tangentBias = 0 }
  }
}
