import CPlugins
import Foundation

/// How an exchange with a program failed.
enum ExchangeFailure: Error {
  /// It ended; in words: `ended with exit code 1`, `was killed by signal 11 (SIGSEGV)`; and the most memory that it held.
  case ended(String, peakBytes: UInt64)
  case timedOut
  case replyTooLarge
  /// It had written what nobody asked for before anything was asked.
  case unaskedBefore
  /// It wrote more than one line.
  case unaskedAfter
}

/// A program that answers lines with lines, in a process group of its own. For one thread at a time.
///
/// Descriptors are non-blocking, and every wait has a limit: whatever the program does, `exchange` returns in time. Its
/// standard error is always read, so that it cannot be stopped by writing there; the last bytes are kept.
final class PluginProcess {
  /// Whether it has answered anything yet.
  private(set) var hasAnswered = false
  private let program: RunningProgram
  private var input: Int32
  private var output: Int32
  private var errors: Int32
  /// Of standard error.
  private var tail: [UInt8] = []
  private let tailBytes: Int
  private var end: RunningProgram.End?

  /// - Throws: the number of the system's error.
  init(path: String, arguments: [String], memoryBytes: UInt64, tailBytes: Int) throws(SystemError) {
    // A socket, since writing to one whose reader is gone is an error and never a signal.
    let (ownInput, theirInput) = try Self.pair(ntkscorer_open_socket_pair)
    var opened = [ownInput, theirInput]
    defer { opened.forEach { close($0) } }
    // Reading end first.
    let (ownOutput, theirOutput) = try Self.pair(ntkscorer_open_pipe)
    opened += [ownOutput, theirOutput]
    let (ownErrors, theirErrors) = try Self.pair(ntkscorer_open_pipe)
    opened += [ownErrors, theirErrors]
    for end in [ownInput, ownOutput, ownErrors] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }

    program = try RunningProgram(
      path: path, arguments: arguments, input: theirInput, output: theirOutput, errors: theirErrors,
      memoryBytes: memoryBytes)
    opened = [theirInput, theirOutput, theirErrors]
    self.tailBytes = tailBytes
    (input, output, errors) = (ownInput, ownOutput, ownErrors)
  }

  deinit { finish(isUrgent: false) }

  /// Whether it has ended already, by itself.
  var hasEnded: Bool {
    if end == nil { end = program.end(within: 0) }
    return end != nil
  }

  private static func pair(
    _ make: (UnsafeMutablePointer<Int32>) -> Int32
  ) throws(SystemError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    let code = make(&ends)
    guard code == 0 else { throw SystemError(code: code) }
    return (ends[0], ends[1])
  }

  /// Writes a request and reads one line.
  ///
  /// - Returns: the line without its end.
  func exchange(
    _ request: [UInt8], seconds: Double, replyBytes: Int
  ) -> Result<[UInt8], ExchangeFailure> {
    let deadline = ContinuousClock.now + .seconds(seconds)
    tail.removeAll(keepingCapacity: true)
    var reply: [UInt8] = []
    // What is there before anything was asked answers nothing.
    if case .failure(let failure) = read(into: &reply) { return .failure(failure) }
    guard reply.isEmpty else { return .failure(.unaskedBefore) }
    var written = 0
    while true {
      if written < request.count {
        guard let count = write(request[written...]) else {
          return .failure(failure(after: "closed its standard input"))
        }
        written += count
      }
      switch read(into: &reply) {
      case .failure(let failure): return .failure(failure)
      case .success(let searchStart):
        if let end = reply[searchStart...].firstIndex(of: UInt8(ascii: "\n")) {
          guard end == reply.count - 1 else { return .failure(.unaskedAfter) }
          drainErrors()
          hasAnswered = true
          return .success(Array(reply[..<end]))
        }
        if reply.count > replyBytes { return .failure(.replyTooLarge) }
      }
      drainErrors()
      let left = (deadline - ContinuousClock.now) / .seconds(1)
      guard left > 0 else { return .failure(.timedOut) }
      wait(isWriting: written < request.count, seconds: left)
    }
  }

  /// What it last wrote to standard error since the last exchange began.
  var lastWords: String {
    drainErrors()
    return String(decoding: tail, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Kills it with all processes that it started.
  func kill() { finish(isUrgent: true) }

  private func finish(isUrgent: Bool) {
    guard output >= 0 else { return }
    drainErrors()
    close(input)
    if end == nil { end = program.end(isUrgent: isUrgent) }
    drainErrors()
    close(output)
    if errors >= 0 { close(errors) }
    (input, output, errors) = (-1, -1, -1)
    program.leave()
  }

  /// - Returns: how many bytes were taken; nil when nobody will read them.
  private func write(_ bytes: ArraySlice<UInt8>) -> Int? {
    let count = bytes.withUnsafeBytes { ntkscorer_send(input, $0.baseAddress, $0.count) }
    if count >= 0 { return count }
    return errno == EPIPE || errno == ECONNRESET ? nil : 0
  }

  /// What its end says, which may show a moment after that of its input or output; the other words when it goes on.
  private func failure(after words: String) -> ExchangeFailure {
    if end == nil { end = program.end(within: 200) }
    if let end { return .ended(Self.words(for: end.status), peakBytes: end.peakBytes) }
    kill()
    return .ended(words, peakBytes: 0)
  }

  /// Appends what is there.
  ///
  /// - Returns: where the new bytes begin; the end of the program when nothing more will come.
  private func read(into reply: inout [UInt8]) -> Result<Int, ExchangeFailure> {
    let start = reply.count
    switch Self.read(from: output, into: &reply, atMost: 1 << 20) {
    case .open: return .success(start)
    case .closed:
      if reply.contains(UInt8(ascii: "\n")) { return .success(start) }
      return .failure(failure(after: "closed its standard output"))
    case .nothing:
      // A process that it left behind may hold the pipe open, so that its end does not show there.
      guard hasEnded else { return .success(start) }
      // Once more: it may have written between the two looks.
      if case .open = Self.read(from: output, into: &reply, atMost: 1 << 20) { return .success(start) }
      return .failure(failure(after: "ended"))
    }
  }

  private enum Reading { case open, nothing, closed }

  private static func read(from end: Int32, into bytes: inout [UInt8], atMost limit: Int) -> Reading {
    var total = 0
    while total < limit {
      let count = withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { block in
        #if canImport(Glibc)
          let count = Glibc.read(end, block.baseAddress, block.count)
        #else
          let count = Darwin.read(end, block.baseAddress, block.count)
        #endif
        if count > 0 { bytes.append(contentsOf: block[..<count]) }
        return count
      }
      if count > 0 {
        total += count
        if count < 1 << 14 { return .open }
      } else if count < 0, errno == EINTR {
        continue
      } else {
        return total > 0 ? .open : count < 0 && errno == EAGAIN ? .nothing : .closed
      }
    }
    return .open
  }

  private func drainErrors() {
    guard errors >= 0 else { return }
    var bytes: [UInt8] = []
    // A flood is read up to a limit at a time, so that the deadline is looked at in between.
    _ = Self.read(from: errors, into: &bytes, atMost: 1 << 20)
    guard !bytes.isEmpty else { return }
    tail += bytes
    if tail.count > tailBytes { tail.removeFirst(tail.count - tailBytes) }
  }

  private func wait(isWriting: Bool, seconds: Double) {
    var ends = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      pollfd(fd: isWriting ? input : -1, events: Int16(POLLOUT), revents: 0),
    ]
    // In slices, to notice the end of a program whose pipes are held open by another.
    poll(&ends, nfds_t(ends.count), Int32(min(seconds, 0.05) * 1000) + 1)
    // Closed by its own hand, standard error would keep every wait from waiting.
    if ends[1].revents & Int16(POLLHUP) != 0, ends[1].revents & Int16(POLLIN) == 0 {
      close(errors)
      errors = -1
    }
  }

  private static func words(for status: Int32) -> String {
    if status < 0 { return "ended, nobody saw how," }
    let signal = status & 0x7f
    if signal == 0 { return "ended with exit code \((status >> 8) & 0xff)" }
    let names: [Int32: String] = [
      SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGILL: "SIGILL", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
      SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP", SIGPIPE: "SIGPIPE",
    ]
    return "was killed by signal \(signal)" + (names[signal].map { " (\($0))" } ?? "")
  }
}
