import ArchitectureScorer
import Foundation
import Reports

/// What `kernel` prints.
enum KernelDocument {
  static func json(_ report: KernelReport) -> String {
    var members: [(String, JSONValue)] = [("outcome", .text(report.outcome.rawValue))]
    if let message = report.message { members.append(("message", .text(message))) }
    members += [
      ("precision", .text(report.precision.rawValue)), ("samples", .integer(report.samples)),
      ("outputs", .integer(report.outputs)),
    ]
    if let spectrum = report.spectrum {
      members += [
        ("eigenvalues", spectrum.eigenvalues.map { .array($0.map(JSONValue.number)) } ?? .null),
        ("conditionNumber", number(spectrum.conditionNumber)),
        ("lambdaMax", number(spectrum.lambdaMax)),
        ("lambdaMin", number(spectrum.lambdaMin)),
        ("kernelTrace", number(spectrum.kernelTrace)),
      ]
    }
    members += [
      ("seconds", .number(report.seconds)),
      ("secondsAll", .array(report.secondsAll.map(JSONValue.number))),
      ("firstSeconds", .number(report.firstSeconds)),
      ("initializationSeconds", .number(report.initializationSeconds)),
      ("cpuSeconds", .number(report.cpuSeconds)),
      ("multiplyAdds", .integer(report.multiplyAdds)),
      ("peakMemoryBytes", .integer(report.peakMemoryBytes)),
    ]
    if let phases = report.phases { members.append(("phases", phasesObject(phases))) }
    return JSONValue.object(members).indented + "\n"
  }

  private static func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }

  /// Names as in the JSON document, and seconds.
  private static func entries(_ phases: KernelReport.Phases) -> [(name: String, seconds: Double)] {
    phases.phases.map { ($0.name, $0.seconds) } + [("other", phases.other), ("total", phases.total)]
  }

  private static func phasesObject(_ phases: KernelReport.Phases) -> JSONValue {
    .object(entries(phases).map { ($0.name, .number($0.seconds)) })
  }

  /// A line for each phase: seconds, and the share of the total in per cent.
  static func phaseTable(_ phases: KernelReport.Phases) -> String {
    let rows = entries(phases).map { entry in
      [
        entry.name, NumberText.significant(entry.seconds),
        phases.total > 0 ? String(format: "%.1f", 100 * entry.seconds / phases.total) : NumberText.missing,
      ]
    }
    let columns: [TextTable.Column] = [
      .init("phase", .left, importance: 3), .init("seconds", .right, importance: 2),
      .init("% of total", .right, importance: 1),
    ]
    return TextTable(columns, rows: rows).rendered(width: nil).lines.joined(separator: "\n")
  }
}
