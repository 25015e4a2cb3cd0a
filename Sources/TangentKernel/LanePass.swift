import CLaneKernels
import LaneKernels
import NetworkGraph

/// What every pass of one computation shares.
struct PassContext<Scalar: LaneScalar> {
  let kernels: Scalar.Kernels
  let workers: Workers
  let pool: BufferPool
  /// Of the first set of inputs. Where samples are coupled, columns of a gradient that have a block of directions.
  var samples: Int
  /// Blocks of sixteen samples.
  let blocks: Int
  /// Per block, the lanes that hold samples; the rest are padding, which enters nothing.
  let realLanes: [Int]
  /// Per block, the lanes that batch statistics are taken over: those of the first set of inputs.
  let statisticsLanes: [Int]
  /// Whether the gradient of one sample's output reaches other samples (batch norm in training mode). A direction is
  /// then one row of the kernel, whose parameter gradients are sums over all samples; directions stand in the lanes of
  /// gradients, and every sample has columns of its own.
  let isCoupled: Bool
  /// Whether a step's backward pass is called more than once, so that what it derives from the weights is worth keeping.
  let keepsWeights: Bool
  let filter: ParameterFilter
  /// Gradients that are read or written soon, column by column as the one at hand: products leave time to fetch them.
  var upcoming: [LaneTensor<Scalar>] = []
  /// Nil unless phases are to be measured.
  let meter: PhaseMeter?

  /// Whose values a column of a gradient meets, where samples are coupled.
  func sample(of column: Int, _ gradient: LaneTensor<Scalar>) -> Int {
    (gradient.firstColumn + column) % samples
  }

  /// Calls `body` for every column of a gradient with the forward values that it meets, in lanes: those of its own
  /// block of samples or, where samples are coupled, those of its one sample in every lane.
  func forEachColumn(
    of gradient: LaneTensor<Scalar>, reading values: [LaneTensor<Scalar>],
    _ body: (_ column: Int, _ values: [UnsafeMutablePointer<Scalar>]) -> Void
  ) {
    guard isCoupled else {
      workers.forEach(gradient.columns) { column in body(column, values.map { $0.column(column % blocks) }) }
      return
    }
    let parts = workers.threads > 1 ? min(gradient.columns, gramSlotCount) : 1
    let scalars = values.reduce(0) { $0 + $1.vectors * laneCount }
    nonisolated(unsafe) let scratch = pool.take(Scalar.self, count: parts * scalars)
    workers.forEach(parts) { part in
      var places: [UnsafeMutablePointer<Scalar>] = []
      var place = scratch + part * scalars
      for value in values {
        places.append(place)
        place += value.vectors * laneCount
      }
      for column in stride(from: part, to: gradient.columns, by: parts) {
        for (value, place) in zip(values, places) {
          kernels.repeatLanes(
            vectors: value.vectors, value.column(sample(of: column, gradient)), into: place)
        }
        body(column, places)
      }
    }
    pool.giveBack(scratch)
  }
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

  /// What a backward pass has to know of a whole gradient before any of it goes on, where samples are coupled: called
  /// for all columns of the output's gradient, some at a time and in order, before this step's own share and backward
  /// pass of a round.
  func measure(
    _ gradient: LaneTensor<Scalar>, ofColumns columns: Int, inputs: [LaneTensor<Scalar>?],
    _ context: PassContext<Scalar>)

  /// Propagates `gradient` (of the output; its columns are (direction, block) pairs) to the inputs that want it.
  /// `inputs` and `output` are nil where `ExecutionPlan.Reads` does not ask for them. Where samples are coupled, the
  /// gradient may hold some of its columns only.
  func backward(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into targets: [GradientTarget<Scalar>?], _ context: PassContext<Scalar>)

  /// Adds the Gram matrix of this operation's parameter gradients. Where samples are coupled, the gradient may hold
  /// some of its columns only.
  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>)
}

extension LanePass {
  func measure(
    _ gradient: LaneTensor<Scalar>, ofColumns columns: Int, inputs: [LaneTensor<Scalar>?],
    _ context: PassContext<Scalar>
  ) {}

  func accumulateGram(
    _ gradient: LaneTensor<Scalar>, inputs: [LaneTensor<Scalar>?], output: LaneTensor<Scalar>?,
    into gram: GramAccumulator<Scalar>, _ context: PassContext<Scalar>
  ) {}
}
