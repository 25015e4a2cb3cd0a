import Datasets
import SearchSpaces
import Synchronization

/// The batches of a run's seeds, which all candidates share: made once and kept, up to a limit.
final class BatchCache: Sendable {
  private let dataset: Dataset
  private let samples: Int
  private let rule: BatchRule
  private let capacity: Int
  private let batches = Mutex<[UInt64: SampleBatch]>([:])

  /// Bytes of one batch.
  let batchBytes: Int
  /// Bytes that the cache comes to hold.
  let reservedBytes: Int
  /// False when some batches are made anew for every candidate.
  let holdsAll: Bool

  /// - Parameter maximumBytes: of all batches that are kept together.
  /// - Throws: `DatasetError` when the dataset does not give such batches.
  init(
    dataset: Dataset, samples: Int, rule: BatchRule, seeds: [UInt64], maximumBytes: Int
  ) throws(DatasetError) {
    self.dataset = dataset
    self.samples = samples
    self.rule = rule
    let first = try dataset.batch(count: samples, seed: rule == .fixed ? 0 : seeds.first ?? 0)
    batchBytes = first.values.count * MemoryLayout<Float>.stride
    let wanted = rule == .fixed ? 1 : seeds.count
    capacity = min(wanted, maximumBytes / max(1, batchBytes))
    reservedBytes = capacity * batchBytes
    holdsAll = capacity == wanted
  }

  /// The batch that a seed sees.
  func batch(forSeed seed: UInt64) throws(DatasetError) -> SampleBatch {
    let seed = rule == .fixed ? 0 : seed
    if let batch = batches.withLock({ $0[seed] }) { return batch }
    let batch = try dataset.batch(count: samples, seed: seed)
    batches.withLock { if $0.count < capacity { $0[seed] = batch } }
    return batch
  }
}
