import ArchitecturePlugins
import ArchitectureScorer
import Foundation
import Hummingbird
import Reports
import ScoringMetrics

/// What there is to choose from: metrics, and architecture families with their parameters.
struct CatalogRoutes {
  let services: DaemonServices

  func add(to table: RouteTable) {
    table.on(.get, "/v1/metrics") { request, _ in
      _ = try Query(request, known: [])
      let metrics = services.scorer.metrics.metrics.map { JSONValue($0.description) }
      return .json(.object([("metrics", .array(metrics))]), isTagged: true, for: request)
    }
    table.on(.get, "/v1/plugins") { request, _ in
      _ = try Query(request, known: [])
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let families = try services.scorer.families.map { family in
        JSONValue.verbatim(String(decoding: try encoder.encode(FamilySchema(family)), as: UTF8.self))
      }
      return .json(.object([("families", .array(families))]), isTagged: true, for: request)
    }
  }
}
