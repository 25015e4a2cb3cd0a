import Foundation
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
  /// Whether something on it changes by itself.
  var isLive = false

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
      <link rel="stylesheet" href="/assets/style.css">
      \(isLive ? "<script src=\"/assets/live.js\" defer></script>" : "")
      </head>
      <body>
      <nav class="places" aria-label="Pages"><strong>NTKScorer</strong>\(links.joined(separator: "\n"))</nav>
      <main>
      \(body)
      <footer>\(PageText.escaped(program))</footer>
      </main>
      </body>
      </html>

      """
  }
}

extension Response {
  /// A page, which may load its own styles and script and nothing else.
  static func page(_ text: String, isTagged: Bool = false, for request: Request) -> Response {
    var response = Response.text(text, "text/html; charset=utf-8", isTagged: isTagged, for: request)
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
