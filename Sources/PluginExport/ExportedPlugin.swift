import ArchitecturePlugins
import CPlugins
import Foundation
import NetworkGraph
import YAMLDocuments

/// Families written in Swift, for a shared library that NTKScorer loads as a plugin.
///
/// ```swift
/// private let plugin = ExportedPlugin(families: [LadderFamily()])
///
/// @_cdecl("ntkscorer_plugin_v1")
/// public func ntkscorerPlugin() -> UnsafeRawPointer { plugin.table }
/// ```
///
/// Keep it in a global constant: the table belongs to it.
public final class ExportedPlugin: Sendable {
  private let families: [any ArchitectureFamily]
  private let registry: Result<FamilyRegistry, PluginError>
  private let memory: Memory

  /// What the C interface hands out.
  private struct Memory: @unchecked Sendable {
    // Sendable because the table is written in the plugin's `init`, before anybody has it, and constant from then on.
    let table: UnsafeMutablePointer<ntkscorer_plugin_table>
  }

  /// - Parameter families: at least one; their names differ.
  public init(families: [any ArchitectureFamily]) {
    self.families = families
    registry = Result { () throws(PluginError) in try FamilyRegistry(families) }
    memory = Memory(table: .allocate(capacity: 1))
    memory.table.initialize(
      to: ntkscorer_plugin_table(
        abi_version: UInt32(NTKSCORER_PLUGIN_ABI_VERSION), flags: NTKSCORER_PLUGIN_THREAD_SAFE,
        context: Unmanaged.passUnretained(self).toOpaque(),
        call: { context, request, count, _, _, replyCount in
          guard let context, let request, let replyCount else { return nil }
          let plugin = Unmanaged<ExportedPlugin>.fromOpaque(context).takeUnretainedValue()
          var reply = plugin.reply(to: Array(UnsafeRawBufferPointer(start: request, count: count)))
          return reply.withUTF8 { bytes in
            guard let source = bytes.baseAddress, let memory = malloc(bytes.count) else { return nil }
            memcpy(memory, source, bytes.count)
            replyCount.pointee = bytes.count
            return memory.assumingMemoryBound(to: CChar.self)
          }
        },
        release: { _, reply in free(reply) }))
  }

  deinit { memory.table.deallocate() }

  /// What the exported function returns.
  public var table: UnsafeRawPointer { UnsafeRawPointer(memory.table) }

  /// Answers a request of the protocol, both JSON.
  package func reply(to request: [UInt8]) -> String {
    let members: [YAMLNode.Entry]
    do {
      members = try parseJSON(request).entries ?? []
    } catch {
      return Self.refusal("the request is no JSON: \(error)", id: nil)
    }
    func member(_ key: String) -> YAMLNode? { members.first { $0.key.text == key }?.value }
    let id = member("id")?.integer
    do {
      switch member("call")?.text {
      case "describe": return Self.answer("\"families\":\(try description)", id: id)
      case "make": return Self.answer("\"network\":\(try network(member))", id: id)
      case let call:
        return Self.refusal(
          "the call is \(call.map { "'\($0)'" } ?? "missing"); expected describe or make", id: id)
      }
    } catch {
      return Self.refusal("\(error)", id: id)
    }
  }

  private var description: String {
    get throws {
      String(decoding: try JSONEncoder().encode(families.map(FamilySchema.init)), as: UTF8.self)
    }
  }

  private func network(_ member: (String) -> YAMLNode?) throws -> String {
    let family = try registry.get().family(named: member("family")?.text ?? "")
    var choices: Choices = [:]
    for entry in member("choices")?.entries ?? [] {
      guard let name = entry.key.text, let value = ParameterValue(json: entry.value) else {
        throw RequestError(
          message: "the value of '\(entry.key.shown)' is \(entry.value.shown); expected a parameter's value")
      }
      choices[name] = value
    }
    let sizes = (member("input")?.elements ?? []).compactMap(\.integer)
    guard let input = TensorShape(dimensions: sizes), sizes.allSatisfy({ $0 > 0 }),
      let outputs = member("outputs")?.integer, outputs > 0
    else { throw RequestError(message: "the request lacks an input's shape or a number of outputs") }
    let network = try family.makeNetwork(try family.validated(choices), input: input, outputs: outputs)
    return NetworkFile(network: network).json()
  }

  private struct RequestError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
  }

  private static func answer(_ member: String, id: Int?) -> String {
    "{" + (id.map { "\"id\":\($0)," } ?? "") + member + "}"
  }

  private static func refusal(_ message: String, id: Int?) -> String {
    answer("\"error\":\(ParameterValue.text(message).canonicalJSON)", id: id)
  }
}
