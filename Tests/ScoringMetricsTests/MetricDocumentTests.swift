import Foundation
import ScoringMetrics
import Testing

/// `docs/metrics.md`, from this file's place in the repository.
private func document() throws -> String {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
}

/// Sections by the metric name in their heading; lines of a paragraph joined.
private func sections() throws -> [(name: String, text: String)] {
  try document().components(separatedBy: "\n### `").dropFirst().map { section in
    let parts = section.split(separator: "`", maxSplits: 1)
    let text = parts[1].components(separatedBy: "\n## ")[0]
    return (String(parts[0]), text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }
}

@Test func theDocumentExplainsEveryMetricInTheOrderOfTheRegistry() throws {
  #expect(try sections().map(\.name) == MetricRegistry.standard.metrics.map(\.description.snakeCaseName))
}

@Test func theDocumentSaysOfAMetricWhatTheRegistrySays() throws {
  for (section, metric) in zip(try sections(), MetricRegistry.standard.metrics) {
    let description = metric.description
    let end = description.direction == .lowerIsBetter ? "Lowest" : "Highest"
    var statements = [
      description.title, description.explanation, "**\(end) first**: \(description.directionReason).",
      "**Source**: \(description.source).", "version \(description.version)",
      "**Over seeds**: the \(description.scale == .logarithmic ? "geometric" : "arithmetic") mean",
    ]
    let guide = try #require(description.guide, "\(description.name)")
    statements += ["**Formula**: \(guide.formula)", "**Use it** \(guide.use)"]
    if let settings = description.fixedSettings { statements.append("**Settings**: \(settings).") }
    for statement in statements {
      let text = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(section.text.contains(text), "docs/metrics.md, \(section.name): lacks “\(text)”")
    }
  }
}
