import LaneKernels
import NetworkGraph

/// How dense and convolution weights are drawn. A layer that gives its own variances is drawn from normal laws of these
/// instead; orthogonal weights stay orthogonal and take σ_w² as their squared gain.
///
/// Under the NTK parameterization stored parameters are N(0, 1), and the other laws do not apply; orthogonal ones are
/// √fan_in times an orthogonal matrix, so that effective weights have gain σ_w (Huang et al. 2020).
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
  /// Uniform among the matrices with orthonormal rows or columns, whichever are fewer, zero biases (Saxe et al. 2013).
  /// The matrix is (out, in / groups · kernel area), groups together, and the gain 1, as PyTorch's `orthogonal_`
  /// has it: E[w²] = 1 / max(out, in / groups · kernel area).
  case orthogonal
  /// Convolutions zero but at the kernel's centre (of an even kernel, above and left of it), where each group's out × in
  /// matrix is orthogonal with gain 1, zero biases: an isometry (Xiao et al. 2018, section 4), hence only with no fewer
  /// outputs than inputs. Dense layers are orthogonal.
  case deltaOrthogonal = "delta_orthogonal"
  /// PyTorch's layer defaults: weights and biases uniform in ±1/√fan_in.
  case pytorch
  /// What the TE-NAS paper says: He normal by fan-out.
  case tenasAsDescribed = "tenas-as-described"
  /// What its published code does: its names never match, so the layers keep PyTorch's defaults.
  case tenasAsShipped = "tenas-as-shipped"

  /// The law of one layer's stored parameters.
  struct Law: Equatable {
    enum Shape { case normal, uniform, orthogonal, deltaOrthogonal }

    var shape: Shape
    /// Of one weight; of orthogonal weights the squared gain.
    var weightVariance: Double
    /// Biases have the weights' shape, or are normal where that is orthogonal.
    var biasVariance: Double
  }

  func law(fanIn: Int, fanOut: Int) -> Law {
    let (fanIn, fanOut) = (Double(fanIn), Double(fanOut))
    switch self {
    case .heNormal: return Law(shape: .normal, weightVariance: 2 / fanIn, biasVariance: 0)
    case .heUniform: return Law(shape: .uniform, weightVariance: 2 / fanIn, biasVariance: 0)
    case .heNormalFanOut, .tenasAsDescribed:
      return Law(shape: .normal, weightVariance: 2 / fanOut, biasVariance: 0)
    case .heUniformFanOut: return Law(shape: .uniform, weightVariance: 2 / fanOut, biasVariance: 0)
    case .xavierNormal: return Law(shape: .normal, weightVariance: 2 / (fanIn + fanOut), biasVariance: 0)
    case .xavierUniform: return Law(shape: .uniform, weightVariance: 2 / (fanIn + fanOut), biasVariance: 0)
    case .lecunNormal: return Law(shape: .normal, weightVariance: 1 / fanIn, biasVariance: 0)
    case .lecunUniform: return Law(shape: .uniform, weightVariance: 1 / fanIn, biasVariance: 0)
    case .orthogonal: return Law(shape: .orthogonal, weightVariance: 1, biasVariance: 0)
    case .deltaOrthogonal: return Law(shape: .deltaOrthogonal, weightVariance: 1, biasVariance: 0)
    case .pytorch, .tenasAsShipped:
      return Law(shape: .uniform, weightVariance: 1 / (3 * fanIn), biasVariance: 1 / (3 * fanIn))
    }
  }

  /// A bound of the bytes that drawing an array takes beside the array itself.
  func scratchBytes(of array: ParameterArray) -> Double {
    guard self == .orthogonal || self == .deltaOrthogonal, array.role == .weight else { return 0 }
    // In floating point, as `ExecutionPlan.peakBytes`. The matrix in single precision and, in double, twice with its
    // shorter side padded to whole panels: what it is factorized in and Q.
    let sides = [Double(array.dimensions[0]), array.dimensions.dropFirst().reduce(1) { $0 * Double($1) }]
    let (shorter, longer) = (min(sides[0], sides[1]), max(sides[0], sides[1]))
    return 4 * shorter * longer + 16 * (shorter + Double(laneCount)) * longer
  }
}
