import CPlugins
import Foundation

/// A shared library with the C interface, loaded into this process.
final class PluginLibrary: @unchecked Sendable {
  // Sendable because the table is constant, and its functions are entered by one thread at a time, with the lock held,
  // unless the plugin says that several may.
  private let table: ntkscorer_plugin_table
  private let lock: NSLock?
  private let name: String

  /// - Throws: `PluginFault.Kind.incompatible`.
  init(path: String, name: String) throws(PluginFault) {
    var problem = [CChar](repeating: 0, count: 1024)
    guard let table = ntkscorer_open_library(path, &problem, problem.count) else {
      let bytes = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw PluginFault(plugin: name, kind: .incompatible, message: String(decoding: bytes, as: UTF8.self))
    }
    self.table = table.pointee
    self.name = name
    lock = table.pointee.flags & NTKSCORER_PLUGIN_THREAD_SAFE == 0 ? NSLock() : nil
  }

  /// Answers one request.
  ///
  /// - Parameters:
  ///   - json: UTF-8, without a final zero.
  ///   - replyBytes: longer replies are refused.
  /// - Throws: `PluginFault` for a reply that is none.
  func answer(_ json: [UInt8], _ arrays: [PluginArray], replyBytes: Int) throws(PluginFault) -> [UInt8] {
    lock?.lock()
    defer { lock?.unlock() }
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
