/// The root of a continuous function between two points at which its signs differ: Chandrupatla's method (1997), inverse
/// quadratic interpolation where that is safe and bisection elsewhere. The root to within `tolerance` of its magnitude.
///
/// - Parameters:
///   - low, high: the bracket; `valueLow` and `valueHigh` have different signs, or one is zero.
func bracketedRoot(
  _ function: (Double) -> Double, _ low: Double, _ valueLow: Double, _ high: Double, _ valueHigh: Double,
  tolerance: Double = 0x1p-50
) -> Double {
  if valueLow == 0 { return low }
  if valueHigh == 0 { return high }
  var (a, fa) = (high, valueHigh)
  var (b, fb) = (low, valueLow)
  var (c, fc) = (a, fa)
  var fraction = 0.5
  for _ in 0..<200 {
    let point = a + fraction * (b - a)
    let value = function(point)
    if (value < 0) == (fa < 0) {
      (c, fc) = (a, fa)
    } else {
      (c, fc) = (b, fb)
      (b, fb) = (a, fa)
    }
    (a, fa) = (point, value)
    let (best, smallest) = abs(fa) < abs(fb) ? (a, abs(fa)) : (b, abs(fb))
    let limit = tolerance * max(abs(best), .leastNormalMagnitude) / abs(b - a)
    if smallest == 0 || limit > 0.5 { return best }
    let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb))
    if phi * phi < xi, (1 - phi) * (1 - phi) < 1 - xi {
      fraction =
        fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    } else {
      fraction = 0.5
    }
    fraction = min(max(fraction, limit), 1 - limit)
  }
  return abs(fa) < abs(fb) ? a : b
}
