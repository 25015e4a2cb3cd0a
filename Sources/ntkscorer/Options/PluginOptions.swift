import ArchitectureScorer
import ArgumentParser
import YAMLDocuments

/// Plugins from outside.
struct PluginOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin"),
    help: ArgumentHelp(
      "A plugin: a shared library or an executable. May be given several times.",
      discussion:
        "Plugins are programs and run with your rights. Search spaces can list them too, and those in "
        + "$XDG_DATA_HOME/ntkscorer/plugins are found by name.", valueName: "path"),
    completion: .file())
  var paths: [String] = []

  @Flag(
    name: .customLong("trust-plugin"),
    help: "Load shared libraries into this process: quicker, and a crash ends the run.")
  var trustsLibraries = false

  @OptionGroup var limits: PluginLimitOptions

  var sources: PluginSources {
    PluginSources(paths: paths, trustsLibraries: trustsLibraries, limits: limits.limits)
  }

  /// A scorer with the plugins of a run over a file; without one, with every plugin there is.
  func scorer(_ logging: LoggingOptions, for source: SourceText? = nil) throws -> Scorer {
    try logging.scorer.addingPlugins(sources, for: source)
  }
}
