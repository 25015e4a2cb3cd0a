import Hummingbird
import Reports

/// The interface described, for programs and for people.
struct DocumentationRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    let program = services.configuration.program
    let description = OpenAPIDocument.json(program: program).indented + "\n"
    let page = DocumentationPage.text(program: program)
    table.on(.get, "/openapi.json") { request, _ in
      .text(description, "application/json", isTagged: true, for: request)
    }
    table.on(.get, "/docs") { request, _ in .page(page, isTagged: true, for: request) }
  }
}

/// The interface as a page: every operation with its parameters, and every kind of problem.
enum DocumentationPage {
  static func text(program: String) -> String {
    var body =
      "<h1>The daemon's interface</h1>\n<p>The same for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>\n"
    for tag in APIOperation.tags {
      body +=
        "<h2>\(PageText.escaped(tag.name))</h2>\n<p class=\"soft\">\(PageText.escaped(tag.description))</p>\n"
      for operation in APIOperation.all where operation.tag == tag.name { body += text(of: operation) }
    }
    body +=
      "<h2>Problems</h2>\n<p class=\"soft\">Every error is an <code>application/problem+json</code> document (RFC 9457) "
    body += "of one of these kinds; mistakes in a document come with their lines and columns.</p>\n"
    body +=
      "<div class=\"scroll\"><table class=\"wrap\"><thead><tr><th>kind</th><th>status</th><th>meaning</th></tr></thead><tbody>\n"
    for kind in Problem.Kind.allCases {
      body += "<tr id=\"\(kind.rawValue)\"><td>\(kind.rawValue)</td><td>\(kind.status.code)</td>"
      body += "<td>\(PageText.escaped(kind.title))</td></tr>\n"
    }
    body += "</tbody></table></div>\n"
    return DashboardPage(title: "Interface", place: .documentation, body: body).text(program: program)
  }

  private static func text(of operation: APIOperation) -> String {
    var text =
      "<h3 id=\"\(operation.name)\"><code>\(operation.method.rawValue) \(PageText.escaped(operation.path))</code></h3>\n"
    text += "<p>\(PageText.escaped(operation.summary)) \(PageText.escaped(operation.details))</p>\n"
    let rows = operation.allParameters.map { parameter in
      "<tr><td><code>\(PageText.escaped(parameter.name))</code></td><td>\(parameter.place.rawValue)</td>"
        + "<td>\(PageText.escaped(parameter.text))</td></tr>\n"
    }
    if !rows.isEmpty {
      text += "<div class=\"scroll\"><table class=\"wrap\"><tbody>\n\(rows.joined())</tbody></table></div>\n"
    }
    if let body = operation.body {
      let kinds = body.map { "<code>\($0.type)</code>" }.joined(separator: " or ")
      text += "<p>Body: \(kinds)</p>\n"
      for example in body.compactMap(\.example) {
        let shown = if case .text(let text) = example { text } else { example.indented }
        text += "<pre>\(PageText.escaped(shown))</pre>\n"
      }
    }
    return text
  }
}
