import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports

/// The frame of every page: head, navigation, foot.
struct DashboardPage: Sendable {
  enum Place: String, CaseIterable, Sendable {
    case jobs = "Jobs"
    case spaces = "Spaces"
    case documentation = "Interface"

    var address: String {
      switch self {
      case .jobs: "/"
      case .spaces: "/spaces"
      case .documentation: "/docs"
      }
    }
  }

  let title: String
  let place: Place
  /// HTML.
  let body: String
  var status = HTTPResponse.Status.ok

  func text(program: String) -> String {
    let links = Place.allCases.map { place in
      "<a href=\"\(place.address)\"\(place == self.place ? " aria-current=\"page\"" : "")>\(place.rawValue)</a>"
    }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(PageText.escaped(title)) · NTKScorer</title>
      <link rel="icon" href="\(Self.icon)">
      <link rel="stylesheet" href="/assets/style.css">
      <script src="/assets/live.js" defer></script>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the content</a>
      <nav class="places" aria-label="Pages"><strong>NTKScorer</strong>\(links.joined(separator: "\n"))</nav>
      <main id="content" tabindex="-1">
      \(body)
      <footer>\(PageText.escaped(program))</footer>
      </main>
      </body>
      </html>

      """
  }

  private static let icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' "
    + "fill='%230969da'/%3E%3Cpath d='M5 12V4l6 8V4' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E"

  /// What went wrong, for people.
  static func refusal(_ problem: Problem) -> DashboardPage {
    DashboardPage(
      title: problem.kind.title, place: .jobs,
      body: """
        <h1>\(PageText.escaped(problem.kind.title))</h1>
        <p role="alert">\(PageText.escaped(problem.detail))</p>
        <p><a href="/">All jobs</a></p>
        """, status: problem.status)
  }
}

extension Request {
  /// Whether a person's browser asks.
  var asksForPage: Bool { (headers[.accept] ?? "").contains("text/html") }
}

extension Response {
  /// A page, which may load its own styles and script and nothing else.
  static func page(
    _ text: String, status: HTTPResponse.Status = .ok, isTagged: Bool = false, for request: Request
  ) -> Response {
    var response = Response.text(
      text, "text/html; charset=utf-8", status: status, isTagged: isTagged, for: request)
    response.headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
      + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    response.headers[.xContentTypeOptions] = "nosniff"
    return response
  }
}

/// Text on a page. What users wrote is always shown as text.
enum PageText {
  static func escaped(_ text: String) -> String { HTMLText.escaped(text) }

  /// For the query of an address.
  static func encoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  /// A number as people read it.
  static func duration(_ seconds: Double?) -> String {
    seconds.map { NumberText.duration(seconds: $0) } ?? NumberText.missing
  }
}
