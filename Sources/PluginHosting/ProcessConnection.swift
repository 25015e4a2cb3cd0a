import Foundation
import YAMLDocuments

/// A plugin in processes of its own: every call that is in flight has one for itself, so that its crash costs that call
/// alone. Processes that are done wait for the next call.
///
/// A process that ends before it answers is started again and asked once more; then the call has failed. One that does
/// not answer in time, or in a way that cannot be read, is killed with everything it started.
final class ProcessConnection: PluginConnection, @unchecked Sendable {
  // Sendable because the variables are only touched with the lock held; a process is used by the one thread that took
  // it out of `idle`.
  private let lock = NSLock()
  private var idle: [PluginProcess] = []
  private var failuresInARow = 0
  private var lastID = 0

  private let file: PluginFile
  private let program: String
  private let arguments: [String]
  private let isHosted: Bool
  private let limits: PluginLimits

  /// - Parameter host: the program that loads libraries; nil for an executable.
  init(_ file: PluginFile, host: (program: String, arguments: [String])?, limits: PluginLimits) {
    self.file = file
    self.limits = limits
    isHosted = host != nil
    program = host?.program ?? file.path
    arguments = host?.arguments ?? []
  }

  func call(_ request: PluginRequest, seconds: Double) throws(PluginFault) -> YAMLNode {
    do {
      let reply = try attempt(request, seconds: seconds, on: try idleProcess(), mayRetry: true)
      lock.withLock { failuresInARow = 0 }
      return reply
    } catch {
      lock.withLock {
        if error.kind == .refused { failuresInARow = 0 } else { failuresInARow += 1 }
      }
      throw error
    }
  }

  func forget() {
    // Without the lock: they may take their time to end.
    var forgotten: [PluginProcess] = []
    lock.withLock { swap(&forgotten, &idle) }
  }

  private func attempt(
    _ request: PluginRequest, seconds: Double, on waiting: PluginProcess?, mayRetry: Bool
  ) throws(PluginFault) -> YAMLNode {
    let process: PluginProcess
    if let waiting { process = waiting } else { process = try startedProcess() }
    let seconds = process.hasAnswered ? seconds : max(seconds, limits.startSeconds)
    let id = lock.withLock {
      lastID += 1
      return lastID
    }
    let bytes = isHosted ? HostedRequest.bytes(request, id: id) : request.line(id: id)
    switch process.exchange(bytes, seconds: seconds, replyBytes: limits.replyBytes) {
    case .success(let line):
      do {
        let reply = try PluginReply.checked(
          line, id: request.isMalformed ? nil : id, isHosted: isHosted, plugin: file.name)
        lock.withLock { idle.append(process) }
        return reply
      } catch {
        // Whatever it answers next may be meant for another question, unless it understood this one.
        if error.kind == .refused {
          lock.withLock { idle.append(process) }
          throw error
        }
        throw PluginFault(
          plugin: file.name, kind: error.kind, message: error.message, lastWords: process.lastWords)
      }
    case .failure(.ended(let how, let peakBytes)):
      // It would come to the same end again.
      if limits.memoryBytes > 0, peakBytes >= limits.memoryBytes / 4 * 3 {
        let (held, limit) = (Self.shown(bytes: peakBytes), Self.shown(bytes: limits.memoryBytes))
        throw fault(
          .outOfMemory,
          "it \(how) before it answered, when it held \(held) of memory; expected less than \(limit)", process
        )
      }
      if mayRetry { return try attempt(request, seconds: seconds, on: nil, mayRetry: false) }
      throw fault(.crashed, "it \(how) before it answered, and so it did when it was started again", process)
    case .failure(.timedOut):
      let limit = Int(exactly: seconds).map(String.init) ?? "\(seconds)"
      let lastWords = process.lastWords
      process.kill()
      throw PluginFault(
        plugin: file.name, kind: .timedOut, message: "it did not answer within \(limit) s",
        lastWords: lastWords)
    case .failure(.replyTooLarge):
      throw fault(.replyTooLarge, "its reply is longer than \(limits.replyBytes) bytes", process)
    case .failure(.unaskedBefore) where mayRetry:
      return try attempt(request, seconds: seconds, on: nil, mayRetry: false)
    case .failure(.unaskedBefore), .failure(.unaskedAfter):
      throw fault(
        .malformedReply,
        "it wrote to standard output what nobody asked for; expected one line for each request",
        process)
    }
  }

  private func fault(_ kind: PluginFault.Kind, _ message: String, _ process: PluginProcess) -> PluginFault {
    PluginFault(plugin: file.name, kind: kind, message: message, lastWords: process.lastWords)
  }

  private static func shown(bytes: UInt64) -> String {
    let tenths = (Double(bytes) / Double(1 << 20) * 10).rounded() / 10
    return tenths >= 1024 ? "\((tenths / 1024 * 10).rounded() / 10) GiB" : "\(tenths) MiB"
  }

  /// One that waits for a call; those that have ended while they waited have failed nobody.
  private func idleProcess() throws(PluginFault) -> PluginProcess? {
    let failures = lock.withLock { failuresInARow }
    guard failures < limits.failuresInARow else {
      throw PluginFault(
        plugin: file.name, kind: .abandoned,
        message: "it failed \(failures) times in a row and is asked no more")
    }
    while let process = lock.withLock({ idle.popLast() }) {
      if !process.hasEnded { return process }
    }
    return nil
  }

  private func startedProcess() throws(PluginFault) -> PluginProcess {
    do { return try start() } catch {
      let hint =
        switch error.code {
        case ENOEXEC: "; does its first line say #!/usr/bin/env …?"
        case ENOENT where access(program, F_OK) == 0: "; is there the program that its first line names?"
        default: ""
        }
      throw PluginFault(
        plugin: file.name, kind: .unusableFile, message: "it cannot be started: \(error)\(hint)")
    }
  }

  private func start() throws(SystemError) -> PluginProcess {
    var tries = 0
    while true {
      do {
        return try PluginProcess(
          path: program, arguments: arguments, memoryBytes: limits.memoryBytes,
          tailBytes: limits.lastWordsBytes)
      } catch {
        // A file that was written a moment ago may still be open in a process that is just being started.
        tries += 1
        guard error.code == ETXTBSY, tries < 100 else { throw error }
        usleep(10_000)
      }
    }
  }
}
