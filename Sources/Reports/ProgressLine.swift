/// The one line that tells how far a run is.
package struct ProgressLine: Sendable {
  package var done: Int
  /// Nil when it is not known.
  package var total: Int?
  package var fromStore: Int
  package var failed: Int
  package var elapsedSeconds: Double
  /// What is counted.
  package var noun: String

  package init(
    done: Int, total: Int?, fromStore: Int, failed: Int, elapsedSeconds: Double, noun: String = "candidate"
  ) {
    self.noun = noun
    self.done = done
    self.total = total
    self.fromStore = fromStore
    self.failed = failed
    self.elapsedSeconds = elapsedSeconds
  }

  /// Candidates computed per second, those that the store had left out; nil before the first.
  package var rate: Double? {
    let computed = done - fromStore
    return computed > 0 && elapsedSeconds > 0 ? Double(computed) / elapsedSeconds : nil
  }

  /// Seconds until the end, if the others take as long as those that were computed.
  package var remainingSeconds: Double? {
    guard let total, let rate, rate > 0 else { return nil }
    return Double(max(0, total - done)) / rate
  }

  /// The line, in less than `width` columns: some terminals wrap a line that fills the last one.
  package func text(width: Int) -> String {
    let count = total.map { "\(done)/\($0)" } ?? NumberText.counted(done, noun)
    var parts = [count]
    if let total, total > 0 { parts.append("\(min(done, total) * 100 / total) %") }
    // Before the first candidate is computed, time is all that moves.
    parts.append(rate.map(rateText) ?? NumberText.duration(seconds: elapsedSeconds))
    if let remainingSeconds { parts.append("ETA \(NumberText.duration(seconds: remainingSeconds))") }
    if failed > 0 { parts.append("\(failed) failed") }
    let text = parts.joined(separator: "  ")
    let barWidth = min(30, width - TextWidth.of(text) - 3)
    guard let total, total > 0, barWidth >= 8 else { return TextWidth.shortened(text, to: max(0, width - 1)) }
    let filled = Int(Double(barWidth) * Double(min(done, total)) / Double(total))
    return String(repeating: "━", count: filled) + String(repeating: "╌", count: barWidth - filled) + "  "
      + text
  }

  private func rateText(_ rate: Double) -> String {
    rate >= 1
      ? "\(NumberText.significant(rate, digits: 3))/s" : "\(NumberText.significant(60 * rate, digits: 3))/min"
  }
}
