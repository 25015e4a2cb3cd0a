import Foundation
import PluginHosting
import PluginScripts
import Testing
import YAMLDocuments

private func make(width: Int) -> PluginRequest {
  PluginRequest(
    "make",
    [("family", "\"scripted\""), ("choices", "{\"width\":\(width)}"), ("input", "[12]"), ("outputs", "4")])
}

private var hasty: PluginLimits {
  var limits = PluginLimits()
  limits.callSeconds = 1
  return limits
}

private func fault(_ body: () throws -> Void) -> PluginFault? {
  do {
    try body()
    return nil
  } catch { return error as? PluginFault }
}

@Test func aPluginAnswersAndItsNumberIsChecked() throws {
  let script = try PluginScript()
  let plugin = try Plugin(path: script.path)
  #expect(plugin.description.entries?.map(\.key.text).contains("families") == true)
  #expect(plugin.contentHash.count == 64)
  for width in [4, 5, 6] {
    let reply = try plugin.call(make(width: width))
    #expect(reply.entries?.contains { $0.key.text == "network" } == true)
  }
  #expect(fault { _ = try plugin.call(make(width: 13)) }?.kind == .refused)
}

/// After every fault the next call is answered.
@Test(arguments: ScriptFault.all)
func aFaultCostsItsCallOnly(_ scripted: ScriptFault) throws {
  let script = try PluginScript(unlucky: scripted.unlucky)
  let plugin = try Plugin(path: script.path, limits: hasty)
  _ = try plugin.call(make(width: 4))
  _ = fault { _ = try plugin.call(make(width: 13)) }
  let reply = try plugin.call(make(width: 14))
  let layers = reply.entries?.first { $0.key.text == "network" }?.value.entries?.first {
    $0.key.text == "layers"
  }
  #expect(layers?.value.elements?.count == 4)
}

@Test func aProcessThatDiesOnceIsStartedAgain() throws {
  let script = try PluginScript(
    unlucky:
      #"if [ -e "${0%/*}/died" ]; then echo '{"id":'$id',"network":{}}'; else : > "${0%/*}/died"; exit 9; fi"#
  )
  let plugin = try Plugin(path: script.path)
  let reply = try plugin.call(make(width: 13))
  #expect(reply.entries?.contains { $0.key.text == "network" } == true)
}

/// It goes on where the pipe would be full, and what is kept of it is little.
@Test func standardErrorNeverStopsAPlugin() throws {
  let script = try PluginScript(
    unlucky: #"head -c 5000000 /dev/zero | tr '\0' x >&2; echo '{"id":'$id',"network":{}}'"#)
  let plugin = try Plugin(path: script.path)
  _ = try plugin.call(make(width: 13))
  let flood = try PluginScript(
    unlucky: ScriptFault.all.first { $0.description.hasPrefix("flood") }?.unlucky ?? "")
  let words = fault { _ = try Plugin(path: flood.path).call(make(width: 13)) }?.lastWords ?? ""
  #expect(words.hasSuffix("after the flood"))
  #expect(words.utf8.count <= PluginLimits().lastWordsBytes)
}

@Test func whatAPluginStartedEndsWithIt() throws {
  let script = try PluginScript(
    unlucky: #"sleep 9973 & echo $! > "${0%/*}/fork"; echo '{"id":'$id',"network":{}}'"#)
  var plugin: Plugin? = try Plugin(path: script.path)
  _ = try plugin?.call(make(width: 13))
  let child = try #require(script.text(of: "fork").flatMap { Int32($0) })
  #expect(kill(child, 0) == 0)
  plugin = nil
  #expect(hasEnded(child))
}

/// The process is gone, and the one that it left holds its output open.
@Test func theEndIsSeenThoughAForkHoldsTheOutput() throws {
  let script = try PluginScript(
    unlucky: #"sleep 9973 & echo $! > "${0%/*}/fork"; exit 1"#)
  var limits = PluginLimits()
  limits.callSeconds = 300
  let plugin = try Plugin(path: script.path, limits: limits)
  #expect(fault { _ = try plugin.call(make(width: 13)) }?.kind == .crashed)
  let child = try #require(script.text(of: "fork").flatMap { Int32($0) })
  #expect(hasEnded(child))
}

#if os(Linux)
  private let detached = """
    setsid sh -c 'echo $$ > "$0/fork"; exec sleep 9973' "${0%/*}" &
    while [ ! -s "${0%/*}/fork" ]; do sleep 0.01; done
    """

  /// In a session of its own, out of reach of its group's end; still a child, or left behind.
  @Test(arguments: [
    (detached, "exit 1"), (detached, #"echo '{"id":'$id',"network":{}}'"#), ("(\(detached)\n)", "sleep 9973"),
  ])
  func whatLeftTheGroupEndsToo(start: String, end: String) throws {
    let script = try PluginScript(unlucky: "\(start)\n\(end)")
    var plugin: Plugin? = try Plugin(path: script.path, limits: hasty)
    _ = fault { _ = try plugin?.call(make(width: 13)) }
    plugin = nil
    let child = try #require(script.text(of: "fork").flatMap { Int32($0) })
    #expect(hasEnded(child))
  }

  /// The standard three, and what the shell opens for itself from 10 on.
  @Test func aPluginInheritsNoDescriptor() throws {
    let script = try PluginScript(
      unlucky: #"ls /proc/$$/fd > "${0%/*}/open"; echo '{"id":'$id',"network":{}}'"#)
    let ours = fcntl(0, F_DUPFD, 57)
    defer { close(ours) }
    #expect(ours >= 57)
    let plugin = try Plugin(path: script.path)
    _ = try plugin.call(make(width: 13))
    let open = try #require(script.text(of: "open")).split(separator: "\n").compactMap { Int($0) }
    #expect(Set([0, 1, 2]).isSubset(of: open) && Set(open).isSubset(of: [0, 1, 2, 10, 11, 12]), "\(open)")
  }
#endif

/// It has the time of a start, not of a call.
@Test func aSecondProcessMayStartSlowlyToo() throws {
  let script = try PluginScript()
  let text = try String(contentsOfFile: script.path, encoding: .utf8)
  try script.write(text.replacingOccurrences(of: "#!/bin/sh\n", with: "#!/bin/sh\nsleep 1.2\n"))
  let plugin = try Plugin(path: script.path, limits: hasty)
  plugin.forget()
  #expect(fault { _ = try plugin.call(make(width: 4)) } == nil)
}

/// Processes that end while nobody asks them have failed nobody, however many they are.
@Test func processesThatEndedWhileTheyWaitedAreReplaced() throws {
  let script = try PluginScript(
    unlucky: """
      case $line in *'"outputs":1'*) me=1; other=2 ;; *) me=2; other=1 ;; esac
      : > "${0%/*}/$me"
      while [ ! -e "${0%/*}/$other" ]; do sleep 0.01; done
      echo '{"id":'$id',"network":{}}'
      echo $$ > "${0%/*}/process$me"
      exit 0
      """)
  let plugin = try Plugin(path: script.path)
  let faults = Faults()
  DispatchQueue.concurrentPerform(iterations: 2) { index in
    faults.add(
      fault {
        _ = try plugin.call(
          PluginRequest("make", [("choices", "{\"width\":13}"), ("outputs", "\(index + 1)")]))
      })
  }
  #expect(faults.all.isEmpty, "\(faults.all)")
  for name in ["process1", "process2"] {
    while script.text(of: name)?.isEmpty ?? true { usleep(1000) }
    let identifier = try #require(script.text(of: name).flatMap { Int32($0) })
    #expect(hasEnded(identifier))
  }
  #expect(fault { _ = try plugin.call(make(width: 4)) } == nil)
}

/// It is not waited for, nor asked again and again.
@Test func aPluginThatReadsNoMoreHasFailed() throws {
  let script = try PluginScript()
  try script.write(
    """
    #!/bin/sh
    if [ ! -e "${0%/*}/asked" ]; then
      read -r line
      id=${line#*'"id":'}; id=${id%%[,\\}]*}
      : > "${0%/*}/asked"
      exec </dev/null
      echo '{"id":'$id',"families":[]}'
    else
      exec </dev/null
    fi
    sleep 9973

    """)
  var limits = PluginLimits()
  limits.callSeconds = 300
  let plugin = try Plugin(path: script.path, limits: limits)
  let long = PluginRequest("make", [("choices", "\"\(String(repeating: "x", count: 1 << 22))\"")])
  let fault = fault { _ = try plugin.call(long, seconds: 300) }
  #expect(fault?.message.contains("closed its standard input") == true, "\(String(describing: fault))")
}

/// Each waits for the other: they end only when both are in flight.
@Test func severalCallsAreInFlight() throws {
  let script = try PluginScript(
    unlucky: """
      case $line in *'"outputs":1'*) me=1; other=2 ;; *) me=2; other=1 ;; esac
      : > "${0%/*}/$me"
      while [ ! -e "${0%/*}/$other" ]; do sleep 0.01; done
      echo '{"id":'$id',"network":{}}'
      """)
  let plugin = try Plugin(path: script.path)
  let faults = Faults()
  DispatchQueue.concurrentPerform(iterations: 2) { index in
    faults.add(
      fault {
        _ = try plugin.call(
          PluginRequest("make", [("choices", "{\"width\":13}"), ("outputs", "\(index + 1)")]))
      })
  }
  #expect(faults.all.isEmpty, "\(faults.all)")
}

private final class Faults: @unchecked Sendable {
  // Sendable because the list is only touched with the lock held.
  private let lock = NSLock()
  private var list: [PluginFault] = []

  var all: [PluginFault] { lock.withLock { list } }

  func add(_ fault: PluginFault?) { lock.withLock { list += [fault].compactMap(\.self) } }
}

@Test func aPluginThatOnlyFailsIsAskedNoMore() throws {
  let script = try PluginScript(unlucky: "echo x >> \"${0%/*}/asked\"; exit 1")
  var limits = PluginLimits()
  limits.failuresInARow = 3
  let plugin = try Plugin(path: script.path, limits: limits)
  let kinds = (0..<5).map { _ in fault { _ = try plugin.call(make(width: 13)) }?.kind }
  #expect(kinds == [.crashed, .crashed, .crashed, .abandoned, .abandoned])
  // Each call that reached it asked twice.
  #expect(script.text(of: "asked")?.split(separator: "\n").count == 6)
}

@Test func aFileThatChangesInUseIsNoticed() throws {
  let script = try PluginScript(unlucky: "exit 1")
  let plugin = try Plugin(path: script.path)
  try script.write("#!/bin/sh\nexit 0\n# another length\n")
  #expect(fault { _ = try plugin.call(make(width: 13)) }?.kind == .changed)
}

@Test func furtherFilesThatItNamesAreHashed() throws {
  let script = try PluginScript(description: #""families":[],"files":["helper.txt"]"#)
  #expect(fault { _ = try Plugin(path: script.path) }?.message.contains("'helper.txt'") == true)
  try Data("one".utf8).write(to: URL(fileURLWithPath: script.file("helper.txt")))
  let first = try Plugin(path: script.path)
  try Data("two".utf8).write(to: URL(fileURLWithPath: script.file("helper.txt")))
  let second = try Plugin(path: script.path)
  #expect(first.file.contentHash == second.file.contentHash)
  #expect(first.contentHash != second.contentHash)
}

/// Even by a process that runs already and reads it again.
@Test func furtherFilesThatChangeInUseAreNoticed() throws {
  let script = try PluginScript(
    unlucky: "echo two > \"${0%/*}/helper.txt\"; echo '{\"id\":'$id',\"network\":{}}'",
    description: #""families":[],"files":["helper.txt"]"#)
  try Data("one".utf8).write(to: URL(fileURLWithPath: script.file("helper.txt")))
  let plugin = try Plugin(path: script.path)
  #expect(fault { _ = try plugin.call(make(width: 4)) } == nil)
  for width in [13, 4] {
    let fault = fault { _ = try plugin.call(make(width: width)) }
    #expect(fault?.kind == .changed)
    #expect(fault?.message.contains("'helper.txt'") == true)
  }
}

@Test func filesThatAreNoPluginsAreRefused() throws {
  let script = try PluginScript()
  #expect(fault { _ = try Plugin(path: script.file("absent")) }?.message == "there is no such file")
  #expect(fault { _ = try Plugin(path: script.folder) }?.message == "it is not a file")
  try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: script.path)
  #expect(fault { _ = try Plugin(path: script.path) }?.message.contains("chmod +x") == true)
  try script.write("no interpreter\n")
  #expect(fault { _ = try Plugin(path: script.path) }?.kind == .unusableFile)
  try script.write("#!/no/such/interpreter\n")
  #expect(
    fault { _ = try Plugin(path: script.path) }?.message.contains("its first line names") == true)
}

@Test func aPluginThatSaysNothingIsNotWaitedForLong() throws {
  let script = try PluginScript()
  try script.write("#!/bin/sh\necho 'warming up' >&2\nsleep 1000\n")
  var limits = PluginLimits()
  limits.startSeconds = 0.3
  let fault = fault { _ = try Plugin(path: script.path, limits: limits) }
  #expect(fault?.kind == .timedOut)
  #expect(fault?.lastWords == "warming up")
}
