import ArchitecturePlugins
import ArchitectureScorer
import Datasets
import InfiniteWidth
import LinearAlgebra
import MeanField
import NetworkGraph
import PluginHosting
import Reports
import ResultStorage
import ScoringMetrics
import SearchSpaces
import TangentKernel
import Trainability
import YAMLDocuments

/// Why a command ends without success, and its exit code.
struct CommandFailure: Error {
  enum Code: Int32 {
    /// Nothing could be ranked, or the machine failed: a full disk, a locked store, too little memory.
    case failed = 1
    /// A file or a value that the user gave.
    case invalidInput = 2
    /// The same command resumes.
    case interrupted = 130
  }

  let exitCode: Code
  /// Nil when everything is said already.
  let message: String?

  init(_ exitCode: Code, _ message: String?) {
    self.exitCode = exitCode
    self.message = message
  }

  static func invalidInput(_ message: String) -> CommandFailure { .init(.invalidInput, message) }
  static func failed(_ message: String) -> CommandFailure { .init(.failed, message) }

  /// What any room's error means here. Files that the user names and that cannot be read are invalid input;
  /// what cannot be written is a failure.
  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case ScorerError.dataset(let inner): self.init(inner)
    case ScorerError.kernel(let inner): self.init(inner)
    case ScorerError.infiniteWidth(.overBudget): self = .failed("\(error); allow more with --memory")
    case let error as ScorerError: self.init(error.isInvalidInput ? .invalidInput : .failed, "\(error)")
    case let error as DatasetError:
      if case .unwritable = error { self = .failed("\(error)") } else { self = .invalidInput("\(error)") }
    case KernelError.overBudget: self = .failed("\(error); allow more with --memory")
    case is SpaceFilterError, is KernelError, is PluginError, is PluginFault, is NetworkError, is MetricError,
      is TrainabilityError,
      is MeanFieldError,
      is LinearAlgebraError, is RankingPlotError:
      self = .invalidInput("\(error)")
    case is StoreError: self = .failed("\(error)")
    default: self = .failed("\(error)")
    }
  }
}
