import ArchitectureScorer

/// What a daemon may do and use.
public struct DaemonConfiguration: Sendable {
  /// Where it listens. Anything but the machine itself needs a token.
  public var host = "127.0.0.1"
  /// 0 for one that the system chooses.
  public var port = 8420
  /// What every request but those about health has to bring; nil for none.
  public var token: String?
  /// Threads and memory of all jobs and questions together.
  public var resources = Resources()
  /// Jobs that may wait for their turn.
  public var mostWaitingJobs = 100
  /// Jobs that are worked on at once; they share the processors.
  public var mostRunningJobs = 4
  /// Bytes of a request's body.
  public var mostBodyBytes = 8 << 20
  /// At once; further ones wait.
  public var mostConnections = 1024
  /// Candidates of one request for scores.
  public var mostCandidates = 1024
  /// The only folder in which the datasets of a request may lie; nil allows none but generated ones.
  public var dataFolder: String?
  /// How long a request's body may take to arrive, and how long a connection may be idle.
  public var requestSeconds = 60
  /// How long the answer to a question for scores may take.
  public var questionSeconds = 600
  /// How long candidates that are being computed may take to finish when the daemon is asked to stop.
  public var shutdownSeconds = 30
  /// Of server-sent events.
  public var heartbeatSeconds = 15.0
  /// As it names itself: `ntkscorer 0.1.0`.
  public var program = "ntkscorer"

  /// The defaults of `ntkscorer serve`.
  public init() {}

  /// Whether only this machine can reach it.
  public var isLoopback: Bool { Self.isLoopback(host) }

  /// Whether a name or an address is this machine's own and no other's.
  public static func isLoopback(_ host: String) -> Bool {
    let host = host.lowercased()
    if host == "localhost" || host == "::1" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// Why a daemon does not start.
public enum DaemonError: Error, Hashable, Sendable, CustomStringConvertible {
  case needsToken(host: String)
  case weakToken(path: String)
  case storeInUse(path: String, holder: String?)
  case cannotListen(host: String, port: Int, reason: String)
  case noSuchFolder(String)
  case unreadable(path: String, reason: String)

  /// What is wrong with it, in words.
  public var description: String {
    switch self {
    case .needsToken(let host):
      "others than this machine can reach \(host), so requests need a token: write one into a file that only you may "
        + "read and name it with --token-file"
    case .weakToken(let path):
      "\(path): the token has fewer than 16 characters, or others than printable ASCII; "
        + "`openssl rand -hex 32` makes a good one"
    case .storeInUse(let path, let holder):
      "store \(path): another daemon\(holder.map { ", process \($0)," } ?? "") serves it already; stop that one, or name "
        + "another --store"
    case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
    case .noSuchFolder(let path): "there is no folder \(path)"
    case .unreadable(let path, let reason): "\(path): \(reason)"
    }
  }
}
