import ArchitecturePlugins
import ArchitectureScorer
import Foundation
import NetworkGraph
import Reports
import ResultStorage
import SearchSpaces

/// A candidate: its metrics under every seed, its spectra, how it will train, and its network drawn.
struct CandidatePage {
  let job: JobRecord
  let document: CandidateDocument
  let run: StoredRun
  /// Nil when the space can no longer be read.
  let space: SearchSpace?
  /// Whether the space's data say which class a sample is of.
  let hasLabels: Bool

  var page: DashboardPage {
    get throws {
      let candidate = document.candidate
      let choices = candidate.choices.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      let rank =
        candidate.rank.map { "rank \($0)" }
        ?? "without a rank: \(candidate.message ?? candidate.outcome.rawValue)"
      let body = """
        <h1 class="mono">\(PageText.escaped(candidate.id))</h1>
        <p><a href="/jobs/\(job.id)">\(PageText.escaped(job.space.name)), job \(job.id)</a>, \(PageText.escaped(rank))</p>
        <p class="mono">\(PageText.escaped(choices.joined(separator: ", ")))</p>
        \(metrics)
        \(try pictures)
        \(network)
        """
      return DashboardPage(title: "\(candidate.id), \(job.space.name)", place: .jobs, body: body)
    }
  }

  private var metrics: String {
    let seeds = run.result.seeds
    let columns =
      [TextTable.Column("metric", .left, importance: 0), .init("value", .right, importance: 0)]
      + [.init("spread", .right, importance: 0)]
      + seeds.prefix(12).map { .init("seed \($0)", .right, importance: 0) }
    let rows = run.result.metrics.map { metric in
      let summary = document.candidate.metrics[metric.name]
      return [
        metric.title, NumberText.significant(summary?.value),
        NumberText.factor(logStandardDeviation: summary?.logStandardDeviation),
      ] + seeds.prefix(12).indices.map { NumberText.significant(summary?.perSeed[$0]) }
    }
    return "<section><h2>Metrics</h2>\(HTMLText.table(columns, rows))</section>"
  }

  private var pictures: String {
    get throws {
      let eigenvalues = try document.eigenvalues()
      guard eigenvalues.contains(where: { $0 != nil }) else { return "" }
      let seeds = run.result.seeds
      let named = zip(seeds, eigenvalues).prefix(8).map { ("seed \($0)", $1 ?? []) }
      let spectrum = Self.spectrum(named, within: "spectrum")
      return """
        <section><h2>Spectrum and training</h2>
        <div class="plots"><figure><figcaption>Eigenvalues of the tangent kernel</figcaption>\(spectrum)</figure>
        \(hasLabels ? labelledTraining : randomTraining(named))</div></section>
        """
    }
  }

  private func randomTraining(_ spectra: [(String, [Double])]) -> String {
    let curve = Self.training(
      spectra.map { ($0, TrainingCurve(eigenvalues: $1).points) }, within: "training")
    return """
      <figure><figcaption>Predicted training loss, random labels (the data have none)</figcaption>\(curve)
      <p class="soft">\(PageText.escaped(TrainingCurve.note))</p></figure>
      """
  }

  /// Takes a computation, so that the page does not wait for it.
  private var labelledTraining: String {
    let address = "/jobs/\(job.id)/candidates/\(PageText.escaped(document.candidate.id))/training"
    return """
      <figure data-load="\(address)" data-loading="The training on the dataset's labels is being computed …">
      <figcaption>Predicted training loss, the dataset's labels</figcaption>
      <p role="status"><a href="\(address)">Compute it</a></p></figure>
      """
  }

  /// Eigenvalues in descending order, one line for each name.
  static func spectrum(_ spectra: [(String, [Double])], within page: String) -> String {
    LinePlot(
      title: "Eigenvalues", x: PlotAxis("place, from the largest", isTight: true),
      y: PlotAxis("eigenvalue", .logarithmic),
      series: spectra.map { name, values in
        LinePlot.Series(name, values.enumerated().map { PlotPoint(Double($0.offset + 1), $0.element) })
      }
    ).svg(width: 480, height: 340, within: page)
  }

  /// Losses as parts of the first ones.
  static func training(_ curves: [(String, [PlotPoint])], within page: String) -> String {
    LinePlot(
      title: "Predicted training loss",
      x: PlotAxis("steps of gradient descent", .logarithmic, isTight: true),
      y: PlotAxis("loss, as part of the first", .logarithmic),
      series: curves.map { LinePlot.Series($0, $1) }
    ).svg(width: 480, height: 340, within: page)
  }

  private var network: String {
    guard let space, let candidate = try? space.candidate(choices: document.candidate.choices),
      case .admitted(let network) = space.admission(of: candidate)
    else { return "" }
    return
      "<section><h2>Network</h2>\n<div class=\"graph\" tabindex=\"0\" role=\"region\" aria-label=\"The network\">\(NetworkDrawing(network).svg)</div></section>"
  }
}

/// The training loss over steps of gradient descent, which stand at equal ratios.
struct TrainingCurve {
  static let note =
    "In the limit of small steps around the initial weights the residual along eigenvector i shrinks by 1 − ηλ_i in each step "
    + "(Jacot et al. 2018). This is the mean of the squares over labels that favour no direction, at η = 1/λ_max. A "
    + "real network bends away from it."

  /// Steps and the loss as a part of the first one.
  let points: [PlotPoint]

  /// - Parameter loss: after so many steps, as a part of the first one.
  init(_ loss: (_ steps: Int) throws -> Double) rethrows {
    var points: [PlotPoint] = []
    for place in 0...60 {
      let steps = Int(pow(10, Double(place) / 12).rounded())
      if let last = points.last, Int(last.x) == steps { continue }
      let value = try loss(steps)
      // Beyond this nobody trains.
      guard value > 1e-8 else { break }
      points.append(PlotPoint(Double(steps), value))
    }
    self.points = points
  }

  /// What a spectrum predicts, for labels that favour no direction.
  init(eigenvalues: [Double]) {
    guard let largest = eigenvalues.first, largest > 0 else {
      self.init { _ in 0 }
      return
    }
    let factors = eigenvalues.map { 1 - max(0, $0) / largest }
    self.init { steps in factors.reduce(0) { $0 + pow($1, Double(2 * steps)) } / Double(factors.count) }
  }
}
