import CLaneKernels
import LaneKernels
import NetworkGraph

/// An elementwise function. ReLU's mask is read from its output, the others' derivatives from their input.
final class ActivationPass<Scalar: LaneScalar>: LanePass {
  private let kind: LaneActivation
  private let parameter: Scalar
  private let readsOutput: Bool

  init(_ activation: Activation) {
    (kind, parameter) =
      switch activation {
      case .relu: (LaneActivationRelu, 0)
      case .leakyRelu(let slope): (LaneActivationLeakyRelu, Scalar(slope))
      case .elu: (LaneActivationElu, 0)
      case .gelu: (LaneActivationGelu, 0)
      case .geluTanh: (LaneActivationGeluTanh, 0)
      case .silu: (LaneActivationSilu, 0)
      case .hardSwish: (LaneActivationHardSwish, 0)
      case .tanh: (LaneActivationTanh, 0)
      case .erf: (LaneActivationErf, 0)
      case .sigmoid: (LaneActivationSigmoid, 0)
      case .softplus: (LaneActivationSoftplus, 0)
      case .sin: (LaneActivationSin, 0)
      case .abs: (LaneActivationAbs, 0)
      }
    readsOutput = activation == .relu
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>
  ) {
    context.workers.forEachPiece(columns: output.columns, vectors: output.vectors) { column, first, vectors in
      context.kernels.activate(
        kind, parameter, vectors: vectors, inputs[0].column(column) + first * laneCount,
        into: output.column(column) + first * laneCount)
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>
  ) {
    guard let target = targets[0], let value = readsOutput ? output : inputs[0] else { return }
    if readsOutput, context.isCoupled {
      context.workers.forEach(gradient.columns) { column in
        context.kernels.rectifyOfSample(
          vectors: gradient.vectors, value.column(context.sample(of: column, gradient)),
          gradient.column(column), into: target.tensor.column(column), accumulate: target.accumulate)
      }
      return
    }
    context.forEachColumn(of: gradient, reading: [value]) { column, values in
      context.kernels.activateBackward(
        kind, parameter, vectors: gradient.vectors, values[0], gradient.column(column),
        into: target.tensor.column(column), accumulate: target.accumulate)
    }
  }
}
