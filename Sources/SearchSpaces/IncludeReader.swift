import Foundation
import YAMLDocuments

/// Puts what a search space includes below what it says itself.
///
/// `include` names a file, or a list of files of which later ones win. Their sections are merged key by key with the
/// file's own, which win; an own key without a value takes an included one away. `ranking`, being one rule, is taken
/// whole, and `name` and `description` stay behind. Included files may include others.
///
/// Nothing outside the folder of the file that was asked for is ever read: paths are relative to the file that names
/// them and may not climb, and symbolic links may not lead out. A file given by a stranger can thus show nothing else
/// of the machine in a message.
final class IncludeReader {
  private let collector: DiagnosticCollector
  /// The real folder of the file that was asked for.
  private let root: String
  private var count = 0

  private static let mostFiles = 32
  private static let deepest = 8
  private static let ownKeys = ["name", "description", "definitions", "include"]
  private static let wholeSections = ["ranking"]

  init(collector: DiagnosticCollector) {
    self.collector = collector
    root = Self.realPath(Self.folder(collector.source.name))
  }

  /// A document with all that it includes; the document itself when it includes nothing.
  func merged(_ document: YAMLNode) -> YAMLNode {
    let name = collector.source.name
    return merged(document, in: name, chain: [Self.realPath(name)])
  }

  /// - Parameters:
  ///   - name: of the document's file, for messages and as the start of relative paths.
  ///   - chain: real paths of the files that led here, this one included.
  private func merged(_ document: YAMLNode, in name: String, chain: [String]) -> YAMLNode {
    guard let entries = document.entries,
      let include = entries.first(where: { $0.key.text == "include" })?.value,
      !include.isNull
    else { return document }
    var base: [YAMLNode.Entry] = []
    for node in include.elements ?? [include] {
      guard
        let path = collector.read(node, "'include'", "the path of a file, or a list of them", { $0.text }),
        let included = self.document(path, namedAt: node, in: name, chain: chain)
      else { continue }
      guard let entries = included.entries else {
        collector.report("'\(path)' is \(included.shown); expected a mapping of sections", at: node.location)
        continue
      }
      base = Self.merged(base, under: entries.filter { !Self.ownKeys.contains($0.key.text ?? "") })
    }
    return YAMLNode(.mapping(Self.merged(base, under: entries)), at: document.location)
  }

  // MARK: Files

  private func document(_ path: String, namedAt node: YAMLNode, in name: String, chain: [String]) -> YAMLNode?
  {
    guard let file = file(path, namedAt: node, in: name) else { return nil }
    let real = Self.realPath(file)
    if let place = chain.firstIndex(of: real) {
      let cycle = (chain[place...] + [real]).map { $0.split(separator: "/").last.map(String.init) ?? $0 }
      collector.report(
        "'\(path)' includes itself: \(cycle.joined(separator: " → "))", at: node.location)
      return nil
    }
    count += 1
    guard count <= Self.mostFiles, chain.count <= Self.deepest else {
      collector.report(
        "too much is included; at most \(Self.mostFiles) files, \(Self.deepest) deep, are read",
        at: node.location)
      return nil
    }
    do {
      let number = collector.add(try SourceText(contentsOfFile: file))
      return merged(try parseYAML(file: number, collector: collector), in: file, chain: chain + [real])
    } catch let invalid as InvalidDocument {
      // What is wrong with the file as a whole is said where it is named, the rest at its own place.
      let whole = invalid.diagnostics.filter { $0.location == nil }
      for diagnostic in whole {
        collector.report("'\(path)' cannot be included: \(diagnostic.message)", at: node.location)
      }
      if whole.isEmpty { collector.add(invalid) }
    } catch {
      collector.report("'\(path)' cannot be included: \(error)", at: node.location)
    }
    return nil
  }

  /// The path of an included file from the working directory; nil after reporting that it leads elsewhere.
  private func file(_ path: String, namedAt node: YAMLNode, in name: String) -> String? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.isEmpty, !path.hasPrefix("/"), !path.hasPrefix("~"), !parts.contains("..") else {
      collector.report(
        "'include' is \(node.shown); expected a path below the folder of this file, without '..'",
        at: node.location)
      return nil
    }
    let folder = Self.folder(name)
    let file = folder.isEmpty ? path : folder + "/" + path
    let real = Self.realPath(file)
    guard real.hasPrefix(root == "/" ? root : root + "/") else {
      collector.report(
        "'\(path)' leads out of the search space's folder through a symbolic link", at: node.location)
      return nil
    }
    return file
  }

  private static func folder(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Absolute and without symbolic links, as far as the path exists.
  private static func realPath(_ path: String) -> String {
    URL(fileURLWithPath: path.isEmpty ? "." : path).standardizedFileURL.resolvingSymlinksInPath().path
  }

  // MARK: Merging

  /// Entries in the order of `base`, then of `own`.
  private static func merged(_ base: [YAMLNode.Entry], under own: [YAMLNode.Entry], deep: Bool = true)
    -> [YAMLNode.Entry]
  {
    var result: [YAMLNode.Entry] = []
    for entry in base {
      guard let mine = own.first(where: { $0.key.text == entry.key.text }) else {
        result.append(entry)
        continue
      }
      if mine.value.isNull { continue }
      if deep, !wholeSections.contains(entry.key.text ?? ""), let below = entry.value.entries,
        let above = mine.value.entries
      {
        let entries = merged(below, under: above, deep: false)
        result.append(.init(key: mine.key, value: YAMLNode(.mapping(entries), at: mine.value.location)))
      } else {
        result.append(mine)
      }
    }
    let names = Set(base.compactMap(\.key.text))
    return result + own.filter { entry in entry.key.text.map { !names.contains($0) } ?? true }
  }
}
