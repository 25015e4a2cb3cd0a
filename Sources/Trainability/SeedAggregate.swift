import Foundation

/// How a metric is averaged over seeds.
public enum MetricScale: String, Codable, Hashable, Sendable, CaseIterable {
  /// Positive quantities that vary by factors (condition number, eigenvalues): the logarithm is averaged, and
  /// the value is the geometric mean.
  case logarithmic
  /// Quantities that may be zero or negative, and counts: the arithmetic mean.
  case linear
}

/// One metric of one candidate over its seeds.
public struct SeedAggregate: Hashable, Sendable {
  /// How the seeds were averaged.
  public let scale: MetricScale
  /// exp(mean of logarithms), or the arithmetic mean. Exactly the common value when all seeds agree.
  public let value: Double
  /// On the metric's scale: the mean of the natural logarithms, or of the values.
  public let mean: Double
  /// On the metric's scale, with divisor n − 1; 0 for a single seed.
  public let standardDeviation: Double
  /// How many seeds gave a value.
  public let seedsOk: Int

  /// Nil for a linear metric.
  public var logMean: Double? { scale == .logarithmic ? mean : nil }
  /// Nil for a linear metric.
  public var logStandardDeviation: Double? { scale == .logarithmic ? standardDeviation : nil }

  /// Leaves out values that are not finite and, on the logarithmic scale, those that are not positive; they
  /// count as failed seeds. The order of the seeds does not matter, to the last bit.
  /// - Returns: nil when no value is left.
  public init?(_ values: [Double], scale: MetricScale) {
    let usable = values.filter { $0.isFinite && (scale == .linear || $0 > 0) }.sorted()
    guard let first = usable.first, let last = usable.last else { return nil }
    let scaled = scale == .logarithmic ? usable.map { log($0) } : usable
    let count = Double(scaled.count)
    let mean = scaled.reduce(0, +) / count
    let isConstant = first == last
    let squares = scaled.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.scale = scale
    self.mean = isConstant ? scaled[0] : mean
    value = isConstant ? first : scale == .logarithmic ? exp(mean) : mean
    standardDeviation = isConstant ? 0 : (squares / (count - 1)).squareRoot()
    seedsOk = scaled.count
  }
}
