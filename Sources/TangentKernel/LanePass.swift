import CLaneKernels
import LaneKernels
import NetworkGraph

/// What every pass of one computation shares.
struct PassContext<Scalar: LaneScalar> {
  let kernels: Scalar.Kernels
  let workers: Workers
  let pool: BufferPool
  /// Blocks of sixteen samples, and the samples that batch statistics are taken over: the first `statisticsCount`
  /// lanes in order (padding lanes and a second set of inputs are never among them).
  let blocks: Int
  let statisticsCount: Int
  let filter: ParameterFilter

  /// How many lanes of a block count in batch statistics.
  func statisticsLanes(ofBlock block: Int) -> Int {
    min(laneCount, max(0, statisticsCount - block * laneCount))
  }
}

/// One operation in the lane layout: forward, backward, and its parameters' share of the Gram matrix. To add an
/// operation, conform a type here, beside a file of the same name in `NetworkGraph`, and add its row to the
/// conformance tests.
protocol LanePass<Scalar>: AnyObject {
  associatedtype Scalar: LaneScalar

  /// What `backward` and `accumulateGram` read again; anything else is released after the forward pass.
  var needsInputs: Bool { get }
  var needsOutput: Bool { get }

  func forward(
    _ inputs: [LaneTensor<Scalar>], into output: LaneTensor<Scalar>, _ context: PassContext<Scalar>)

  /// Propagates `gradient` (of the output; its columns are (direction, block) pairs) to the inputs that want it.
  /// `inputs` and `output` are nil where not needed.
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>)

  /// Adds the Gram matrix of this operation's parameter gradients.
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>)
}

extension LanePass {
  var needsInputs: Bool { false }
  var needsOutput: Bool { false }
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {}
}
