import ArchitectureScorer
import Reports
import ScoringMetrics

/// Some candidates of one job side by side: what is different about them, their metrics, and their spectra.
struct ComparisonPage {
  let job: Int64
  let documents: [CandidateDocument]
  let run: StoredRun

  static let mostCandidates = 8

  /// - Throws: `Problem` for too few or too many.
  static func checked(_ names: [String]) throws -> [String] {
    guard (2...mostCandidates).contains(names.count) else {
      throw Problem(
        .invalidRequest,
        "\(names.count) candidates are chosen; expected 2 to \(mostCandidates), by the boxes in a job's ranking"
      )
    }
    return names
  }

  var page: DashboardPage {
    get throws {
      DashboardPage(
        title: "Comparison, job \(job)", place: .jobs,
        body: """
          <h1>Comparison</h1>
          <p><a href="/jobs/\(job)">\(PageText.escaped(run.result.run.space)), job \(job)</a></p>
          \(table)
          \(try spectra)
          """)
    }
  }

  // MARK: Table

  private var table: String {
    let heads = documents.map { document in
      let id = PageText.escaped(document.candidate.id)
      return
        "<th scope=\"col\" class=\"number\"><a class=\"mono\" href=\"/jobs/\(job)/candidates/\(id)\">\(id)</a></th>"
    }
    func row(_ title: String, _ cells: [String]) -> String {
      "<tr><th scope=\"row\">\(PageText.escaped(title))</th>"
        + cells.map { "<td class=\"number\">\($0)</td>" }.joined() + "</tr>"
    }
    var rows = [row("rank", documents.map { $0.candidate.rank.map(String.init) ?? NumberText.missing })]
    for name in Set(documents.flatMap(\.candidate.choices.keys)).sorted() {
      let values = documents.map { $0.candidate.choices[name] }
      guard Set(values).count > 1 else { continue }
      rows.append(row(name, values.map { PageText.escaped($0?.description ?? NumberText.missing) }))
    }
    for metric in run.result.metrics {
      let summaries = documents.map { $0.candidate.metrics[metric.name] }
      let values = summaries.compactMap { $0?.value }
      let best = metric.direction == .lowerIsBetter ? values.min() : values.max()
      rows.append(
        row(
          metric.title,
          summaries.map { summary in
            let value = NumberText.significant(summary?.value)
            let spread = summary?.logStandardDeviation.map {
              " <span class=\"soft\">\(NumberText.factor(logStandardDeviation: $0))</span>"
            }
            return (summary?.value == best && best != nil ? "<strong>\(value)</strong>" : value)
              + (spread ?? "")
          }))
    }
    return """
      <section><h2>What is different</h2>
      <p class="soft">The best value of each metric is bold; behind it the spread over seeds.</p>
      <div class="scroll"><table aria-label="Candidates side by side"><thead><tr><td></td>\(heads.joined())</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div></section>
      """
  }

  // MARK: Spectra

  private var spectra: String {
    get throws {
      let eigenvalues = try documents.map { document in
        (document.candidate.id, try document.eigenvalues().compactMap(\.self).first ?? [])
      }.filter { !$0.1.isEmpty }
      guard !eigenvalues.isEmpty else { return "" }
      let spectrum = CandidatePage.spectrum(eigenvalues, within: "spectrum")
      let training = CandidatePage.training(
        eigenvalues.map { ($0.0, TrainingCurve(eigenvalues: $0.1).points) }, within: "training")
      return """
        <section><h2>Spectra and training</h2>
        <p class="soft">Of the first seed that each has.</p>
        <div class="plots"><figure><figcaption>Eigenvalues of the tangent kernel</figcaption>\(spectrum)</figure>
        <figure><figcaption>Predicted training loss, random labels</figcaption>\(training)
        <p class="soft">\(PageText.escaped(TrainingCurve.note))</p></figure></div></section>
        """
    }
  }
}
