import CPlugins
import Foundation
import Synchronization

/// A shared library with the C interface, loaded into this process.
struct PluginLibrary: Sendable {
  private let entered: Entered
  private let name: String

  /// - Throws: `PluginFault.Kind.incompatible`.
  init(path: String, name: String) throws(PluginFault) {
    self.name = name
    entered = try Self.all.withLock { (all) throws(PluginFault) in
      let library = try Self.checked(name) { ntkscorer_open_library(path, $0, $1) }
      if let entered = all[UInt(bitPattern: library)] { return entered }
      let table = try Self.checked(name) { ntkscorer_enter_library(library, $0, $1) }
      let entered = Entered(table: table.pointee)
      all[UInt(bitPattern: library)] = entered
      return entered
    }
  }

  /// Of this process, by the address of what is loaded: a library is asked for its table once, and one that only one
  /// thread may enter is so for all who use it.
  private static let all = Mutex<[UInt: Entered]>([:])

  /// A library's table and, unless the plugin says that several threads may be in it, the lock of those who are.
  private struct Entered: @unchecked Sendable {
    // Sendable because the table is constant, and its functions are entered as it allows.
    let table: ntkscorer_plugin_table
    let lock: NSLock?

    init(table: ntkscorer_plugin_table) {
      self.table = table
      lock = table.flags & NTKSCORER_PLUGIN_THREAD_SAFE == 0 ? NSLock() : nil
    }
  }

  private static func checked<Pointer>(
    _ name: String, _ body: (_ problem: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Pointer?
  ) throws(PluginFault) -> Pointer {
    var problem = [CChar](repeating: 0, count: 1024)
    guard let pointer = body(&problem, problem.count) else {
      let bytes = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw PluginFault(plugin: name, kind: .incompatible, message: String(decoding: bytes, as: UTF8.self))
    }
    return pointer
  }

  /// Answers one request.
  ///
  /// - Parameters:
  ///   - json: UTF-8, without a final zero.
  ///   - replyBytes: longer replies are refused.
  /// - Throws: `PluginFault` for a reply that is none.
  func answer(_ json: [UInt8], _ arrays: [PluginArray], replyBytes: Int) throws(PluginFault) -> [UInt8] {
    let table = entered.table
    entered.lock?.lock()
    defer { entered.lock?.unlock() }
    let names = arrays.map { strdup($0.name) }
    defer { names.forEach { free($0) } }
    let values = arrays.map { array in
      let copy = UnsafeMutablePointer<Double>.allocate(capacity: max(1, array.values.count))
      copy.initialize(from: array.values, count: array.values.count)
      return copy
    }
    defer { values.forEach { $0.deallocate() } }
    let described = zip(arrays, zip(names, values)).map { array, memory in
      ntkscorer_array(
        name: memory.0, values: memory.1, rows: array.rows, columns: array.columns)
    }
    var count = 0
    let reply = (json + [0]).withUnsafeBufferPointer { request in
      request.withMemoryRebound(to: CChar.self) {
        table.call(table.context, $0.baseAddress, json.count, described, described.count, &count)
      }
    }
    guard let reply else {
      throw PluginFault(plugin: name, kind: .malformedReply, message: "its function 'call' gives NULL")
    }
    defer { table.release(table.context, reply) }
    guard count <= replyBytes else {
      throw PluginFault(
        plugin: name, kind: .replyTooLarge, message: "its reply is longer than \(replyBytes) bytes")
    }
    return Array(UnsafeRawBufferPointer(start: reply, count: count))
  }
}
