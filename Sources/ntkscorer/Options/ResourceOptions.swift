import ArchitectureScorer
import ArgumentParser

struct ResourceOptions: ParsableArguments {
  @Option(name: .long, help: "Worker threads; all cores when not given. Scores do not depend on it.")
  var threads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Memory for the candidates being computed, such as 8G or 512M; half of the machine's when not given.",
      discussion: "A candidate that needs more alone fails as over_budget.", valueName: "size"))
  var memory: MemorySize?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads); expected a number from 1 to 1024")
    }
  }

  var resources: Resources { Resources(threads: threads, memoryBudget: memory?.bytes) }
}
