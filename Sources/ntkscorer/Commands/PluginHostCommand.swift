import ArgumentParser
import PluginHosting

/// Holds a shared library for another process of this program. Not for people.
struct PluginHostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: LibraryHost.argument, abstract: "Load a plugin and answer for it.", shouldDisplay: false)

  @Argument var library: String

  func run() throws { LibraryHost.run(library) }
}
