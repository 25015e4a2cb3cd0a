import Foundation
import Testing

/// One after the other: each has to catch a run in the middle.
@Suite(.serialized) struct InterruptionTests {
  let folder: ScratchFolder
  let space: String

  init() throws {
    folder = try ScratchFolder()
    // Seconds of work on one thread, in many small steps.
    space = try folder.write(
      """
      name: long
      family: fully_connected
      input: {shape: [64], outputs: 10, samples: 48}
      choices:
        depth: {from: 2, to: 8}
        width: [64, 96, 128, 160, 192]
        activation: [relu, tanh, gelu, erf, silu, softplus, elu, sin]
      scoring: {seeds: 2}

      """, to: "long.yaml")
  }

  private func arguments(_ store: String, _ more: String...) -> [String] {
    ["rank", space, "--store", folder.file(store), "--format", "json", "--threads", "1"] + more
  }

  /// The scores in a store, each as exported: key, values and all.
  private func scores(_ store: String) throws -> Set<String> {
    guard FileManager.default.fileExists(atPath: folder.file(store)) else { return [] }
    let result = try Tool.run(
      ["store", "export", "--store", folder.file(store), "--format", "json"], in: folder)
    #expect(result.exitCode == 0, "\(result.errors)")
    return Set(result.output.split(separator: "\n").map(String.init))
  }

  /// Waits until a run has kept something.
  private func waitForScores(_ store: String, moreThan count: Int = 0) throws {
    for _ in 0..<600 {
      if try scores(store).count > count { return }
      usleep(10_000)
    }
    Issue.record("no score was kept within the time")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func theFirstSignalStopsTheRunAndTheSameCommandResumesIt(signal: Int32) throws {
    let run = try Tool.start(arguments("s.sqlite"), in: folder)
    try waitForScores("s.sqlite")
    run.send(signal)
    let result = try run.wait()
    #expect(result.exitCode == 130)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("interrupted: "))
    #expect(result.errors.contains("\n  \(Tool.path) rank \(space) --store "))
    let kept = try scores("s.sqlite")
    #expect(kept.count > 0 && kept.count < 560)

    let resumed = try Tool.run(arguments("s.sqlite"), in: folder)
    #expect(resumed.exitCode == 0)
    #expect(resumed.errors.contains("computed "))
    #expect(!resumed.errors.contains("from store 0"))
    #expect(try scores("s.sqlite").isSuperset(of: kept))
  }

  @Test func theSecondSignalEndsTheProcessAtOnce() throws {
    // One candidate takes far longer than the test waits.
    let slow = try folder.write(
      """
      family: fully_connected
      input: {shape: [2048], outputs: 10, samples: 512}
      fixed: {depth: 40, width: 4096}
      scoring: {seeds: 50}

      """, to: "slow.yaml")
    let run = try Tool.start(["rank", slow, "--no-store", "--threads", "1"], in: folder)
    usleep(500_000)
    run.send(SIGINT)
    usleep(300_000)
    run.send(SIGINT)
    let start = Date()
    let result = try run.wait()
    #expect(result.signal == SIGINT || result.exitCode == 130)
    #expect(Date().timeIntervalSince(start) < 5)
    #expect(result.errors.contains("once more stops at once"))
  }

  @Test func killingTheProcessNeverLosesAFinishedScore() throws {
    let undisturbed = try Tool.run(arguments("reference.sqlite"), in: folder)
    #expect(undisturbed.exitCode == 0)

    var kept: Set<String> = []
    var killed = 0
    for attempt in 0..<20 {
      let run = try Tool.start(arguments("s.sqlite"), in: folder)
      // At random, but after something new was begun at least now and then.
      usleep(UInt32.random(in: 1_000...(attempt % 2 == 0 ? 400_000 : 60_000)))
      run.send(SIGKILL)
      if try run.wait().signal == SIGKILL { killed += 1 }
      let now = try scores("s.sqlite")
      #expect(now.isSuperset(of: kept), "attempt \(attempt) lost \(kept.subtracting(now).count) scores")
      kept = now
    }
    #expect(killed > 0)

    let last = try Tool.run(arguments("s.sqlite"), in: folder)
    #expect(last.exitCode == 0)
    #expect(last.output == undisturbed.output)
    #expect(try scores("s.sqlite").isSuperset(of: kept))
    #expect(try scores("s.sqlite").count == scores("reference.sqlite").count)
  }
}

@Suite struct ProgressTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test func onATerminalProgressIsShownOnOneLineAndTakenAway() throws {
    let space = try folder.write(
      """
      family: fully_connected
      input: {shape: [32], outputs: 4, samples: 32}
      choices: {depth: {from: 1, to: 12}, width: {from: 40, to: 90}}

      """, to: "space.yaml")
    var terminal: Int32 = -1
    var side: Int32 = -1
    var size = winsize(ws_row: 24, ws_col: 70, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&terminal, &side, nil, nil, &size) == 0)
    defer { close(terminal) }
    let run = try Tool.start(
      ["rank", space, "--no-store", "--threads", "1"], in: folder, environment: ["TERM": "xterm"],
      errors: side)
    close(side)
    var shown = ""
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(terminal, &block, block.count)
      if count <= 0 { break }
      shown += String(decoding: block[..<count], as: UTF8.self)
    }
    let result = try run.wait()
    #expect(result.exitCode == 0)
    #expect(!result.output.contains("\u{1B}"))

    let redraws = shown.components(separatedBy: "\r").dropFirst()
    #expect(redraws.contains { $0.contains("/612") && $0.contains("━") && $0.contains("ETA") })
    // Every drawing stays on its line, and the last thing before the summary is an empty one.
    #expect(redraws.filter { $0.contains("/612") }.allSatisfy { !$0.contains("\n") && $0.count < 74 })
    #expect(shown.contains("\r\u{1B}[Kntkscorer: 612 candidates in "))
  }
}
