import Datasets
import InfiniteWidth
import NetworkGraph
import TangentKernel
import Trainability

/// The kernels of infinite width of one network, evaluated when they are first asked for and kept for the seeds that
/// share a batch. To be used by one thread at a time.
public final class LimitKernels {
  /// Kernels with their decompositions, or why there are none.
  struct Entry {
    let inputs: SampleBatch
    let hasTangent: Bool
    let result: Result<InfiniteWidthKernels, Failure>
    let seconds: Double
    let wasComputed: Bool
    var tangent: Result<DecomposedKernel, Failure>?
    var gaussianProcess: Result<DecomposedKernel, Failure>?
  }

  /// Why there is no kernel.
  struct Failure: Error {
    let outcome: Outcome
    let message: String

    var measurement: Measurement { .failure(outcome, message: message) }
  }

  private var entry: Entry?

  /// Empty.
  public init() {}

  /// The entry of a batch that has what is needed; nil when it is still to be evaluated.
  func entry(of inputs: SampleBatch, needsTangent: Bool) -> Entry? {
    entry.flatMap { $0.inputs == inputs && ($0.hasTangent || !needsTangent) ? $0 : nil }
  }

  func keep(_ entry: Entry) { self.entry = entry }
}
