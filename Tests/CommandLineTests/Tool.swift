import Foundation
import Testing

/// The built program, run as users run it: as a process of its own.
enum Tool {
  /// Beside the test bundle, where the package manager puts it.
  static let path: String = {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    return folder.appendingPathComponent("ntkscorer").path
  }()

  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static var tinySpace: String { repository.appendingPathComponent("search-spaces/tiny.yaml").path }

  /// Runs the program to its end.
  static func run(
    _ arguments: [String], in folder: ScratchFolder, environment: [String: String] = [:]
  ) throws -> Finished {
    try start(arguments, in: folder, environment: environment).wait()
  }

  /// Runs a line of shell in which `$TOOL` is the program.
  static func shell(_ script: String, in folder: ScratchFolder) throws -> Finished {
    try RunningProcess(
      "/bin/sh", ["-c", script], in: folder, environment: environment(folder, ["TOOL": path])
    ).wait()
  }

  static func start(
    _ arguments: [String], in folder: ScratchFolder, environment: [String: String] = [:], errors: Int32? = nil
  ) throws -> RunningProcess {
    try RunningProcess(
      path, arguments, in: folder, environment: self.environment(folder, environment), errors: errors)
  }

  /// Nothing of the user's own environment decides a test, and nothing of theirs is touched.
  private static func environment(_ folder: ScratchFolder, _ more: [String: String]) -> [String: String] {
    let inherited = ProcessInfo.processInfo.environment.filter {
      ["PATH", "LD_LIBRARY_PATH"].contains($0.key)
    }
    return inherited.merging(["HOME": folder.path]) { $1 }.merging(more) { $1 }
  }
}

/// How a process ended, and what it wrote.
struct Finished {
  /// Nil when a signal ended it.
  let exitCode: Int32?
  let signal: Int32?
  let output: String
  let errors: String
}

/// A folder that goes away with the test.
final class ScratchFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent("ntkscorer-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a text and gives its path.
  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

/// A process whose output goes to files, so that no pipe can fill up and stop it.
final class RunningProcess {
  let identifier: pid_t
  private let outputPath: String
  private let errorsPath: String
  private let folder: ScratchFolder

  struct SpawnFailure: Error { let code: Int32 }

  /// - Parameter errors: a descriptor to be the process's standard error; a file when nil.
  init(
    _ program: String, _ arguments: [String], in folder: ScratchFolder, environment: [String: String],
    errors: Int32? = nil
  ) throws {
    self.folder = folder
    let name = UUID().uuidString
    outputPath = FileManager.default.temporaryDirectory.appendingPathComponent(name + ".out").path
    errorsPath = FileManager.default.temporaryDirectory.appendingPathComponent(name + ".err").path

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    if let errors {
      posix_spawn_file_actions_adddup2(&actions, errors, 2)
    } else {
      posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let argv = ([program] + arguments).map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, program, &actions, &attributes, argv, envp)
    guard code == 0 else { throw SpawnFailure(code: code) }
    self.identifier = identifier
  }

  /// The most memory that the process has held so far; nil once it has ended, and where there is no `/proc`. What is told
  /// of an ended process would count what its parent held when it was started.
  var peakBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    .map { $0 * 1024 }
  }

  func send(_ signal: Int32) { kill(identifier, signal) }

  /// What it has written to standard error by now.
  var errorsSoFar: String { Self.text(errorsPath) }

  func wait() throws -> Finished {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    defer {
      try? FileManager.default.removeItem(atPath: outputPath)
      try? FileManager.default.removeItem(atPath: errorsPath)
    }
    return Finished(
      exitCode: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
      output: Self.text(outputPath), errors: Self.text(errorsPath))
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// A JSON document of the program.
func jsonObject(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}
