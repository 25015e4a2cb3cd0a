import Foundation
import Reports

/// What the program is connected to.
enum Terminal {
  /// Columns for text on standard output: the terminal's, or those that `COLUMNS` says; nil for no limit (a
  /// file or a pipe holds lines of any length).
  static var outputWidth: Int? {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
      return columns
    }
    return width(of: STDOUT_FILENO)
  }

  /// Columns of the terminal behind standard error; nil when it is none, or one that cannot rewrite a line.
  static var statusWidth: Int? {
    guard ProcessInfo.processInfo.environment["TERM"] != "dumb" else { return nil }
    return width(of: STDERR_FILENO)
  }

  static var outputStyle: TerminalStyle {
    TerminalStyle(isTerminal: isatty(STDOUT_FILENO) == 1, environment: ProcessInfo.processInfo.environment)
  }

  private static func width(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    // A terminal that does not know its size (a serial line) is taken to be as wide as most.
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
