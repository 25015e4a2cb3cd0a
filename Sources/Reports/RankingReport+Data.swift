import ArchitecturePlugins

extension RankingReport {
  /// The document of `rank --format json`: `space`, `identity`, `seeds`, `candidates` and `failed`. What is
  /// missing or not finite is `null`; a metric without a value under some seed says so with `outcome` and `message`.
  ///
  /// - Parameter top: how many candidates are listed; nil for all.
  package func json(top: Int? = nil) -> String {
    JSONValue.object(members(top: top)).indented + "\n"
  }

  /// The members of that document.
  func members(top: Int?) -> [(String, JSONValue)] {
    return [
      ("space", .text(space)),
      ("identity", identity),
      ("seeds", .array(seeds.map(JSONValue.unsigned))),
      ("candidates", .array(ranked.prefix(top ?? .max).map(json))),
      ("failed", .array(failed.map(json))),
    ]
  }

  /// A ranked candidate in that document.
  package func json(_ entry: Ranked) -> JSONValue {
    .object([
      ("rank", .integer(entry.rank)),
      ("id", .text(entry.id)),
      ("choices", .verbatim(entry.choices.canonicalJSON)),
      ("outcome", .text(entry.outcome.rawValue)),
      (
        "metrics",
        .object(metrics.map { ($0.name, Self.json(entry.values[$0.name], entry.absences[$0.name])) })
      ),
    ])
  }

  /// A candidate without a rank in that document.
  package func json(_ entry: Failed) -> JSONValue {
    .object([
      ("id", .text(entry.id)),
      ("choices", .verbatim(entry.choices.canonicalJSON)),
      ("outcome", .text(entry.outcome.rawValue)),
      ("message", .text(entry.message)),
    ])
  }

  /// One record per candidate, failed ones last: rank, id, outcome, every parameter, every metric (those
  /// averaged over logarithms with `.logStandardDeviation`), the number of good seeds, and the message of a
  /// failure. Absent values are empty.
  ///
  /// - Parameter more: further columns, and their fields of a ranked candidate.
  package func csv(
    top: Int? = nil, more: (titles: [String], fields: (Ranked) -> [String]) = ([], { _ in [] })
  ) -> String {
    let names = choiceNames
    let metricTitles = metrics.flatMap { metric in
      metric.scale == .logarithmic ? [metric.name, metric.name + ".logStandardDeviation"] : [metric.name]
    }
    var text = CSVText.record(
      ["rank", "id", "outcome"] + names + metricTitles + ["seedsOk", "message"] + more.titles)
    for entry in ranked.prefix(top ?? .max) {
      let values = metrics.flatMap { metric -> [String] in
        let value = entry.values[metric.name]
        let fields = [Self.field(value?.value)]
        return metric.scale == .logarithmic ? fields + [Self.field(value?.logStandardDeviation)] : fields
      }
      text += CSVText.record(
        [String(entry.rank), entry.id, entry.outcome.rawValue] + names.map { Self.field(entry.choices[$0]) }
          + values
          + [String(entry.seedsOk), ""] + more.fields(entry))
    }
    let blanks = [String](repeating: "", count: metricTitles.count)
    for entry in failed {
      text += CSVText.record(
        ["", entry.id, entry.outcome.rawValue] + names.map { Self.field(entry.choices[$0]) } + blanks
          + ["0", entry.message] + more.titles.map { _ in "" })
    }
    return text
  }

  /// `outcome` and `message` are there when some seed gave no value.
  private static func json(_ value: Value?, _ absence: Absence?) -> JSONValue {
    .object(
      [
        ("value", value.map { .number($0.value) } ?? .null),
        ("logMean", value?.logMean.map(JSONValue.number) ?? .null),
        ("logStandardDeviation", value?.logStandardDeviation.map(JSONValue.number) ?? .null),
        ("seedsOk", .integer(value?.seedsOk ?? 0)),
      ]
        + (absence.map { [("outcome", .text($0.outcome.rawValue)), ("message", .text($0.message))] } ?? []))
  }

  private static func field(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "" }
    return Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func field(_ value: ParameterValue?) -> String { value?.description ?? "" }
}
