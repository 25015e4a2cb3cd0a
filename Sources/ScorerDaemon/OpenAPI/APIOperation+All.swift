import Reports
import ResultStorage

/// Every operation that there is.
extension APIOperation {
  static let tags = [
    (
      name: "Jobs",
      description: "Search spaces to rank, worked on one beside the other; all of it outlives the daemon."
    ),
    (name: "Results", description: "What jobs found."),
    (name: "Scores", description: "Scores at once, for loops that search."),
    (name: "Spaces", description: "Search spaces by name."),
    (name: "Catalog", description: "What there is to choose from."),
    (name: "Daemon", description: "The daemon itself."),
  ]

  private static func given(
    _ status: Int, _ schema: String, _ text: String, headers: [Header] = []
  ) -> Answer {
    Answer(
      status: status, text: text,
      content: Content(type: "application/json", schema: APISchemas.reference(schema), example: nil),
      headers: headers)
  }

  private static func given(_ text: String, _ type: String) -> Answer {
    Answer(status: 200, text: text, content: Content(type: type, schema: APISchemas.text, example: nil))
  }

  private static let unchanged = Answer(
    status: 304, text: "The client's copy, which If-None-Match names by its ETag, is still right.",
    content: nil, headers: [.tag])

  private static let spaceExample = """
    name: small
    family: fully_connected
    input: {shape: [64], outputs: 10, samples: 16}
    choices:
      depth: {from: 1, to: 4}
      width: [32, 64]
    """

  private static let spaceExampleInJSON: JSONValue = .object([
    ("name", .text("small")), ("family", .text("fully_connected")),
    (
      "input",
      .object([
        ("shape", .array([.integer(64)])), ("outputs", .integer(10)), ("samples", .integer(16)),
      ])
    ),
    (
      "choices",
      .object([
        ("depth", .object([("from", .integer(1)), ("to", .integer(4))])),
        ("width", .array([.integer(32), .integer(64)])),
      ])
    ),
  ])

  private static let networkExample: JSONValue = {
    func dense(_ units: Int) -> JSONValue { .object([("op", .text("dense")), ("units", .integer(units))]) }
    return .object([
      (
        "network",
        .object([
          ("input", .array([.integer(64)])),
          ("layers", .array([dense(32), .object([("op", .text("relu"))]), dense(10)])),
        ])
      ), ("name", .text("mine")), ("samples", .integer(16)),
      (
        "scoring",
        .object([
          ("parameterization", .text("ntk")), ("metrics", .array([.text("participation_ratio")])),
        ])
      ),
    ])
  }()

  private static let spaceBody = [
    Content(type: "application/yaml", schema: APISchemas.text, example: .text(spaceExample)),
    Content(type: "application/json", schema: APISchemas.free, example: spaceExampleInJSON),
  ]

  private static func count(_ most: Int) -> JSONValue {
    APISchemas.type("integer", [("minimum", .integer(1)), ("maximum", .integer(most))])
  }

  private static let paging = [
    Parameter.query("limit", count(1000), "At most so many; 100 when not given."),
    Parameter.query("cursor", APISchemas.text, "`nextCursor` of the page before."),
  ]

  static let all: [APIOperation] = jobs + results + scores + spaces + catalog + daemon

  private static let jobs: [APIOperation] = [
    APIOperation(
      .post, "/v1/jobs", "submitJob", "Jobs", "Rank a search space.",
      details:
        "The body is the search space, as the command line takes it. When this answers, the job is stored and survives "
        + "a crash. 429 with Retry-After when too many jobs are waiting.",
      parameters: [
        .query("limit", count(10_000_000), "Rank a uniform sample of so many candidates instead of all."),
        .query(
          "sampling_seed", APISchemas.type("integer", [("minimum", .integer(0))]),
          "Of that sample; no part of the scores."),
        .query("seeds", APISchemas.text, "In place of the space's: a number of them, or a list such as 7,8."),
        Parameter(
          name: "Idempotency-Key", place: .header, schema: APISchemas.text,
          text:
            "A repeated request with this key gives the first one's job; another request with it is refused (422)."
        ),
      ], body: spaceBody,
      answers: [
        given(202, "Job", "It waits, or runs already.", headers: [.location, .replayed])
      ]),
    APIOperation(
      .get, "/v1/jobs", "listJobs", "Jobs", "Jobs, from the newest.",
      parameters: [
        .query(
          "status",
          APISchemas.type("string", [("enum", .array(JobStatus.allCases.map { .text($0.rawValue) }))]),
          "Only these.")
      ] + paging,
      answers: [given(200, "JobList", "A page of them."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}", "getJob", "Jobs", "A job and how far it is.",
      answers: [given(200, "Job", "The job."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}/events", "followJob", "Jobs", "What happens to a job, as it happens.",
      details:
        "Server-sent events: `progress` for every step and `end` at last, each with the whole job as its data. A "
        + "comment comes every 15 s as a sign of life. A client that comes back with Last-Event-ID gets what it missed; one "
        + "that has seen the end gets 204, upon which browsers ask no more.",
      parameters: [
        Parameter(
          name: "Last-Event-ID", place: .header, schema: APISchemas.text,
          text: "The last event that was seen.")
      ],
      answers: [
        given("The stream.", "text/event-stream"),
        Answer(status: 204, text: "The end has been seen.", content: nil),
      ]),
    APIOperation(
      .post, "/v1/jobs/{id}/cancel", "cancelJob", "Jobs", "End a job where it stands.",
      details: "What it has computed stays. Ending a job that has ended changes nothing.",
      answers: [
        given(200, "Job", "It has ended."),
        given(202, "Job", "It ends when the candidates being computed are finished."),
      ]),
    APIOperation(
      .delete, "/v1/jobs/{id}", "deleteJob", "Jobs", "Forget a job that has ended; its scores stay.",
      answers: [Answer(status: 204, text: "It is forgotten.", content: nil)]),
  ]

  private static let results: [APIOperation] = [
    APIOperation(
      .get, "/v1/jobs/{id}/ranking", "getRanking", "Results", "Candidates by rank, or in another order.",
      details: "Of a running job: as far as it is.",
      parameters: [
        .query(
          "where", APISchemas.text,
          "Conditions on choices and metrics with commas between, each a name, one of = != < <= > >=, and a value: depth>=3,activation=relu."
        ),
        .query(
          "sort", APISchemas.text,
          "rank (the default), id, a choice, or a metric. What has no value stands last."),
        .query(
          "order", APISchemas.type("string", [("enum", .array([.text("ascending"), .text("descending")]))]),
          "ascending when not given."),
      ] + paging,
      answers: [given(200, "Ranking", "A page of it."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}/failures", "listFailures", "Results", "Candidates without a rank, and why.",
      parameters: paging, answers: [given(200, "FailureList", "A page of them."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}/candidates/{candidate}", "getCandidate", "Results",
      "A candidate with every metric, seed and eigenvalue.",
      answers: [given(200, "Candidate", "The candidate."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}/compare", "compareCandidates", "Results",
      "Some candidates beside each other, and the choices in which they differ.",
      parameters: [
        .query("candidates", APISchemas.text, "2 to 20 identifiers with commas between.")
      ],
      answers: [given(200, "Comparison", "The candidates."), unchanged]),
    APIOperation(
      .get, "/v1/jobs/{id}/report", "getReport", "Results", "The whole result in one file.",
      parameters: [
        .query(
          "format",
          APISchemas.type(
            "string", [("enum", .array(["html", "json", "csv", "markdown", "text"].map(JSONValue.text)))]),
          "html when not given: a page that needs no network.")
      ],
      answers: [
        Answer(
          status: 200, text: "The report.",
          contents: ["text/html", "application/json", "text/csv", "text/markdown", "text/plain"].map { type in
            Content(
              type: type, schema: type == "application/json" ? APISchemas.free : APISchemas.text, example: nil
            )
          }), unchanged,
      ]),
  ]

  private static let scores: [APIOperation] = [
    APIOperation(
      .post, "/v1/score", "score", "Scores", "Scores of candidates, from the store or computed now.",
      details:
        "With `Accept: application/x-ndjson` every result comes on a line of its own as soon as it is there, those from the "
        + "store first; `index` is the candidate's place in the request. Of several candidates a wrong one costs none of the "
        + "others: its outcome is invalid_request. A network is scored as the candidates of `space` are, within its budgets; "
        + "without a space as `ntkscorer score NETWORK.yaml` would, on Gaussian inputs. Its own `parameterization` comes before "
        + "the space's. An answer that takes too long (--score-timeout), or that a stop of the daemon or the client itself cuts "
        + "short, is a problem (503, unfinished), or on lines: the outcome cancelled for whatever is missing. What was computed "
        + "is stored.",
      body: [
        Content(
          type: "application/json", schema: APISchemas.reference("ScoreRequest"),
          example: .object([
            ("space", .text("small")),
            ("choices", .object([("depth", .integer(2)), ("width", .integer(64))])),
          ])),
        Content(
          type: "application/yaml", schema: APISchemas.reference("ScoreRequest"),
          example: networkExample),
      ],
      answers: [
        Answer(
          status: 200, text: "In the order of the request; lines in the order in which they are known.",
          contents: [
            Content(
              type: "application/json", schema: APISchemas.reference("ScoreResponse"), example: nil),
            Content(
              type: "application/x-ndjson", schema: APISchemas.reference("ScoreResult"), example: nil),
          ])
      ])
  ]

  private static let spaces: [APIOperation] = [
    APIOperation(
      .get, "/v1/spaces", "listSpaces", "Spaces", "The search spaces by name.", parameters: paging,
      answers: [given(200, "SpaceList", "A page of them."), unchanged]),
    APIOperation(
      .post, "/v1/spaces", "keepSpace", "Spaces", "Give a search space its name, for /v1/score.",
      body: spaceBody,
      answers: [given(201, "Space", "It is kept.", headers: [.location])]),
    APIOperation(
      .get, "/v1/spaces/{space}", "getSpace", "Spaces", "A search space.",
      answers: [given(200, "Space", "The space."), unchanged]),
    APIOperation(
      .get, "/v1/spaces/{space}/candidates", "listCandidates", "Spaces", "Its candidates, in order.",
      parameters: paging, answers: [given(200, "CandidateList", "A page of them."), unchanged]),
  ]

  private static let catalog: [APIOperation] = [
    APIOperation(
      .get, "/v1/metrics", "listMetrics", "Catalog", "What candidates can be ranked by.",
      answers: [given(200, "MetricList", "All of them."), unchanged]),
    APIOperation(
      .get, "/v1/plugins", "listFamilies", "Catalog", "The architecture families and their parameters.",
      answers: [given(200, "FamilyList", "All of them."), unchanged]),
  ]

  private static let daemon: [APIOperation] = [
    APIOperation(
      .get, "/livez", "isAlive", "Daemon", "Whether it answers.",
      answers: [given("It does.", "text/plain")], isOpen: true),
    APIOperation(
      .get, "/readyz", "isReady", "Daemon",
      "Whether it can work: its store can be written, with room for more.",
      details: "503 when not. Looked at anew every two seconds at most.",
      answers: [given(200, "Readiness", "It can.")], isOpen: true),
    APIOperation(
      .get, "/metrics", "getMetrics", "Daemon", "Counts and times, as Prometheus reads them.",
      answers: [given("The metrics.", "text/plain")]),
    APIOperation(
      .get, "/openapi.json", "getOpenAPI", "Daemon", "This description.",
      answers: [
        Answer(
          status: 200, text: "The description.",
          content: Content(type: "application/json", schema: APISchemas.free, example: nil)), unchanged,
      ]),
    APIOperation(
      .get, "/docs", "getDocs", "Daemon", "The same for people.",
      answers: [given("A page.", "text/html"), unchanged]),
  ]
}
