import ArchitectureScorer
import Reports

/// What `kernel` prints.
enum KernelDocument {
  static func json(_ report: KernelReport) -> String {
    var members: [(String, JSONValue)] = [("outcome", .text(report.outcome.rawValue))]
    if let message = report.message { members.append(("message", .text(message))) }
    members += [("samples", .integer(report.samples)), ("outputs", .integer(report.outputs))]
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
    return JSONValue.object(members).indented + "\n"
  }

  private static func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
}
