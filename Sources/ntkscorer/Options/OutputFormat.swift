import ArgumentParser

/// How results are written to standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json, csv, markdown
}

struct FormatOptions: ParsableArguments {
  @Option(name: .long, help: "How results are written to standard output.")
  var format: OutputFormat = .table
}
