import CoreMetrics
import Synchronization

/// Metrics as Prometheus reads them, behind the interface that libraries measure by.
///
/// Names follow Prometheus' rules whatever a library calls them; durations are in seconds.
final class PrometheusRegistry: MetricsFactory {
  fileprivate struct Name: Hashable, Comparable {
    let label: String
    let dimensions: [Dimension]

    struct Dimension: Hashable {
      let name: String
      let value: String
    }

    init(_ label: String, _ dimensions: [(String, String)]) {
      self.label = Self.valid(label)
      self.dimensions = dimensions.map { Dimension(name: Self.valid($0.0), value: $0.1) }
    }

    private static func valid(_ name: String) -> String {
      let scalars = name.unicodeScalars.map { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
        default: Character("_")
        }
      }
      return (scalars.first?.isNumber ?? true ? "_" : "") + String(scalars)
    }

    static func < (a: Name, b: Name) -> Bool {
      (a.label, a.dimensions.map(\.value).joined(separator: "\u{0}"))
        < (b.label, b.dimensions.map(\.value).joined(separator: "\u{0}"))
    }

    /// `{route="/livez",le="0.1"}`; empty without dimensions.
    func labels(_ more: [(String, String)] = []) -> String {
      let all = dimensions.map { ($0.name, $0.value) } + more
      guard !all.isEmpty else { return "" }
      let list = all.map { name, value in
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
          "\n", with: "\\n")
        return "\(name)=\"\(escaped)\""
      }
      return "{" + list.joined(separator: ",") + "}"
    }
  }

  private struct State {
    var counters: [Name: Count] = [:]
    var gauges: [Name: Gauge] = [:]
    var histograms: [Name: Histogram] = [:]
    var help: [String: String] = [:]
  }

  private let state = Mutex(State())

  /// Says what a metric is; without it there is none of that line.
  func describe(_ label: String, _ text: String) { state.withLock { $0.help[label] = text } }

  /// The text format, version 0.0.4: names in order, each with its kind.
  var text: String {
    let (counters, gauges, histograms, help) = state.withLock {
      ($0.counters, $0.gauges, $0.histograms, $0.help)
    }
    var text = ""
    var last = ""
    func head(_ name: Name, _ kind: String) {
      guard name.label != last else { return }
      last = name.label
      if let help = help[name.label] { text += "# HELP \(name.label) \(help)\n" }
      text += "# TYPE \(name.label) \(kind)\n"
    }
    for (name, count) in counters.sorted(by: { $0.key < $1.key }) {
      head(name, "counter")
      text += "\(name.label)\(name.labels()) \(Self.number(count.value))\n"
    }
    for (name, gauge) in gauges.sorted(by: { $0.key < $1.key }) {
      head(name, "gauge")
      text += "\(name.label)\(name.labels()) \(Self.number(gauge.value))\n"
    }
    for (name, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
      head(name, "histogram")
      let (counts, sum) = histogram.values
      var total = 0
      for (bound, count) in zip(Histogram.bounds, counts) {
        total += count
        text += "\(name.label)_bucket\(name.labels([("le", "\(bound)")])) \(total)\n"
      }
      total += counts.last ?? 0
      text += "\(name.label)_bucket\(name.labels([("le", "+Inf")])) \(total)\n"
      text += "\(name.label)_sum\(name.labels()) \(Self.number(sum))\n"
      text += "\(name.label)_count\(name.labels()) \(total)\n"
    }
    return text
  }

  private static func number(_ value: Double) -> String {
    value.rounded() == value && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  // MARK: MetricsFactory

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  func counter(_ label: String, _ dimensions: [(String, String)]) -> Count {
    instrument(label, dimensions, \.counters, Count.init)
  }

  func gauge(_ label: String, _ dimensions: [(String, String)]) -> Gauge {
    instrument(label, dimensions, \.gauges, Gauge.init)
  }

  func histogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
    instrument(label, dimensions, \.histograms, Histogram.init)
  }

  /// The one with this name, made when there is none.
  private func instrument<Instrument: Sendable>(
    _ label: String, _ dimensions: [(String, String)], _ table: WritableKeyPath<State, [Name: Instrument]>,
    _ make: () -> Instrument
  ) -> Instrument {
    let name = Name(label, dimensions)
    return state.withLock { state in
      if let known = state[keyPath: table][name] { return known }
      let made = make()
      state[keyPath: table][name] = made
      return made
    }
  }

  // What was counted stays, also when a library lets go of its handle.
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  // MARK: Instruments

  final class Count: CounterHandler, FloatingPointCounterHandler {
    private let total = Mutex(0.0)

    var value: Double { total.withLock { $0 } }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) { total.withLock { $0 += max(0, amount) } }

    func reset() { total.withLock { $0 = 0 } }
  }

  final class Gauge: MeterHandler, RecorderHandler {
    private let current = Mutex(0.0)

    var value: Double { current.withLock { $0 } }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { current.withLock { $0 = value } }

    func increment(by amount: Double) { current.withLock { $0 += amount } }

    func decrement(by amount: Double) { current.withLock { $0 -= amount } }

    func record(_ value: Int64) { set(Double(value)) }

    func record(_ value: Double) { set(value) }
  }

  /// Bounds for seconds, from fractions of a millisecond to minutes.
  final class Histogram: RecorderHandler, TimerHandler {
    static let bounds = [
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    private let state = Mutex((counts: [Int](repeating: 0, count: bounds.count + 1), sum: 0.0))

    /// The last count is of what is above all bounds.
    var values: (counts: [Int], sum: Double) { state.withLock { $0 } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
      let place = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
      state.withLock { state in
        state.counts[place] += 1
        state.sum += value
      }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
  }
}
