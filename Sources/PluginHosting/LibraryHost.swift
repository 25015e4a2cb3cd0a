import CPlugins
import Foundation

/// The program that holds a library for another: reads requests from standard input and writes replies to standard
/// output, until the other end is closed; then it ends at once, whatever the library is doing.
public enum LibraryHost {
  /// The first argument by which a program that calls `run` is asked to be a host; the library's path follows.
  public static let argument = "plugin-host"

  /// The program that can be a host: named by the environment variable `NTKSCORER_EXECUTABLE`, or called `ntkscorer`
  /// and beside the running program, or on the search path. Nil when there is none.
  static var program: String? {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["NTKSCORER_EXECUTABLE"] { return access(named, X_OK) == 0 ? named : nil }
    let running = Bundle.main.executablePath.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath() }
    let folders =
      [running?.deletingLastPathComponent().path].compactMap(\.self)
      + (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    return folders.lazy.map { $0 + "/ntkscorer" }.first { access($0, X_OK) == 0 }
  }

  /// Serves one library. Returns when standard input ends.
  public static func run(_ path: String) {
    // What the library prints must not stand between replies, and what it, or a program that it starts, reads must be no
    // request.
    let (input, output) = (ownCopy(of: STDIN_FILENO), ownCopy(of: STDOUT_FILENO))
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    if nothing >= 0 { dup2(nothing, STDIN_FILENO) }
    _ = ntkscorer_end_with_peer(input)
    // A crash is to end it at once and say no more than the library did.
    for number in [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP] { signal(number, SIG_DFL) }
    let name = URL(fileURLWithPath: path).lastPathComponent
    let library = Result { () throws(PluginFault) in try PluginLibrary(path: path, name: name) }
    var requests = RequestReader(input: input)
    while let (json, arrays) = requests.next() {
      let reply: [UInt8]
      do { reply = try library.get().answer(json, arrays, replyBytes: .max) } catch {
        reply = Array("{\"fault\":\"\(error.kind.rawValue)\",\"message\":\(quoted(error.message))}".utf8)
      }
      // Between values, line ends are space.
      write(
        reply.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 } + [UInt8(ascii: "\n")], to: output)
    }
  }

  /// The same file under a number that no other program gets.
  private static func ownCopy(of descriptor: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) }

  private static func write(_ bytes: [UInt8], to output: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(output, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
    }
  }

  private static func quoted(_ text: String) -> String {
    (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}

/// Requests from a descriptor.
private struct RequestReader {
  let input: Int32
  private var buffer: [UInt8] = []

  init(input: Int32) { self.input = input }

  /// Nil at the end, and for what is no request.
  mutating func next() -> (json: [UInt8], arrays: [PluginArray])? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        guard let head = HostedRequest.head(String(decoding: buffer[..<end], as: UTF8.self)) else {
          return nil
        }
        return body(head, after: end + 1)
      }
      guard buffer.count < 1 << 16, more() else { return nil }
    }
  }

  private mutating func body(
    _ head: HostedRequest.Head, after start: Int
  ) -> (json: [UInt8], arrays: [PluginArray])? {
    let numbers = head.arrays.reduce(0) { $0 + $1.rows * $1.columns }
    let count = start + head.jsonBytes + numbers * MemoryLayout<Double>.size
    while buffer.count < count { guard more() else { return nil } }
    let json = Array(buffer[start..<start + head.jsonBytes])
    var place = start + head.jsonBytes
    var arrays: [PluginArray] = []
    for array in head.arrays {
      let bytes = buffer[place..<place + array.rows * array.columns * MemoryLayout<Double>.size]
      place = bytes.endIndex
      let values = [Double](unsafeUninitializedCapacity: array.rows * array.columns) { target, initialized in
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
        initialized = array.rows * array.columns
      }
      arrays.append(.init(name: array.name, rows: array.rows, columns: array.columns, values: values))
    }
    buffer.removeFirst(count)
    return (json, arrays)
  }

  private mutating func more() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { block in
      while true {
        let count = Foundation.read(input, block.baseAddress, block.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        buffer.append(contentsOf: block[..<count])
        return true
      }
    }
  }
}
