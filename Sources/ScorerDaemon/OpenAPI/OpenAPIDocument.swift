import HTTPTypes
import Reports

/// The description of the interface, OpenAPI 3.1: every operation with what it takes and gives, and examples.
///
/// A test compares it with the routes and with what a daemon really answers, so it cannot go stale.
enum OpenAPIDocument {
  /// - Parameter program: name and version of what serves.
  static func json(program: String) -> JSONValue {
    var paths: [(path: String, operations: [(String, JSONValue)])] = []
    for operation in APIOperation.all {
      let entry = (operation.method.rawValue.lowercased(), json(operation))
      if let place = paths.firstIndex(where: { $0.path == operation.path }) {
        paths[place].operations.append(entry)
      } else {
        paths.append((operation.path, [entry]))
      }
    }
    return .object([
      ("openapi", .text("3.1.0")),
      (
        "info",
        .object([
          ("title", .text("NTKScorer")), ("version", .text(program)),
          (
            "description",
            .text(
              "Ranks neural-network architectures before training by their neural tangent kernel. Names in documents "
                + "are camelCase, names that people type (metrics, parameters of the query) are snake_case.")
          ),
        ])
      ),
      (
        "tags",
        .array(
          APIOperation.tags.map {
            .object([("name", .text($0.name)), ("description", .text($0.description))])
          })
      ),
      (
        "security",
        .array([
          .object([]), .object([("token", .array([]))]), .object([("password", .array([]))]),
        ])
      ),
      ("paths", .object(paths.map { ($0.path, .object($0.operations)) })),
      (
        "components",
        .object([
          ("schemas", .object(APISchemas.all)),
          (
            "securitySchemes",
            .object([
              (
                "token",
                .object([
                  ("type", .text("http")), ("scheme", .text("bearer")),
                  ("description", .text("What the file of --token-file holds, where the daemon has one.")),
                ])
              ),
              (
                "password",
                .object([
                  ("type", .text("http")), ("scheme", .text("basic")),
                  (
                    "description",
                    .text("The same as a browser asks for it: the token as the password of any user.")
                  ),
                ])
              ),
            ])
          ),
        ])
      ),
    ])
  }

  private static func json(_ operation: APIOperation) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("operationId", .text(operation.name)), ("tags", .array([.text(operation.tag)])),
      ("summary", .text(operation.summary)),
    ]
    if !operation.details.isEmpty { members.append(("description", .text(operation.details))) }
    let parameters = operation.allParameters
    if !parameters.isEmpty { members.append(("parameters", .array(parameters.map(json)))) }
    if let body = operation.body {
      let contents = JSONValue.object(body.map { ($0.type, json($0)) })
      members.append(("requestBody", .object([("required", .boolean(true)), ("content", contents)])))
    }
    var responses = operation.answers.map {
      ("\($0.status)", response($0.text, $0.contents, operation.headers(of: $0)))
    }
    responses.append(
      (
        "default",
        response(
          "A problem document; `/docs` lists the kinds.",
          [.init(type: "application/problem+json", schema: APISchemas.reference("Problem"), example: nil)],
          APIOperation.Header.ofProblems)
      ))
    members.append(("responses", .object(responses)))
    if operation.isOpen { members.append(("security", .array([]))) }
    return .object(members)
  }

  private static func response(
    _ text: String, _ contents: [APIOperation.Content], _ headers: [APIOperation.Header]
  ) -> JSONValue {
    var members: [(String, JSONValue)] = [("description", .text(text))]
    if !headers.isEmpty { members.append(("headers", .object(headers.map { ($0.name, json($0)) }))) }
    if !contents.isEmpty { members.append(("content", .object(contents.map { ($0.type, json($0)) }))) }
    return .object(members)
  }

  private static func json(_ header: APIOperation.Header) -> JSONValue {
    .object([
      ("description", .text(header.text)), ("required", .boolean(header.isAlwaysThere)),
      ("schema", APISchemas.text),
    ])
  }

  private static func json(_ content: APIOperation.Content) -> JSONValue {
    var members: [(String, JSONValue)] = [("schema", content.schema)]
    if let example = content.example { members.append(("example", example)) }
    return .object(members)
  }

  private static func json(_ parameter: APIOperation.Parameter) -> JSONValue {
    .object([
      ("name", .text(parameter.name)), ("in", .text(parameter.place.rawValue)),
      ("required", .boolean(parameter.place == .path)), ("description", .text(parameter.text)),
      ("schema", parameter.schema),
    ])
  }
}
