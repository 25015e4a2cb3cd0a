import Foundation

extension RunReport {
  /// The document of `rank --format json`, and beside it `run`, `pareto`, `importance`, `correlations` and `spectra`. What is
  /// missing or not finite is `null`.
  ///
  /// - Parameter top: how many candidates are listed; nil for all.
  package func json(top: Int?) -> String {
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    let names = ranking.metrics.map(\.name)
    let pairs = names.indices.flatMap { row in
      names.indices.filter { $0 > row }.map { column in
        let correlation = correlations[row][column]
        return JSONValue.object([
          ("metrics", .array([.text(names[row]), .text(names[column])])),
          ("spearman", number(correlation?.spearman)), ("kendall", number(correlation?.kendall)),
          ("candidates", .integer(correlation?.count ?? 0)),
        ])
      }
    }
    let choices = importance.map { choice in
      JSONValue.object([
        ("choice", .text(choice.name)), ("epsilonSquared", number(choice.adjustedShare)),
        ("etaSquared", .number(choice.share)),
        (
          "groups",
          .array(
            choice.groups.map {
              .object([
                ("value", .text($0.label)), ("candidates", .integer($0.count)), ("mean", .number($0.mean)),
              ])
            })
        ),
      ])
    }
    let front = frontPlaces.map { place in
      JSONValue.object([
        ("id", .text(ranking.ranked[place].id)), ("parameters", .integer(costs[place].parameters)),
        ("multiplyAdds", .integer(costs[place].multiplyAdds)),
        ("onParametersFront", .boolean(fronts.parameters[place])),
        ("onMultiplyAddsFront", .boolean(fronts.multiplyAdds[place])),
      ])
    }
    let spectra = spectra.map { spectrum in
      JSONValue.object([
        ("id", .text(spectrum.id)),
        ("eigenvalues", .array(spectrum.seeds.map { $0.map { .array($0.map(JSONValue.number)) } ?? .null })),
      ])
    }
    let run = JSONValue.object([
      ("id", .integer(Int(facts.identifier))), ("status", .text(facts.status)),
      ("started", .text(facts.started.formatted(.iso8601))),
      ("finished", facts.finished.map { .text($0.formatted(.iso8601)) } ?? .null),
      ("command", .text(facts.command)),
      ("definition", facts.definition.map(JSONValue.verbatim) ?? .null),
    ])
    return JSONValue.object(
      ranking.members(top: top) + [
        ("run", run), ("pareto", .array(front)),
        ("scoreIsLogarithm", .boolean(ranking.isLogarithmic)), ("importance", .array(choices)),
        ("correlations", .array(pairs)), ("spectra", .array(spectra)),
      ]
    ).indented + "\n"
  }

  /// The records of `rank --format csv` with what each network costs and whether it is on a Pareto front.
  package func csv(top: Int?) -> String {
    var place = 0
    return ranking.csv(
      top: top,
      more: (
        titles: ["networkParameters", "networkMultiplyAdds", "onParametersFront", "onMultiplyAddsFront"],
        fields: { _ in
          defer { place += 1 }
          return [
            "\(costs[place].parameters)", "\(costs[place].multiplyAdds)", "\(fronts.parameters[place])",
            "\(fronts.multiplyAdds[place])",
          ]
        }
      ))
  }
}
