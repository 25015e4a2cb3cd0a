import HTTPTypes
import Reports

/// One operation of the interface, for its description.
struct APIOperation: Sendable {
  struct Parameter: Sendable {
    enum Place: String, Sendable {
      case path, query, header
    }

    let name: String
    let place: Place
    let schema: JSONValue
    let text: String

    static func query(_ name: String, _ schema: JSONValue, _ text: String) -> Parameter {
      Parameter(name: name, place: .query, schema: schema, text: text)
    }
  }

  struct Content: Sendable {
    let type: String
    let schema: JSONValue
    let example: JSONValue?
  }

  struct Header: Sendable {
    let name: String
    let text: String
    /// Whether every such answer has it.
    let isAlwaysThere: Bool

    static let tag = Header(
      name: "ETag", text: "Of this document; it changes whenever that does.", isAlwaysThere: true)
    static let location = Header(name: "Location", text: "Where it is.", isAlwaysThere: true)
    static let replayed = Header(
      name: "Idempotency-Replayed", text: "true when an earlier request with this key made the job.",
      isAlwaysThere: false)
    /// Of problems.
    static let ofProblems = [
      Header(
        name: "Retry-After", text: "With 429, and with 503 of an unfinished answer: seconds.",
        isAlwaysThere: false),
      Header(name: "Allow", text: "With 405: the methods that apply.", isAlwaysThere: false),
      Header(name: "Accept-Post", text: "With 415: the kinds of bodies that are read.", isAlwaysThere: false),
      Header(name: "WWW-Authenticate", text: "With 401.", isAlwaysThere: false),
    ]
  }

  struct Answer: Sendable {
    let status: Int
    let text: String
    /// The first one unless the client asks for another.
    let contents: [Content]
    let headers: [Header]

    init(status: Int, text: String, content: Content?, headers: [Header] = []) {
      self.init(status: status, text: text, contents: content.map { [$0] } ?? [], headers: headers)
    }

    init(status: Int, text: String, contents: [Content], headers: [Header] = []) {
      self.status = status
      self.text = text
      self.contents = contents
      self.headers = headers
    }
  }

  let method: HTTPRequest.Method
  let path: String
  let name: String
  let tag: String
  let summary: String
  let details: String
  let parameters: [Parameter]
  let body: [Content]?
  let answers: [Answer]
  /// Whether it needs no token.
  let isOpen: Bool

  init(
    _ method: HTTPRequest.Method, _ path: String, _ name: String, _ tag: String, _ summary: String,
    details: String = "", parameters: [Parameter] = [], body: [Content]? = nil, answers: [Answer],
    isOpen: Bool = false
  ) {
    self.method = method
    self.path = path
    self.name = name
    self.tag = tag
    self.summary = summary
    self.details = details
    self.parameters = parameters
    self.body = body
    self.answers = answers
    self.isOpen = isOpen
  }

  /// Whether its documents have ETags.
  var isTagged: Bool { answers.contains { $0.status == 304 } }

  /// With what every operation of its kind takes.
  var allParameters: [Parameter] {
    pathParameters + parameters
      + (isTagged
        ? [
          Parameter(
            name: "If-None-Match", place: .header, schema: APISchemas.text,
            text: "ETags of copies that the client has; 304 when one is still right.")
        ] : [])
  }

  /// Those that the path names.
  var pathParameters: [Parameter] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
      let name = String(part.dropFirst().dropLast())
      let known = Self.pathTexts[name]
      return Parameter(
        name: name, place: .path, schema: known?.schema ?? APISchemas.text, text: known?.text ?? "")
    }
  }

  private static let pathTexts: [String: (schema: JSONValue, text: String)] = [
    "id": (APISchemas.type("integer", [("minimum", .integer(1))]), "The job's number."),
    "candidate": (APISchemas.text, "The candidate's identifier, 12 hexadecimal digits."),
    "space": (APISchemas.text, "The space's name or hash."),
  ]

  /// What an answer brings beside its content.
  func headers(of answer: Answer) -> [Header] {
    answer.headers + (isTagged && answer.status == 200 ? [.tag] : [])
  }
}
