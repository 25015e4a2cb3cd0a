import ArgumentParser
import Foundation
import LaneKernels
import YAMLDocuments

@main
enum EntryPoint {
  static func main() {
    // A reader that goes away (`| head`) is met where standard output is written, not by a signal.
    signal(SIGPIPE, SIG_IGN)
    // A file that may grow no further is an error like a full disk, with a message.
    signal(SIGXFSZ, SIG_IGN)
    if let override = LaneVariants.unknownOverride {
      Console.shared.printError(
        "NTKSCORER_SIMD: expected \(override.expected.formatted(.list(type: .or).locale(Locale(identifier: "en_US")))) on this machine, got '\(override.name)'"
      )
      exit(CommandFailure.Code.invalidInput.rawValue)
    }
    do {
      var command = try NTKScorerCommand.parseAsRoot()
      try command.run()
      try StandardOutput.shared.flush()
    } catch {
      exit(report(error))
    }
  }

  /// Tells the user what is wrong.
  /// - Returns: the exit code.
  private static func report(_ error: any Error) -> Int32 {
    if error is ClosedOutput { return 0 }
    if let failure = error as? CommandFailure {
      if let message = failure.message { Console.shared.printError(message) }
      return failure.exitCode.rawValue
    }
    let code = NTKScorerCommand.exitCode(for: error)
    if code == .success {
      return showRequestedText(NTKScorerCommand.fullMessage(for: error))
    }
    if let invalid = error as? InvalidDocument {
      Console.shared.print(invalid.description)
      return CommandFailure.Code.invalidInput.rawValue
    }
    guard code == .validationFailure else {
      let failure = CommandFailure(error)
      if let message = failure.message { Console.shared.printError(message) }
      return failure.exitCode.rawValue
    }
    Console.shared.printError(
      UsageMessage.text(for: error, arguments: Array(CommandLine.arguments.dropFirst())))
    return code.rawValue
  }

  /// Help and version, which ArgumentParser throws.
  private static func showRequestedText(_ text: String) -> Int32 {
    do {
      if !text.isEmpty { try StandardOutput.shared.append(text.hasSuffix("\n") ? text : text + "\n") }
      try StandardOutput.shared.flush()
      return 0
    } catch { return report(error) }
  }
}

/// What ArgumentParser says of wrong usage, in the form of all other errors.
private enum UsageMessage {
  static func text(for error: any Error, arguments: [String]) -> String {
    let message = NTKScorerCommand.message(for: error)
    let help = NTKScorerCommand.fullMessage(for: error).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .drop { !$0.hasPrefix("Usage:") }.joined(separator: "\n")
    var text = message
    let names = NTKScorerCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    if let first = arguments.first, !first.hasPrefix("-"), !names.contains(first) {
      text = "unknown command '\(first)'"
      text +=
        nearestSpelling(to: first, among: names).map { "; did you mean '\($0)'?" }
        ?? "; expected one of \(names.joined(separator: ", "))"
    }
    text = text.prefix(1).lowercased() + text.dropFirst()
    return help.isEmpty ? text : text + "\n" + help
  }
}
