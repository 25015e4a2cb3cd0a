import ArchitecturePlugins
import CandidateRanking
import Datasets
import NetworkGraph
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel
import Trainability

/// How every network of a run is scored: settings checked, files opened, identities made.
struct ScoringPlan: Sendable {
  let rules: ScoringRules
  let meter: KernelMeter
  let dataset: Dataset
  let batches: BatchCache
  /// Metrics that a score row shows: all that follow from its measurement alone.
  private let recordedMetrics: [any ScoringMetric]

  var identity: ScoreIdentity { rules.identity }
  var seeds: [UInt64] { rules.seeds }
  var needs: Set<MetricNeed> { rules.needs }

  /// - Parameter metrics: in place of the space's; nil for those.
  init(
    space: SearchSpace, seeds: [UInt64]?, metrics: [String]? = nil, resources: Resources, scorer: Scorer
  ) throws(ScorerError) {
    let scoring = space.scoring
    let settings = try KernelSettings(scoring, scorer: scorer)
    let dataset: Dataset
    do {
      dataset = try Dataset.open(
        space.dataset, standardization: space.input.standardize ? .perChannel : .none,
        resolution: space.input.resolution, drawing: space.input.isBalanced ? .classBalanced : .uniform
      ).conforming(to: space.input.shape)
    } catch { throw .dataset(error) }
    try self.init(
      settings: settings, dataset: dataset, samples: space.input.samples, batchRule: space.input.batch,
      seeds: seeds ?? scoring.seeds, family: (space.family.name, space.family.version),
      metricNames: metrics ?? scoring.metrics, ranking: space.ranking, resources: resources, scorer: scorer)
  }

  /// The same for networks that come from files, over data that is open already.
  /// - Parameters:
  ///   - parameterization: in place of the space's; nil for that.
  ///   - dataset: the space's, which may be flattened to the networks' input.
  init(
    filesLike space: SearchSpace, inputShape: TensorShape, parameterization: Parameterization?,
    dataset: Dataset, seeds: [UInt64]?, metrics: [String]?, resources: Resources, scorer: Scorer
  ) throws(ScorerError) {
    var settings = try KernelSettings(space.scoring, scorer: scorer)
    if let parameterization { settings.parameterization = parameterization }
    let conforming: Dataset
    do { conforming = try dataset.conforming(to: inputShape) } catch { throw .dataset(error) }
    try self.init(
      settings: settings, dataset: conforming, samples: space.input.samples, batchRule: space.input.batch,
      seeds: seeds ?? space.scoring.seeds, family: nil, metricNames: metrics ?? space.scoring.metrics,
      ranking: space.ranking, resources: resources, scorer: scorer)
  }

  /// Networks from files, with settings of their own, on Gaussian inputs.
  /// - Parameter parameterization: in place of the settings'; nil for that.
  init(
    inputShape: TensorShape, samples: Int, scoring: ScoringSettings, parameterization: Parameterization?,
    seeds: [UInt64]?, metrics: [String]?, resources: Resources, scorer: Scorer
  ) throws(ScorerError) {
    var settings = try KernelSettings(scoring, scorer: scorer)
    if let parameterization { settings.parameterization = parameterization }
    let dataset: Dataset
    do { dataset = try .gaussian(shape: inputShape) } catch { throw .dataset(error) }
    try self.init(
      settings: settings, dataset: dataset, samples: samples, batchRule: .perSeed,
      seeds: seeds ?? scoring.seeds, family: nil, metricNames: metrics ?? scoring.metrics,
      ranking: .metric(MetricRegistry.headline), resources: resources, scorer: scorer)
  }

  init(_ request: ScoreRequest, scorer: Scorer) throws(ScorerError) {
    let dataset: Dataset
    do { dataset = try request.dataset.conforming(to: request.network.inputShape) } catch {
      throw .dataset(error)
    }
    try self.init(
      settings: request.settings, dataset: dataset, samples: request.samples, batchRule: request.batchRule,
      seeds: request.seeds, family: request.family, metricNames: request.metrics,
      ranking: .metric(MetricRegistry.headline), resources: request.resources, scorer: scorer)
  }

  private init(
    settings: KernelSettings, dataset: Dataset, samples: Int, batchRule: BatchRule, seeds: [UInt64],
    family: (name: String, version: String)?, metricNames: [String], ranking: SearchSpaces.RankingRule,
    resources: Resources, scorer: Scorer
  ) throws(ScorerError) {
    guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
      throw .invalidRequest(
        "seeds are \(seeds.map(String.init).joined(separator: ", ")); "
          + "expected at least one, each once")
    }
    guard samples > 0 else { throw .invalidRequest("a batch of \(samples) samples; expected at least 1") }
    // Before it is drawn: it would end the process, and not this run.
    let (bytes, isTooLarge) = (dataset.sampleShape.elementCount * MemoryLayout<Float>.stride)
      .multipliedReportingOverflow(by: samples)
    guard !isTooLarge, bytes <= resources.memoryBudget else {
      throw .invalidRequest(
        "a batch of \(samples) samples of \(dataset.sampleShape) takes \(isTooLarge ? "more than 2⁶³" : "\(bytes)") bytes; "
          + "the memory budget is \(resources.memoryBudget)")
    }
    self.dataset = dataset
    do {
      rules = try ScoringRules(
        identity: ScoreIdentity(
          settings: settings, dataset: dataset, samples: samples, batchRule: batchRule, family: family),
        seeds: seeds, metricNames: metricNames, ranking: ranking, registry: scorer.metrics)
    } catch { throw .metric(error) }
    do {
      batches = try BatchCache(
        dataset: dataset, samples: samples, rule: batchRule, seeds: seeds,
        maximumBytes: min(256 << 20, resources.memoryBudget / 8))
    } catch { throw .dataset(error) }
    recordedMetrics = scorer.metrics.metrics.filter { $0.description.needs.count == 1 }
    meter = KernelMeter(settings: settings)
  }
}

// MARK: Scores for the store

extension ScoringPlan {
  /// A measurement as a row of the store. Its identity names the precision it was computed in.
  func record(
    networkHash: String, seed: UInt64, _ need: MetricNeed, _ reading: MeterReading, size: NetworkSize
  ) -> ScoreRecord {
    let identity = ScoringRules.ServableIdentity(identity.measuring(need).computed(in: reading.precision))
    var values = reading.measurement.numbers
    let measurements = Measurements(network: size, [need: reading.measurement])
    for metric in recordedMetrics where metric.description.needs == [need] {
      values[metric.description.name] = metric.value(of: measurements).value
    }
    let (outcome, message) = reading.measurement.outcome(of: need)
    return ScoreRecord(
      key: ScoreKey(
        networkHash: networkHash, identityHash: identity.hash, seed: rules.storedSeed(of: need, seed)),
      identityJSON: identity.json, outcome: outcome, message: message, metrics: values,
      eigenvalues: reading.measurement.spectrum?.eigenvalues, seconds: reading.seconds,
      engineVersion: need.engineVersion)
  }
}

extension KernelSettings {
  /// As a search space writes them.
  fileprivate init(_ scoring: ScoringSettings, scorer: Scorer) throws(ScorerError) {
    guard
      let reduction = TangentKernel.OutputReduction(rawValue: scoring.outputReduction.rawValue),
      let mode = TangentKernel.NormalizationMode(rawValue: scoring.normalizationMode.rawValue),
      let filter = TangentKernel.ParameterFilter(rawValue: scoring.parameterFilter.rawValue),
      let precision = TangentKernel.Precision(rawValue: scoring.precision.rawValue)
    else { throw .notAvailable("the search space's scoring settings are not known to the engine") }
    self.init(
      outputReduction: reduction, normalizationMode: mode, parameterFilter: filter,
      parameterization: scoring.parameterization,
      initialization: try scorer.initialization(named: scoring.initialization), precision: precision)
  }
}

extension SearchSpace {
  /// The dataset with paths that can be opened.
  var dataset: DatasetSource {
    switch input.dataset {
    case .gaussian: .gaussian(shape: input.shape)
    case .npy(let path, let labels): .npy(path: resolve(path), labels: labels.map(resolve))
    case .npz(let path, let inputs, let labels): .npz(path: resolve(path), inputs: inputs, labels: labels)
    case .csv(let path, let label, let hasHeader, let ignored):
      .csv(path: resolve(path), options: .init(label: label, hasHeader: hasHeader, ignored: ignored))
    case .cifar10(let path): .cifar10(path: resolve(path))
    case .cifar100(let path, let coarseLabels): .cifar100(path: resolve(path), coarseLabels: coarseLabels)
    case .images(let path): .images(path: resolve(path))
    case .mnist(let path, let labels): .mnist(path: resolve(path), labels: labels.map(resolve))
    }
  }
}
