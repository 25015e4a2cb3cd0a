import Crypto
import Datasets
import Foundation
import NetworkGraph
import ScoringMetrics
import SearchSpaces
import TangentKernel

/// How a score was made: everything that decides its value beside the network and the seed. Two values whose
/// identities differ are never compared silently.
///
/// The canonical hash of the network and the seed stand beside the identity's hash in the store's key.
///
/// **Precision.** A single-precision kernel that is numerically singular or has κ > 1e4 is computed again in double
/// precision, and the score's identity says so: `precision` is what the value was computed in, `requestedPrecision`
/// what was asked for. Which of the two it will be is not known before computing, so a request looks under both
/// identities (`servable`); for one network and seed, exactly one of them is ever filled. A request for double
/// precision is also served by scores that were promoted to it, which are the same numbers.
///
/// **Infinite width** knows neither weights nor single precision: its scores stand under double precision whatever was
/// asked for, and under the seed of the batch alone (`ScoringPlan.storedSeed`).
///
/// **Metrics.** A score holds what was measured, say eigenvalues, from which metrics are computed anew whenever it is
/// read. So the identity names the measurement, its version and the settings that it was made under, which may be others
/// than the run's; and neither a new metric nor a new version of one can be served a stale value.
public struct ScoreIdentity: Codable, Hashable, Sendable {
  /// What is measured, a `MetricNeed`: `tangentKernelSpectrum`.
  public var measurement = MetricNeed.tangentKernelSpectrum.name
  /// Changes with the rules for numerical rank and promotion to double precision.
  public var measurementVersion = MetricNeed.tangentKernelSpectrum.version
  /// Changes when the engine's numbers do.
  public var engineVersion: String
  /// How the outputs become one kernel.
  public var outputReduction: OutputReduction
  /// What batch normalization does.
  public var normalizationMode: NormalizationMode
  /// Which parameters' gradients enter.
  public var parameterFilter: ParameterFilter
  /// `standard` or `ntk`.
  public var parameterization: String
  /// How weights are drawn.
  public var initialization: Initialization
  /// Of the computation.
  public var precision: Precision
  /// What the user asked for: single scores may have been promoted.
  public var requestedPrecision: Precision
  /// Lowercase hexadecimal SHA-256 of what the samples are.
  public var datasetHash: String
  /// The shape of one sample: `[784]`, or channels, rows, columns.
  public var inputShape: [Int]
  /// Samples in a batch.
  public var samples: Int
  /// `per_seed`: seed s draws weights s and batch s. `fixed`: every seed sees batch 0.
  public var batchRule: String
  /// Nil for a network that came from a file.
  public var family: String?
  /// Nil where `family` is.
  public var familyVersion: String?

  /// The identity of scores that are computed as asked.
  public init(
    settings: KernelSettings, dataset: Dataset, samples: Int, batchRule: BatchRule,
    family: (name: String, version: String)? = nil
  ) {
    engineVersion = TangentKernelEngine.version
    outputReduction = settings.outputReduction
    normalizationMode = settings.normalizationMode
    parameterFilter = settings.parameterFilter
    parameterization = settings.parameterization.rawValue
    initialization = settings.initialization
    precision = settings.precision
    requestedPrecision = settings.precision
    datasetHash = dataset.contentHash
    inputShape = dataset.sampleShape.dimensions
    self.samples = samples
    self.batchRule = batchRule.rawValue
    self.family = family?.name
    familyVersion = family?.version
  }

  /// JSON in one spelling per identity: sorted keys, no white space, absent values left out.
  public var canonicalJSON: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Strings and integers always encode.
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }

  /// Lowercase hexadecimal SHA-256 of `canonicalJSON`.
  public var hash: String {
    SHA256.hash(data: Data(canonicalJSON.utf8)).reduce(into: "") { hex, byte in
      hex += byte < 16 ? "0" : ""
      hex += String(byte, radix: 16)
    }
  }

  /// The same with another computing precision.
  func computed(in precision: Precision) -> ScoreIdentity {
    var identity = self
    identity.precision = precision
    return identity
  }

  /// The same for another measurement, under the settings that it is made with: what does not depend on weights is
  /// always in double precision, and what does not depend on the batch says nothing of the data.
  public func measuring(_ need: MetricNeed) -> ScoreIdentity {
    var identity = self
    (identity.measurement, identity.measurementVersion) = (need.name, need.version)
    identity.engineVersion = need.engineVersion
    let settings = need.settings(
      from: KernelSettings(
        outputReduction: outputReduction, normalizationMode: normalizationMode,
        parameterFilter: parameterFilter, precision: precision))
    identity.outputReduction = settings.outputReduction
    identity.normalizationMode = settings.normalizationMode
    identity.parameterFilter = settings.parameterFilter
    if need.dependence != .weights {
      (identity.precision, identity.requestedPrecision) = (settings.precision, settings.precision)
    }
    if need.dependence == .nothing { (identity.datasetHash, identity.batchRule) = ("none", "none") }
    return identity
  }

  /// The identities whose scores answer a request for a measurement, in order of preference.
  func servable(_ need: MetricNeed, _ version: MeasurementVersions.Version) -> [ScoreIdentity] {
    var identity = measuring(need)
    (identity.measurementVersion, identity.engineVersion) = (version.measurement, version.engine)
    return need.dependence == .weights ? identity.servable : [identity]
  }

  /// The identities whose scores answer a request for this one, in order of preference.
  private var servable: [ScoreIdentity] {
    var other = computed(in: .double)
    other.requestedPrecision = .single
    return requestedPrecision == .single
      ? [computed(in: .single), computed(in: .double)] : [computed(in: .double), other]
  }
}
