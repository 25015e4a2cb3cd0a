import CLaneKernels
import LaneKernels
import NetworkGraph

/// What every pass of one computation shares.
struct PassContext<Scalar: LaneScalar> {
  let kernels: Scalar.Kernels
  let workers: Workers
  let pool: BufferPool
  /// Blocks of sixteen samples.
  let blocks: Int
  /// Per block, the lanes that hold samples; the rest are padding, which enters nothing.
  let realLanes: [Int]
  /// Per block, the lanes that batch statistics are taken over: those of the first set of inputs.
  let statisticsLanes: [Int]
  /// Whether the gradient of one sample's output reaches other samples (batch norm in training mode). A direction is
  /// then one row of the kernel, whose parameter gradients are sums over all lanes of all its blocks.
  let isCoupled: Bool
  /// Whether the backward pass runs more than once, so that what it derives from the weights is worth keeping.
  let hasSeveralRounds: Bool
  let filter: ParameterFilter
  /// Nil unless phases are to be measured.
  let meter: PhaseMeter?
}

/// One operation in the lane layout: forward, backward, and its parameters' share of the Gram matrix. To add an
/// operation, conform a type here, beside a file of the same name in `NetworkGraph`, and add its row to the
/// conformance tests.
///
/// Implementations carry `@_specialize` for both scalars: called through the protocol, generic code would look its types
/// up at run time, channel by channel, which small maps feel.
protocol LanePass<Scalar>: AnyObject {
  associatedtype Scalar: LaneScalar

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>)

  /// Propagates `gradient` (of the output; its columns are (direction, block) pairs) to the inputs that want it.
  /// `inputs` and `output` are nil where `ExecutionPlan.Reads` does not ask for them.
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>)

  /// Adds the Gram matrix of this operation's parameter gradients.
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>)
}

extension LanePass {
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {}
}
