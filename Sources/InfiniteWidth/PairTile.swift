/// Pairs of samples that are computed together: one of the first set with neighbours in the second, or samples of one
/// set with themselves.
enum PairTile {
  case cross(first: Int, seconds: Range<Int>)
  /// Of the first set, or of the second.
  case itself(Range<Int>, isSecondSet: Bool)

  var lanes: Int {
    switch self {
    case .cross(_, let seconds): seconds.count
    case .itself(let samples, _): samples.count
    }
  }
}
