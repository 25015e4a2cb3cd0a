/// The candidates that no other one beats in every respect.
public enum ParetoFront {
  /// Which points are on the front: those for which no other is as good in both quantities and better in one. Smaller is
  /// better in both; equal points are on it together. A point that is not finite is never on it.
  ///
  /// Complexity: O(n log n).
  public static func contains(_ points: [(Double, Double)]) -> [Bool] {
    let order = points.indices.filter { points[$0].0.isFinite && points[$0].1.isFinite }
      .sorted { points[$0] < points[$1] }
    var isOnFront = [Bool](repeating: false, count: points.count)
    var least = Double.infinity
    var last: (Double, Double)?
    for index in order {
      let point = points[index]
      if point.1 < least {
        least = point.1
        last = point
      }
      if let last, point == last { isOnFront[index] = true }
    }
    return isOnFront
  }
}
