import ArchitecturePlugins
import Datasets
import InfiniteWidth
import NetworkGraph
import ResultStorage
import ScoringMetrics
import TangentKernel

/// Why a run could not start or go on. What goes wrong with one candidate is never an error: it is that candidate's
/// outcome.
public enum ScorerError: Error, Sendable, CustomStringConvertible {
  /// The request asks for what this version does not do.
  case notAvailable(String)
  /// The settings contradict each other or the space.
  case invalidRequest(String)
  case dataset(DatasetError)
  case metric(MetricError)
  case plugin(PluginError)
  /// A single network could not be computed as asked.
  case kernel(KernelError)
  /// A single network has no kernel of infinite width, or too large a one.
  case infiniteWidth(InfiniteWidthError)
  case network(NetworkError)
  case store(StoreError)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .notAvailable(let text), .invalidRequest(let text): text
    case .dataset(let error): "\(error)"
    case .metric(let error): "\(error)"
    case .plugin(let error): "\(error)"
    case .kernel(let error): "\(error)"
    case .infiniteWidth(let error): "\(error)"
    case .network(let error): "\(error)"
    case .store(let error): "\(error)"
    }
  }

  /// Whether the user's files or arguments are at fault (exit code 2), rather than the machine (exit code 1).
  public var isInvalidInput: Bool {
    switch self {
    case .notAvailable, .invalidRequest, .metric, .plugin, .network: true
    case .dataset(.unreadable), .dataset(.unwritable), .store: false
    case .dataset: true
    case .kernel(.overBudget), .infiniteWidth(.overBudget), .infiniteWidth(.overOperationBudget): false
    case .kernel, .infiniteWidth: true
    }
  }
}
