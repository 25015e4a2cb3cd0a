import ArchitectureScorer
import ArgumentParser
import Reports

struct PluginsCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Find what is wrong with a plugin: for its author.",
    discussion: """
      Starts the plugin and tries everything that a run relies on: its description, networks over the whole \
      range of every parameter, the same answers from a fresh process, requests that make no sense, time. \
      docs/plugins.md describes the protocol.

      EXAMPLES
        ntkscorer plugins check ./mine.py
        ntkscorer plugins check ./libMine.so --format json
      """)

  @Argument(help: "A shared library or an executable.", completion: .file())
  var plugin: String

  @Flag(
    name: .customLong("trust-plugin"),
    help: "Load a shared library into this process, as a trusted run would.")
  var trustsLibrary = false

  @OptionGroup var limits: PluginLimitOptions
  @OptionGroup var format: FormatOptions

  func run() throws {
    let conformance = PluginConformance(path: plugin, isTrusted: trustsLibrary, limits: limits.limits)
    try StandardOutput.shared.append(text(conformance))
    try StandardOutput.shared.flush()
    let failed = conformance.checks.count { !$0.isPassed }
    guard conformance.isPassed else {
      throw CommandFailure(
        .invalidInput,
        "\(plugin): \(NumberText.counted(failed, "check")) of \(conformance.checks.count) failed")
    }
  }

  private func text(_ conformance: PluginConformance) -> String {
    switch format.format {
    case .table: table(conformance)
    case .csv:
      CSVText.record(["check", "passed", "detail"])
        + conformance.checks.map { CSVText.record([$0.subject, "\($0.isPassed)", $0.detail]) }.joined()
    case .markdown:
      MarkdownText.table(
        ["check", "passed", "detail"].map { .init($0, .left, importance: 0) },
        conformance.checks.map { [$0.subject, $0.isPassed ? "yes" : "no", $0.detail] })
    case .json: json(conformance)
    }
  }

  private func table(_ conformance: PluginConformance) -> String {
    let width = max(20, (Terminal.outputWidth ?? 100) - 4)
    let style = Terminal.outputStyle
    return conformance.checks.map { check in
      let head = (check.isPassed ? "ok    " : "FAIL  ") + check.subject
      let detail = check.detail.isEmpty ? [] : TextWidth.wrapped(check.detail, to: width)
      return ([check.isPassed ? head : style(head, .strong)] + detail.map { style("      " + $0, .faint) })
        .joined(separator: "\n") + "\n"
    }.joined()
  }

  private func json(_ conformance: PluginConformance) -> String {
    JSONValue.object([
      ("plugin", .text(conformance.plugin?.file.path ?? plugin)),
      ("contentHash", conformance.plugin.map { .text($0.contentHash) } ?? .null),
      ("passed", .boolean(conformance.isPassed)),
      (
        "checks",
        .array(
          conformance.checks.map { check in
            .object([
              ("subject", .text(check.subject)), ("passed", .boolean(check.isPassed)),
              ("detail", .text(check.detail)),
            ])
          })
      ),
    ]).indented + "\n"
  }
}
