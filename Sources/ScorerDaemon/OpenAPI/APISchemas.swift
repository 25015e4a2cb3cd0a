import Reports
import ResultStorage
import Trainability

/// The shapes of documents, as JSON Schema.
enum APISchemas {
  static func reference(_ name: String) -> JSONValue {
    .object([("$ref", .text("#/components/schemas/\(name)"))])
  }

  static func list(_ items: JSONValue) -> JSONValue {
    .object([("type", .text("array")), ("items", items)])
  }

  static func type(_ name: String, orNull: Bool = false, _ more: [(String, JSONValue)] = []) -> JSONValue {
    .object([("type", orNull ? .array([.text(name), .text("null")]) : .text(name))] + more)
  }

  /// Everything that is always there is required, and nothing else is.
  static func object(_ members: [(String, JSONValue)], optional: [(String, JSONValue)] = []) -> JSONValue {
    .object([
      ("type", .text("object")), ("properties", .object(members + optional)),
      ("required", .array(members.map { .text($0.0) })), ("additionalProperties", .boolean(false)),
    ])
  }

  static let text = type("string")
  static let integer = type("integer")
  static let textOrNull = type("string", orNull: true)
  static let integerOrNull = type("integer", orNull: true)
  static let numberOrNull = type("number", orNull: true)
  static let date = type("string", [("format", .text("date-time"))])
  static let dateOrNull = type("string", orNull: true, [("format", .text("date-time"))])
  /// Names of which the schema says nothing.
  static let free = type("object")
  static let seeds = list(type("integer", [("minimum", .integer(0))]))
  static let links = type("object", [("additionalProperties", text)])

  private static func map(_ values: JSONValue) -> JSONValue {
    type("object", [("additionalProperties", values)])
  }

  private static func words(_ words: [String]) -> JSONValue {
    type("string", [("enum", .array(words.map(JSONValue.text)))])
  }

  static let all: [(String, JSONValue)] = [
    ("Problem", problem), ("Job", job), ("Progress", progress),
    ("JobList", object([("jobs", list(reference("Job"))), ("nextCursor", textOrNull)])),
    ("Space", space),
    (
      "SpaceList",
      object([
        ("spaces", list(object([("name", text), ("hash", text), ("links", links)]))),
        ("nextCursor", textOrNull),
      ])
    ),
    (
      "CandidateList",
      object([
        ("cardinality", text),
        ("candidates", list(object([("id", text), ("choices", reference("Choices"))]))),
        ("nextCursor", textOrNull),
      ])
    ),
    (
      "Choices",
      type(
        "object",
        [
          (
            "description",
            .text("A value for each parameter: a number, a word, true or false, or a list of these.")
          ),
          ("example", .object([("depth", .integer(2)), ("width", .integer(64))])),
        ])
    ),
    ("Outcome", words(Outcome.allCases.map(\.rawValue))), ("MetricValue", metricValue),
    ("MetricSummary", metricSummary), ("RankedCandidate", ranked), ("Ranking", ranking),
    (
      "FailedCandidate",
      object([
        ("id", text), ("choices", reference("Choices")), ("outcome", reference("Outcome")), ("message", text),
      ])
    ),
    (
      "FailureList",
      object([("total", integer), ("failed", list(reference("FailedCandidate"))), ("nextCursor", textOrNull)])
    ),
    ("Candidate", candidate),
    (
      "Comparison",
      object([
        ("candidates", list(reference("Candidate"))),
        ("different", map(type("array"))),
      ])
    ),
    ("ScoreRequest", scoreRequest), ("Network", network), ("ScoreResult", scoreResult),
    (
      "ScoreResponse",
      object([
        ("space", textOrNull), ("identity", type("object", orNull: true)), ("seeds", seeds),
        ("results", list(reference("ScoreResult"))),
      ])
    ),
    ("Metric", metric), ("MetricList", object([("metrics", list(reference("Metric")))])),
    ("FamilyList", object([("families", list(family))])),
    (
      "Readiness",
      object([("status", words(["ready"])), ("waitingJobs", integer), ("runningJobs", integer)])
    ),
  ]

  private static let problem = object(
    [("type", text), ("title", text), ("status", integer), ("detail", text), ("instance", text)],
    optional: [
      ("line", integer), ("column", integer), ("suggestion", text),
      (
        "errors",
        list(
          object(
            [("message", text)], optional: [("line", integer), ("column", integer), ("suggestion", text)]))
      ),
      ("omitted", integer),
    ])

  private static let progress = object([
    ("done", integer), ("total", integerOrNull), ("fromStore", integer), ("failed", integer),
    ("candidatesPerSecond", numberOrNull), ("secondsLeft", numberOrNull),
  ])

  private static let job = object([
    ("id", integer), ("space", text), ("spaceHash", text),
    ("status", words(JobStatus.allCases.map(\.rawValue))),
    (
      "options",
      object([("limit", integerOrNull), ("samplingSeed", integer), ("seeds", type("array", orNull: true))])
    ),
    ("progress", reference("Progress")), ("message", textOrNull), ("run", integerOrNull), ("created", date),
    ("started", dateOrNull), ("finished", dateOrNull), ("links", links),
  ])

  private static let space = object([
    ("name", text), ("hash", text), ("description", textOrNull), ("family", text), ("cardinality", text),
    ("choices", map(type("array"))), ("fixed", reference("Choices")),
    (
      "input",
      object([("shape", list(integer)), ("outputs", integer), ("samples", integer), ("dataset", text)])
    ),
    ("metrics", list(text)), ("seeds", seeds), ("document", text), ("links", links),
  ])

  private static let metricValue = object(
    [
      ("value", numberOrNull), ("logMean", numberOrNull), ("logStandardDeviation", numberOrNull),
      ("seedsOk", integer),
    ],
    optional: [("outcome", reference("Outcome")), ("message", text)])

  private static let metricSummary = object([
    ("value", numberOrNull), ("logMean", numberOrNull), ("logStandardDeviation", numberOrNull),
    ("seedsOk", integer), ("perSeed", list(numberOrNull)), ("outcome", reference("Outcome")),
    ("message", textOrNull),
  ])

  private static let ranked = object([
    ("rank", integer), ("id", text), ("choices", reference("Choices")), ("outcome", reference("Outcome")),
    ("metrics", map(reference("MetricValue"))),
  ])

  private static let ranking = object([
    ("space", text), ("identity", free), ("seeds", seeds), ("metrics", list(text)), ("total", integer),
    ("candidates", list(reference("RankedCandidate"))), ("nextCursor", textOrNull),
  ])

  private static let candidate = object([
    ("id", text), ("rank", integerOrNull), ("choices", reference("Choices")), ("networkHash", textOrNull),
    ("outcome", reference("Outcome")), ("message", textOrNull),
    (
      "size",
      .object([
        (
          "oneOf",
          .array([
            object([("parameters", integer), ("multiplyAdds", integer), ("depth", integer)]), type("null"),
          ])
        )
      ])
    ),
    ("seeds", seeds), ("metrics", map(reference("MetricSummary"))),
    ("eigenvalues", list(type("array", orNull: true))), ("identity", free), ("links", links),
  ])

  private static func described(_ schema: JSONValue, _ text: String) -> JSONValue {
    guard case .object(let members) = schema else { return schema }
    return .object(members + [("description", .text(text))])
  }

  private static let scoreRequest: JSONValue = {
    let name = described(text, "Of a network in its result; its hash's first digits when not given.")
    let members: [(String, JSONValue)] = [
      (
        "space",
        described(
          text,
          "The name or the hash of a space. Networks do without: then `samples` and `scoring` are theirs.")
      ),
      ("choices", reference("Choices")), ("network", reference("Network")), ("name", name),
      (
        "candidates",
        list(
          .object([
            (
              "oneOf",
              .array([
                object([("choices", reference("Choices"))]),
                object([("network", reference("Network"))], optional: [("name", name)]),
              ])
            )
          ]))
      ),
      ("metrics", list(text)), ("seeds", seeds),
      (
        "samples",
        described(
          type("integer", [("minimum", .integer(2))]), "Of one batch of Gaussian inputs; 32 when not given.")
      ),
      ("scoring", described(free, "As in a search space.")),
    ]
    // One of the three, and choices only with a space.
    let kinds: [JSONValue] = [["choices", "space"], ["network"], ["candidates"]].map { names in
      .object([("required", .array(names.map(JSONValue.text)))])
    }
    return .object([
      ("type", .text("object")), ("properties", .object(members)), ("oneOf", .array(kinds)),
      ("additionalProperties", .boolean(false)),
    ])
  }()

  /// The format has its own description; layers are checked by it, with line and column.
  private static let network = described(
    .object([
      ("type", .text("object")),
      (
        "properties",
        .object([
          ("input", list(integer)), ("layers", list(free)), ("output", text),
          ("parameterization", words(["standard", "ntk"])),
        ])
      ), ("required", .array([.text("input"), .text("layers")])), ("additionalProperties", .boolean(false)),
    ]), "A network as `ntkscorer kernel NETWORK.yaml` reads it.")

  private static let scoreResult = object(
    [
      ("index", integer), ("id", textOrNull), ("choices", reference("Choices")), ("networkHash", textOrNull),
      ("outcome", words(Outcome.allCases.map(\.rawValue) + ["invalid_request"])), ("message", textOrNull),
      ("fromStore", type("boolean")),
      ("seconds", described(type("number"), "That it took to compute; 0 from the store.")),
      ("metrics", map(reference("MetricSummary"))),
    ], optional: [("identity", described(free, "Of a network's score."))])

  private static let metric = object([
    ("name", text), ("title", text), ("unit", text), ("direction", text), ("directionReason", text),
    ("scale", text), ("version", text), ("explanation", text), ("source", text),
    ("fixedSettings", textOrNull),
  ])

  private static let family = object(
    [
      ("name", text), ("version", text), ("summary", text), ("parameters", parameters),
    ], optional: [("source", text), ("contentHash", text)])

  private static let parameters = list(
    object(
      [("name", text), ("type", text), ("required", type("boolean")), ("documentation", text)],
      optional: [
        ("minimum", type("number")), ("maximum", type("number")), ("choices", list(text)), ("form", text),
        ("default", .object([])),
      ]))
}
