import ArchitecturePlugins
import Foundation
import PluginHosting
import SearchSpaces
import YAMLDocuments

extension Scorer {
  /// The same with what a plugin offers.
  ///
  /// - Throws: `PluginFault` when its description is wrong, it offers nothing, or a name is taken.
  public func adding(_ plugin: Plugin) throws(PluginFault) -> Scorer {
    let (added, addedMetrics) = (try plugin.families(), try plugin.metrics())
    guard !added.isEmpty || !addedMetrics.isEmpty else {
      throw plugin.fault(
        .invalidDescription, "it describes neither families nor metrics; expected at least one")
    }
    var metrics = metrics
    for metric in addedMetrics {
      do { try metrics.register(metric) } catch {
        throw plugin.fault(
          .invalidDescription,
          "its metric '\(metric.description.snakeCaseName)' has the name of another; give it a name of its own"
        )
      }
    }
    for family in added where families.contains(where: { $0.name == family.name }) {
      throw plugin.fault(
        .invalidDescription, "its family '\(family.name)' has the name of another; give it a name of its own")
    }
    return Scorer(families: families + added, metrics: metrics, logger: logger)
  }

  /// The same with the plugins of a run: those named for it, then those that a search space lists under `plugins`, and,
  /// when the search space uses names that are still unknown, those of the folder.
  ///
  /// A plugin of the folder that cannot be used is left out with a warning; any other is an error.
  ///
  /// - Parameter source: a search space or a network file; nil for the folder's plugins in any case.
  /// - Throws: `PluginFault`, or `InvalidDocument` with the place where the file lists the plugin.
  public func addingPlugins(_ sources: PluginSources, for source: SourceText?) throws -> Scorer {
    var scorer = self
    var loaded: Set<String> = []
    func load(_ path: String) throws(PluginFault) {
      let file = try PluginFile(path: path)
      guard loaded.insert(file.path).inserted else { return }
      let plugin = try Plugin(file, isTrusted: sources.trustsLibraries, limits: sources.limits)
      scorer = try scorer.adding(plugin)
      logger.debug("plugin \(plugin.file.path), SHA-256 \(plugin.contentHash)")
    }
    for path in sources.paths { try load(path) }
    let collector = source.map { DiagnosticCollector($0) }
    let names = try collector.map { try NamesInUse($0) }
    if let collector, let names {
      var hasFailed = false
      for node in names.plugins {
        guard let path = node.text else { continue }
        do {
          try load(path.hasPrefix("/") ? path : collector.sources[node.location.file].folder + path)
        } catch {
          hasFailed = true
          collector.report("\(error)", at: node.location)
        }
      }
      // Other mistakes are for the reader of search spaces, which finds all of them.
      if hasFailed { try collector.throwIfAny() }
    }
    guard names.map({ !$0.areKnown(to: scorer) }) ?? true else { return scorer }
    for path in sources.folderFiles {
      do { try load(path) } catch { logger.warning("the plugin \(path) is left out: \(error)") }
    }
    return scorer
  }
}

/// The names in a search space that a plugin may have brought.
private struct NamesInUse {
  /// Elements of `plugins`.
  let plugins: [YAMLNode]
  private let family: String?
  private let metrics: [String]

  /// - Throws: `InvalidDocument` when it is no YAML; anything else is for the reader of search spaces to report.
  init(_ collector: DiagnosticCollector) throws {
    let root = try SearchSpace.document(collector, mayInclude: true)
    func value(_ key: String, in node: YAMLNode?) -> YAMLNode? {
      node?.entries?.first { $0.key.text == key }?.value
    }
    plugins = value("plugins", in: root)?.elements ?? []
    family = value("family", in: root)?.text
    let ranking = value("ranking", in: root)
    let lists = [value("metrics", in: value("scoring", in: root)), value("rank_sum", in: ranking)]
    metrics = (lists.flatMap { $0?.elements ?? [] } + [value("by", in: ranking)].compactMap(\.self))
      .compactMap(\.text)
  }

  func areKnown(to scorer: Scorer) -> Bool {
    (family.map { name in scorer.families.contains { $0.name == name } } ?? true)
      && metrics.allSatisfy { (try? scorer.metrics.metric(named: $0)) != nil }
  }
}

extension SourceText {
  /// Of its file, with a slash at the end, or empty.
  fileprivate var folder: String { name.lastIndex(of: "/").map { String(name[...$0]) } ?? "" }
}
