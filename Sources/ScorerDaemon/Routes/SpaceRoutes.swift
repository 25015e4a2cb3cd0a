import Foundation
import HTTPTypes
import Hummingbird
import Reports
import ResultStorage
import SearchSpaces

/// Search spaces: kept under their names, shown, and listed candidate by candidate.
struct SpaceRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.get, "/v1/spaces") { request, _ in
      let query = try Query(request, known: ["limit", "cursor"])
      let limit = try query.integer("limit", in: 1...1000) ?? 100
      let after = try query.cursor()
      // One more, to see whether there is a next page.
      let found = try await services.blocking.run {
        try services.store.spaceDocuments(after: after, limit: limit + 1)
      }
      let spaces = found.prefix(limit)
      let next = found.count > limit ? spaces.last.map { Base64.addressText($0.name) } : nil
      let items = spaces.map { space in
        JSONValue.object([
          ("name", .text(space.name)), ("hash", .text(space.contentHash)),
          ("links", .object([("self", .text(Self.address(space.contentHash)))])),
        ])
      }
      return .json(
        .object([("spaces", .array(items)), ("nextCursor", next.map(JSONValue.text) ?? .null)]),
        isTagged: true, for: request)
    }
    table.on(.post, "/v1/spaces") { request, context in
      _ = try Query(request, known: [])
      let configuration = services.configuration
      let (text, _) = try await request.document(
        [.yaml, .json], most: configuration.mostBodyBytes, seconds: configuration.requestSeconds,
        context: context)
      let space = try await services.blocking.run { try services.spaces.readSpace(text) }
      let document = services.spaces.document(space, text: text)
      try await services.blocking.change { try services.store.keepSpaceDocument(document) }
      return .json(
        Self.json(space, document), status: .created,
        headers: [.location: Self.address(document.contentHash)], for: request)
    }
    table.on(.get, "/v1/spaces/{space}") { request, context in
      _ = try Query(request, known: [])
      let (space, document) = try await named(context)
      return .json(Self.json(space, document), isTagged: true, for: request)
    }
    table.on(.get, "/v1/spaces/{space}/candidates") { request, context in
      let query = try Query(request, known: ["limit", "cursor"])
      let limit = try query.integer("limit", in: 1...1000) ?? 100
      var start: UInt64 = 0
      if let cursor = try query.cursor() {
        guard let place = UInt64(cursor) else { throw Query.foreignCursor }
        start = place
      }
      let (space, _) = try await named(context)
      guard space.candidate(at: 0) != nil else {
        throw Problem(
          .invalidRequest, "'\(space.name)' has \(space.cardinality) candidates, too many for a list")
      }
      let (last, overflow) = start.addingReportingOverflow(UInt64(limit))
      let candidates = overflow ? [] : (start..<last).compactMap { space.candidate(at: $0) }
      let items = candidates.map { candidate in
        JSONValue.object([
          ("id", .text(candidate.id)), ("choices", .verbatim(candidate.choices.canonicalJSON)),
        ])
      }
      let next = !overflow && space.candidate(at: last) != nil ? Base64.addressText("\(last)") : nil
      return .json(
        .object([
          ("cardinality", .text(space.cardinality.description)), ("candidates", .array(items)),
          ("nextCursor", next.map(JSONValue.text) ?? .null),
        ]), isTagged: true, for: request)
    }
  }

  private func named(_ context: DaemonContext) async throws -> (SearchSpace, SpaceDocument) {
    let name = context.parameters.get("space").flatMap(\.removingPercentEncoding) ?? ""
    return try await services.blocking.run {
      let document = try services.spaces.document(named: name)
      return (try services.spaces.readSpace(document.text), document)
    }
  }

  private static func address(_ hash: String) -> String { "/v1/spaces/\(hash)" }

  private static func json(_ space: SearchSpace, _ document: SpaceDocument) -> JSONValue {
    .object([
      ("name", .text(space.name)), ("hash", .text(document.contentHash)),
      ("description", space.summary.map(JSONValue.text) ?? .null), ("family", .text(space.family.name)),
      ("cardinality", .text(space.cardinality.description)),
      (
        "choices",
        .object(
          space.axes.map { axis in
            (axis.name, .array(axis.values.map { .verbatim($0.canonicalJSON) }))
          })
      ),
      ("fixed", .verbatim(space.fixed.canonicalJSON)),
      (
        "input",
        .object([
          ("shape", .array(space.input.shape.dimensions.map(JSONValue.integer))),
          ("outputs", .integer(space.input.outputs)), ("samples", .integer(space.input.samples)),
          ("dataset", .text(space.input.dataset.kind)),
        ])
      ),
      ("metrics", .array(space.scoring.metrics.map(JSONValue.text))),
      ("seeds", .array(space.scoring.seeds.map(JSONValue.unsigned))), ("document", .text(document.text)),
      (
        "links",
        .object([
          ("self", .text(address(document.contentHash))),
          ("candidates", .text(address(document.contentHash) + "/candidates")),
        ])
      ),
    ])
  }
}
