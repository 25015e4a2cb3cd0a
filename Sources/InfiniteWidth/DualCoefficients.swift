import CLaneKernels
import GaussianDuals
import NetworkGraph

/// What the vectorised closed forms need of one variance (see `LaneGaussianDual`).
enum DualCoefficients {
  /// Nil for activations without a closed form.
  static func laneDual(_ dual: GaussianDual) -> LaneGaussianDual? {
    var lane = LaneGaussianDual()
    switch dual.closedForm {
    case nil: return nil
    case .piecewiseLinear(let slope):
      lane.kind = LaneDualPiecewiseLinear
      lane.slope = slope
      lane.derivativeOfZero = dual.moments(q1: 0, q2: 1, c: 0).derivative
      lane.derivativeOfZeros = dual.moments(q1: 0, q2: 0, c: 0).derivative
    case .errorFunction: lane.kind = LaneDualErf
    case .gelu: lane.kind = LaneDualGelu
    case .sine: lane.kind = LaneDualSin
    }
    return lane
  }

  static func of(variance q: Double, _ form: ClosedForm) -> (Double, Double) {
    switch form {
    case .piecewiseLinear:
      let root = q.squareRoot()
      return (root, q > 0 ? 1 / root : 0)
    case .errorFunction: return (1 / (1 + 2 * q).squareRoot(), q)
    case .gelu: return (q, 1 / (1 + q).squareRoot())
    case .sine: return (q / 2, 0)
    }
  }
}
