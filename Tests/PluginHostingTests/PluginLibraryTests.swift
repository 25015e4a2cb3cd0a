import PluginHosting
import PluginScripts
import Testing
import YAMLDocuments

private let faulty = builtLibrary("FaultyFamily")

private func make(_ fault: String, units: Int = 4) -> PluginRequest {
  PluginRequest(
    "make",
    [
      ("family", "\"faulty\""), ("choices", "{\"fault\":\"\(fault)\",\"units\":\(units)}"), ("input", "[12]"),
      ("outputs", "3"),
    ])
}

private func fault(_ body: () throws -> Void) -> PluginFault? {
  do {
    try body()
    return nil
  } catch { return error as? PluginFault }
}

private func layerCount(_ reply: YAMLNode) -> Int? {
  reply.entries?.first { $0.key.text == "network" }?.value.entries?.first { $0.key.text == "layers" }?.value
    .elements?.count
}

@Test(arguments: [false, true])
func aLibraryAnswersInAndOutOfProcess(isTrusted: Bool) throws {
  let plugin = try Plugin(path: faulty, isTrusted: isTrusted)
  #expect(plugin.isTrusted == isTrusted)
  #expect(layerCount(try plugin.call(make("none"))) == 2)
  #expect(fault { _ = try plugin.call(make("null")) }?.message == "its function 'call' gives NULL")
  #expect(layerCount(try plugin.call(make("none"))) == 2)
}

@Test(arguments: [
  ("crash", "was killed by signal 6 (SIGABRT)", "ended on request"), ("exit", "ended with exit code 3", ""),
  ("hang", "did not answer within 1 s", ""), ("regroup", "did not answer within 1 s", ""),
])
func whatALibraryDoesOutOfProcessCostsItsCallOnly(name: String, words: String, lastWords: String) throws {
  var limits = PluginLimits()
  limits.callSeconds = 1
  let plugin = try Plugin(path: faulty, limits: limits)
  let fault = fault { _ = try plugin.call(make(name)) }
  #expect(fault?.message.contains(words) == true, "\(String(describing: fault))")
  #expect(fault?.lastWords == lastWords)
  #expect(layerCount(try plugin.call(make("none"))) == 2)
}

@Test func aLibraryThatTakesAllMemoryCostsItsCallOnly() throws {
  var limits = PluginLimits()
  limits.memoryBytes = 512 << 20
  let plugin = try Plugin(path: faulty, limits: limits)
  let fault = fault { _ = try plugin.call(make("memory")) }
  #expect(fault?.kind == .outOfMemory)
  #expect(fault?.message.contains("expected less than 512.0 MiB") == true, "\(String(describing: fault))")
  #expect(fault?.lastWords == "no memory left")
  #expect(layerCount(try plugin.call(make("none"))) == 2)
}

/// It is asked for its table once, and entered by one thread at a time, whoever uses it.
@Test func aTrustedLibraryIsOneForAllWhoUseIt() async throws {
  let plugins = try (0..<4).map { _ in try Plugin(path: faulty, isTrusted: true) }
  try await withThrowingTaskGroup { group in
    for plugin in plugins {
      group.addTask {
        for _ in 0..<20 {
          let reply = try plugin.call(make("slow"))
          #expect(layerCount(reply) == 2)
        }
      }
    }
    try await group.waitForAll()
  }
}

/// What it reads from standard input, itself or by a program that it starts, is no request.
@Test func aLibraryMayRead() throws {
  let plugin = try Plugin(path: faulty)
  for units in 1...3 { #expect(layerCount(try plugin.call(make("input", units: units))) == 2) }
}

/// What a library prints does not stand between the replies.
@Test func aLibraryMayPrint() throws {
  let plugin = try Plugin(path: faulty)
  for units in 1...3 { #expect(layerCount(try plugin.call(make("chatter", units: units))) == 2) }
}

@Test(arguments: [
  ("OtherVersion", "it is of interface version 7; expected 1"),
  ("NoEntry", "it exports no function 'ntkscorer_plugin_v1'"),
])
func librariesOfAnotherKindAreRefused(name: String, words: String) throws {
  for isTrusted in [false, true] {
    let fault = fault { _ = try Plugin(path: builtLibrary(name), isTrusted: isTrusted) }
    #expect(fault?.kind == .incompatible)
    #expect(fault?.message.contains(words) == true, "\(String(describing: fault))")
  }
}

@Test func aFileThatIsNoLibraryIsRefused() throws {
  let script = try PluginScript(name: "text.so")
  let fault = fault { _ = try Plugin(path: script.path) }
  #expect(fault?.kind == .incompatible)
  #expect(fault?.message.contains("it cannot be loaded") == true)
}
