import ArgumentParser

/// Seeds as search spaces write them: `3` for the seeds 0, 1 and 2, or the seeds themselves, `7,8` (a single
/// one as `7,`).
struct SeedList: ExpressibleByArgument {
  let seeds: [UInt64]

  /// 0, 1, …
  init(count: UInt64) { seeds = Array(0..<count) }

  init?(argument: String) {
    guard argument.contains(",") else {
      guard let count = UInt64(argument), (1...10_000).contains(count) else { return nil }
      seeds = Array(0..<count)
      return
    }
    let items = argument.split(separator: ",")
    let seeds = items.compactMap { UInt64($0) }
    guard !seeds.isEmpty, seeds.count == items.count, Set(seeds).count == seeds.count else { return nil }
    self.seeds = seeds
  }

  var defaultValueDescription: String {
    seeds == Array(0..<UInt64(seeds.count)) ? "\(seeds.count)" : seeds.map(String.init).joined(separator: ",")
  }
}
