import NetworkGraph

extension ReferenceModel {
  /// Differences of all outputs along a direction in one stored parameter array, by row (sample · outputs + output). The array must be among `stored`. In `frozen` mode the statistics stay those
  /// of `values`.
  public func difference(
    _ values: Values, alongParameter name: String, _ direction: [Double], step: Double = 1e-5
  ) -> [Double] {
    let start = stored[name] ?? direction.map { _ in 0 }
    return difference(step) { amount in
      var model = self
      model.stored[name] = zip(start, direction).map { $0 + amount * $1 }
      return model.forward(values.nodes[0], statistics: values.statistics)
    }
  }

  /// The same along a direction in the inputs, [sample][element].
  public func difference(
    _ values: Values, alongInputs direction: [[Double]], step: Double = 1e-5
  ) -> [Double] {
    difference(step) { amount in
      let moved = zip(values.nodes[0], direction).map { sample, direction in
        zip(sample, direction).map { $0 + amount * $1 }
      }
      return forward(moved, statistics: values.statistics)
    }
  }

  /// Central differences D(h) = (f(h) − f(−h))/2h, one step of Richardson's extrapolation: (4 D(h) − D(2h))/3.
  /// One step of Richardson's extrapolation of central differences: (4 D(h) − D(2h))/3.
  private func difference(_ step: Double, _ valuesAt: (Double) -> Values) -> [Double] {
    zip(central(step, valuesAt), central(2 * step, valuesAt)).map { (4 * $0 - $1) / 3 }
  }

  /// D(h) = (f(h) − f(−h))/2h.
  private func central(_ step: Double, _ valuesAt: (Double) -> Values) -> [Double] {
    let above = outputs(valuesAt(step)).flatMap { $0 }
    let below = outputs(valuesAt(-step)).flatMap { $0 }
    return zip(above, below).map { ($0 - $1) / (2 * step) }
  }
}

extension ReferenceJacobian {
  /// J v for a direction in one parameter array.
  public func product(parameter name: String, _ direction: [Double]) -> [Double] {
    guard let rows = parameters.first(where: { $0.name == name })?.rows else { return [] }
    return rows.map { row in zip(row, direction).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  /// J v for a direction in the inputs.
  public func product(inputs direction: [[Double]]) -> [Double] {
    inputs.map { row in
      zip(row, direction).reduce(0) { total, sample in
        zip(sample.0, sample.1).reduce(total) { $0 + $1.0 * $1.1 }
      }
    }
  }
}
