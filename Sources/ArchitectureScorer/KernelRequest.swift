import Datasets
import NetworkGraph
import TangentKernel
import Trainability

/// Which kernel of a network.
public enum KernelKind: String, Hashable, Sendable, CaseIterable {
  /// The finite-width tangent kernel at drawn or given parameters.
  case empirical
  /// The tangent kernel of infinite width.
  case ntk
  /// The Gaussian-process kernel of infinite width.
  case nngp
}

/// One kernel of one network on given inputs, exactly as asked: precision is never promoted.
public struct KernelRequest: Sendable {
  /// Sampled, or of infinite width.
  public var kind: KernelKind
  /// Evaluated in its canonical form.
  public var network: Network
  /// n samples of the network's input shape.
  public var inputs: SampleBatch
  /// The kernel is then n × m between the two sets, and has no spectrum.
  public var secondInputs: SampleBatch?
  /// The same inputs in double precision, row-major, which kernels of infinite width are computed from; `inputs`,
  /// widened, when nil.
  public var exactInputs: [Double]?
  /// Of `secondInputs`, as `exactInputs`.
  public var exactSecondInputs: [Double]?
  /// Drawn, or given by name; without effect at infinite width.
  public var parameters: ParameterSource
  /// Reduction, normalization mode, filter, parameterization, initialization and precision.
  public var settings: KernelSettings
  /// Of a kernel of infinite width, which its settings' precision does not concern: single precision is for the inner
  /// products of inputs without positions (`InfiniteWidthEngine`).
  public var infiniteWidthPrecision: Precision
  /// 0 computes once; R > 0 computes R + 1 times and reports the median of the last R.
  public var repetitions: Int
  /// Whether the report tells the time by phase.
  public var measuresPhases: Bool
  /// Threads, and a budget in bytes that is checked before anything is allocated.
  public var resources: Resources

  /// - Parameter repetitions: at least 0; `Scorer.kernel` refuses others.
  public init(
    kind: KernelKind = .empirical, network: Network, inputs: SampleBatch, secondInputs: SampleBatch? = nil,
    exactInputs: [Double]? = nil, exactSecondInputs: [Double]? = nil,
    parameters: ParameterSource = .drawn(seed: 0), settings: KernelSettings = KernelSettings(),
    infiniteWidthPrecision: Precision = .double, repetitions: Int = 0, measuresPhases: Bool = false,
    resources: Resources = Resources()
  ) {
    self.kind = kind
    self.network = network
    self.inputs = inputs
    self.secondInputs = secondInputs
    self.exactInputs = exactInputs
    self.exactSecondInputs = exactSecondInputs
    self.parameters = parameters
    self.settings = settings
    self.infiniteWidthPrecision = infiniteWidthPrecision
    self.repetitions = repetitions
    self.measuresPhases = measuresPhases
    self.resources = resources
  }

  var precision: Precision { kind == .empirical ? settings.precision : infiniteWidthPrecision }
}

/// A kernel and what is known of it.
public struct KernelResult: Sendable {
  /// n × n for `sum` and `trace`, n·O × n·O for `full`; n × m between two sets of inputs.
  public let kernel: KernelMatrix
  /// How it was computed, what it says, and what it took.
  public let report: KernelReport
  /// n × outputs, row-major, of the first set of inputs; nil for kernels of infinite width.
  public var outputs: [Double]?
}

/// What `ntkscorer kernel` prints: one JSON object in which numbers that are not finite are `null`.
public struct KernelReport: Hashable, Sendable {
  /// `.ok`, `.rankDeficient` or `.nonFinite`; judged by the precision that was asked for.
  public let outcome: Outcome
  /// Why it is not `.ok`.
  public let message: String?
  /// That it was computed in.
  public let precision: Precision
  /// n, of the first set of inputs.
  public let samples: Int
  /// Numbers per sample at the network's output.
  public let outputs: Int
  /// Nil between two sets of inputs.
  public let spectrum: Spectrum?
  /// Statistics, forward, backward, Gram and eigenvalues; the median of the last R of `secondsAll`, or the only one.
  public let seconds: Double
  /// Of every repetition in order, as `seconds`.
  public let secondsAll: [Double]
  /// Of the first repetition, which also touches memory for the first time.
  public let firstSeconds: Double
  /// Drawing or reading in the weights.
  public let initializationSeconds: Double
  /// Of the process, during the computation that `seconds` reports, initialization included.
  public let cpuSeconds: Double
  /// Of the whole computation; at infinite width the covariances that its steps write.
  public let multiplyAdds: Int
  /// The most memory that the process ever held.
  public let peakMemoryBytes: Int
  /// Nil unless asked for.
  public let phases: Phases?

  /// Where the wall time of one computation went, in seconds: that of the repetition whose time is the median (of an
  /// even number, the later of the two in the middle).
  public struct Phases: Hashable, Sendable {
    /// One phase and its time.
    public struct Phase: Hashable, Sendable {
      /// `forward`, `eigenvalues`, …
      public let name: String
      /// Wall time.
      public let seconds: Double
    }

    /// In order; the eigenvalues last, 0 between two sets of inputs.
    public let phases: [Phase]
    /// What they add up to, and the rest: laying out inputs, moving buffers, starting threads.
    public let total: Double

    /// What no phase took, seconds.
    public var other: Double { max(0, total - phases.reduce(0) { $0 + $1.seconds }) }

    init(_ phases: [(name: String, seconds: Double)], eigenvalues: Double, total: Double) {
      self.phases = (phases + [("eigenvalues", eigenvalues)]).map {
        Phase(name: $0.name, seconds: $0.seconds)
      }
      self.total = total
    }
  }

  /// Eigenvalues and what follows from them; nil where undefined.
  public struct Spectrum: Hashable, Sendable {
    /// Descending; nil when the kernel holds numbers that are not finite.
    public let eigenvalues: [Double]?
    /// κ = λ₁/λ_n, at least 1; nil when the kernel is singular to working precision.
    public let conditionNumber: Double?
    /// λ₁.
    public let lambdaMax: Double?
    /// λ_n; nil when rounding decides it.
    public let lambdaMin: Double?
    /// Σλ, the sum of the diagonal.
    public let kernelTrace: Double?
  }
}
