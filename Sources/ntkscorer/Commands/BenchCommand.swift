import ArgumentParser
import MachineMeasurement
import YAMLDocuments

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure this machine, and how near the engine's kernels come to what it can do.",
    discussion: """
      Tells which instruction-set variant and which OpenBLAS kernels are in use, the peak of fused \
      multiply–adds on the variant's registers, how fast memory is read by the size of what is read, and \
      the rate of each micro-kernel with its share of what bounds it: of the peak (GFLOP/s, a multiply–add \
      is two operations), or of the read bandwidth for as many bytes as it touches (GB/s, every array counted \
      once). Micro-kernels run in single precision on the shapes of a CIFAR network's stages. The best \
      of many short slices of time counts, since other programs can only make a machine look slower.

      EXAMPLES
        ntkscorer bench
        ntkscorer bench --threads 4 --seconds 0.5
        ntkscorer bench --variant AVX2 --format json | jq .peak
      """)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The instruction-set variant to measure; the one that the engine uses when not given.",
      discussion: "Possible here: \(MachineProfile.variants.joined(separator: ", ")).", valueName: "name"))
  var variant: String?

  @Option(
    name: .long,
    help: "Threads that measure at the same time, each in memory of its own; rates are of all together.")
  var threads = 1

  @Option(name: .long, help: "Time for each of about 80 measurements.")
  var seconds = 0.1

  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads is \(threads); expected a number from 1 to 1024")
    }
    guard (0.000_1...60).contains(seconds) else {
      throw ValidationError("--seconds is \(seconds); expected a number from 0.0001 to 60")
    }
  }

  func run() throws {
    let profile: MachineProfile
    do {
      profile = try MachineProfile(variant: variant, threads: threads, seconds: seconds)
    } catch MeasurementError.unknownVariant(let name, let known) {
      let error = MeasurementError.unknownVariant(name, known: known)
      let nearest = nearestSpelling(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
      throw CommandFailure.invalidInput("\(error)\(nearest)")
    }
    let text =
      switch format.format {
      case .table: BenchDocument.table(profile)
      case .json: BenchDocument.json(profile)
      case .csv: BenchDocument.csv(profile)
      case .markdown: BenchDocument.markdown(profile)
      }
    try StandardOutput.shared.append(text)
  }
}
