import ArchitecturePlugins
import ArchitectureScorer
import Foundation
import Reports
import Trainability

/// How a candidate is predicted to train on the labels of its space's data, under some seeds.
struct LabelledTraining: Sendable {
  /// One for each seed whose batch has labels of several classes, with the loss as a part of the first one.
  let curves: [(seed: UInt64, points: [PlotPoint])]
  /// Of all those batches, the most.
  let classes: Int

  /// Each is a computation that somebody waits for.
  static let mostSeeds = 3

  /// Blocks until it is computed.
  init(of choices: Choices, in space: PreparedSpace, seeds: [UInt64]) throws {
    let candidate = try space.space.candidate(choices: choices)
    var curves: [(seed: UInt64, points: [PlotPoint])] = []
    var classes = 0
    for seed in seeds {
      guard let dynamics = try space.trainingDynamics(of: candidate, seed: seed),
        let rate = LearningRateLimits(dynamics.kernel)?.monotone
      else { continue }
      classes = max(classes, dynamics.targets.columns)
      curves.append(
        (
          seed,
          try TrainingCurve { steps in
            try dynamics.loss(at: .gradientDescent(steps: steps, learningRate: rate)) / dynamics.initialLoss
          }.points
        ))
    }
    self.curves = curves
    self.classes = classes
  }
}

/// The curves as a page of their own, and as a part that the candidate's page loads by itself.
struct TrainingPage {
  let job: Int64
  let candidate: String
  let training: LabelledTraining

  var page: DashboardPage {
    let id = PageText.escaped(candidate)
    return DashboardPage(
      title: "\(candidate), training", place: .jobs,
      body: """
        <h1 class="mono"><a href="/jobs/\(job)/candidates/\(id)">\(id)</a></h1>
        <div class="plots" data-part>\(figure)</div>
        """)
  }

  private var figure: String {
    guard !training.curves.isEmpty else {
      return
        "<figure><p class=\"empty\">The batches have labels of one class, which leave nothing to learn.</p></figure>"
    }
    let plot = CandidatePage.training(
      training.curves.map { ("seed \($0.seed)", $0.points) }, within: "labelled-training")
    return """
      <figure><figcaption>Predicted training loss, the dataset's labels</figcaption>\(plot)
      <p class="soft">\(PageText.escaped(note))</p></figure>
      """
  }

  private var note: String {
    "On the labels of each seed's batch, \(training.classes) classes, one output for each: targets are one-hot less 1/classes, and "
      + "outputs at initialization count as 0. The residual along eigenvector i shrinks by 1 − ηλ_i in each step (Jacot et al. "
      + "2018), at η = 1/λ_max. A real network bends away from it."
  }
}
