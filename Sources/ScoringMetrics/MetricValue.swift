import Trainability

/// What a metric says of one candidate and seed: a number, or why there is none.
public enum MetricValue: Hashable, Sendable {
  /// Finite.
  case value(Double)
  /// `outcome` is never `.ok`; `message` is a sentence for the user.
  case failure(Outcome, message: String)

  /// Nil for a failure.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// `.ok` when there is a value.
  public var outcome: Outcome {
    if case .failure(let outcome, _) = self { outcome } else { .ok }
  }

  /// Nil when there is a value.
  public var message: String? {
    if case .failure(_, let message) = self { message } else { nil }
  }

  /// A number that is not finite is the failure `non_finite`.
  public init(finite value: Double) {
    self = value.isFinite ? .value(value) : .failure(.nonFinite, message: "the value is \(value)")
  }

  init(_ quantity: SpectralQuantity) {
    switch quantity {
    case .value(let value): self.init(finite: value)
    case .undefined(let outcome, let reason): self = .failure(outcome, message: reason)
    }
  }
}
