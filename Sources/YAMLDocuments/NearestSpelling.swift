/// The valid name that a mistyped one most likely meant, or nil when none is near enough to be worth suggesting.
///
/// Nearness is the Damerau–Levenshtein distance (optimal string alignment) after folding case and treating `-`,
/// `_` and space alike; at most a third of the longer name may differ. Ties go to the earlier candidate. When none is
/// that near, it is the only one that begins with what was typed (three letters at least): `kernel` for `kernel_size`.
///
/// Complexity: O(candidates × length²).
public func nearestSpelling(to typed: String, among candidates: some Sequence<String>) -> String? {
  let target = folded(typed)
  guard target.count <= 64 else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let other = folded(candidate)
    let allowed = max(1, max(target.count, other.count) / 3)
    guard abs(target.count - other.count) <= allowed else { continue }
    let distance = editDistance(target, other)
    if distance <= allowed, distance < (best?.distance ?? .max) { best = (candidate, distance) }
  }
  if let best { return best.name }
  let longer = candidates.filter { folded($0).starts(with: target) }
  return target.count >= 3 && longer.count == 1 ? longer[0] : nil
}

private func folded(_ name: String) -> [Unicode.Scalar] {
  name.lowercased().unicodeScalars.map { $0 == "-" || $0 == " " ? "_" : $0 }
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var previous2 = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  var current = previous
  for i in 1...a.count {
    current[0] = i
    for j in 1...b.count {
      let substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      current[j] = min(substitution, previous[j] + 1, current[j - 1] + 1)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], previous2[j - 2] + 1)
      }
    }
    (previous2, previous, current) = (previous, current, previous2)
  }
  return previous[b.count]
}
