import ArchitectureScorer

extension RunReport {
  /// So many of the best candidates come with their spectra.
  package static let spectraOfBest = 20

  /// The report of a run that was read back from its store.
  ///
  /// - Parameters:
  ///   - candidates: identifiers of candidates whose spectra are wanted beside those of the best. Unknown ones are left
  ///     out; see `unknownCandidates`.
  ///   - program: what makes the report, with its version.
  package init(_ run: StoredRun, candidates: [String], program: String) throws(ScorerError) {
    let wanted = candidates.compactMap { id in run.result.candidates.first { $0.id == id } }
    let best = run.result.candidates.prefix(Self.spectraOfBest).filter { !candidates.contains($0.id) }
    var spectra: [Spectrum] = []
    for candidate in wanted + best {
      guard let hash = candidate.networkHash else { continue }
      spectra.append(Spectrum(id: candidate.id, seeds: try run.eigenvalues(ofNetwork: hash)))
    }
    self.init(
      ranking: RankingReport(run.result),
      facts: Facts(
        identifier: run.record.id, status: run.record.status.rawValue, started: run.record.started,
        finished: run.record.finished, command: run.record.command, definition: run.definition,
        program: program),
      costs: run.result.candidates.map { candidate in
        let size = candidate.networkHash.flatMap { run.sizes[$0] }
        return Cost(parameters: size?.parameters ?? 0, multiplyAdds: size?.multiplyAdds ?? 0)
      },
      spectra: spectra)
  }
}
