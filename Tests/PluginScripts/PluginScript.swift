import Foundation

/// A plugin as a shell script in a folder of its own, which goes away with the value.
///
/// It offers the family `scripted` with the integer `width` (4 by default): one hidden dense layer of `width` units. What
/// it does for the width 13 is up to the test.
package final class PluginScript {
  package let folder: String
  package let path: String

  /// - Parameters:
  ///   - unlucky: shell commands that answer for the width 13; `$id` is the request's number, `$line` the request.
  ///   - description: members of the description; those above when nil.
  package init(
    unlucky: String = "echo '{\"id\":'$id',\"error\":\"thirteen is unlucky\"}'", description: String? = nil,
    version: String = "1", name: String = "scripted.sh"
  ) throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent("ntkscorer-plugin-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = folder + "/" + name
    let families =
      #""families":[{"name":"scripted","version":""# + version
      + #"","summary":"One hidden layer.","parameters":[{"name":"width","type":"integer","minimum":1,"default":4,"documentation":"Units."}]}]"#
    try write(
      """
      #!/bin/sh
      while read -r line; do
        id=${line#*'"id":'}; id=${id%%[,\\}]*}
        width=${line#*'"width":'}; width=${width%%[,\\}]*}
        outputs=${line#*'"outputs":'}; outputs=${outputs%%[,\\}]*}
        input=${line#*'"input":'}; input=${input%%]*}]
        case $line in
          *'"call":"describe"'*) echo '{"id":'$id',\(description ?? families)}' ;;
          *'"width":13'[,}]*) \(unlucky) ;;
          *'"width":'*)
            echo '{"id":'$id',"network":{"input":'$input',"layers":[{"op":"flatten"},{"op":"dense","units":'$width'},{"op":"relu"},{"op":"dense","units":'$outputs'}]}}' ;;
          *'"call"'*) echo '{"id":'$id',"error":"what is that?"}' ;;
          *) echo '{"id":null,"error":"what is that?"}' ;;
        esac
      done

      """)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Writes the script anew.
  package func write(_ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  package func file(_ name: String) -> String { folder + "/" + name }

  /// The text of a file beside the script; nil while there is none.
  package func text(of name: String) -> String? {
    FileManager.default.contents(atPath: file(name)).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }
}

/// A plugin that the package builds as a shared library, beside the running tests.
package func builtLibrary(_ name: String) -> String {
  let folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent()
  #if canImport(Darwin)
    return folder.appendingPathComponent("lib\(name).dylib").path
  #else
    return folder.appendingPathComponent("lib\(name).so").path
  #endif
}

/// Waits until a process has ended, or some seconds.
///
/// - Returns: whether it has; one that has ended and is not reaped counts.
package func hasEnded(_ identifier: Int32) -> Bool {
  for _ in 0..<500 {
    let status = FileManager.default.contents(atPath: "/proc/\(identifier)/stat")
      .map { String(decoding: $0, as: UTF8.self) }
    if kill(identifier, 0) != 0 || status?.contains(") Z") == true { return true }
    usleep(10_000)
  }
  return false
}

/// What goes wrong with a plugin when it is asked for the width 13, and what a person is told.
package struct ScriptFault: Sendable, CustomStringConvertible {
  package let description: String
  /// As for `PluginScript`.
  package let unlucky: String
  /// Parts of the message.
  package let words: [String]

  private init(_ description: String, _ unlucky: String, _ words: String...) {
    (self.description, self.unlucky, self.words) = (description, unlucky, words)
  }

  private static func network(_ layers: String) -> String {
    #"echo '{"id":'$id',"network":{"input":'$input',"layers":["# + layers + "]}}'"
  }

  /// With a time limit of a second.
  package static let all: [ScriptFault] = [
    .init(
      "refusal", #"echo '{"id":'$id',"error":"thirteen is unlucky"}'"#, "thirteen is unlucky"),
    .init(
      "crash", "echo 'boom in layer 3' >&2; kill -SEGV $$", "was killed by signal 11 (SIGSEGV)",
      "its last words: boom in layer 3"),
    .init("exit", "echo 'no such thing' >&2; exit 5", "ended with exit code 5", "no such thing"),
    .init(
      "hang", "echo 'thinking' >&2; sleep 1000", "did not answer within", "its last words: thinking"),
    .init("escapes of a terminal", "printf '\\033[2Jboom\\n' >&2; exit 1", "its last words: \u{FFFD}[2Jboom"),
    .init("output closed", "exec >&-; sleep 1000", "closed its standard output"),
    .init(
      "garbage", "echo 'Traceback: all is lost'", "its reply is no JSON object", "Traceback: all is lost"),
    .init("binary garbage", #"printf '\033[2J\377\000\n'"#, "its reply is no JSON object"),
    .init("empty line", "echo", "an empty line"),
    .init("list", "echo '[1]'", "its reply is a list of 1; expected a JSON object"),
    .init("other id", #"echo '{"id":99999,"network":{}}'"#, "its reply has 'id' '99999'"),
    .init("no id", #"echo '{"network":{}}'"#, "its reply has no 'id'"),
    .init("two lines", #"printf '{"id":%s}\n{"id":%s}\n' $id $id"#, "what nobody asked for"),
    .init(
      "gigabyte of reply", "head -c 1073741824 /dev/zero | tr '\\0' a; echo",
      "its reply is longer than 16777216 bytes"),
    .init("no network", #"echo '{"id":'$id'}'"#, "its reply lacks the key 'network'"),
    .init(
      "cycle",
      network(
        #"{"name":"a","op":"relu","from":"b"},{"name":"b","op":"relu","from":"a"},{"op":"dense","units":4}"#),
      "layers read one another in a circle: a ← b ← a"),
    .init(
      "shapes that do not fit",
      network(
        #"{"name":"a","op":"dense","units":4},{"name":"b","op":"dense","units":5,"from":"a"},{"op":"add","from":["a","b"]}"#
      ), "its inputs have shapes [4] and [5]"),
    .init("unknown operation", network(#"{"op":"dens","units":4}"#), "did you mean 'dense'?"),
    .init("too few outputs", network(#"{"op":"dense","units":2}"#), "its network has 2 outputs; expected 4"),
    .init(
      "other input", #"echo '{"id":'$id',"network":{"input":[3],"layers":[{"op":"dense","units":4}]}}'"#,
      "its network has the input [3]; expected [12]"),
    .init(
      "flood of standard error",
      "head -c 5000000 /dev/zero | tr '\\0' x >&2; echo 'after the flood' >&2; exit 1", "after the flood"),
    .init(
      "fork that outlives it", "sleep 9973 & echo $! > \"${0%/*}/fork\"; echo 'gone' >&2; exit 1",
      "ended with exit code 1", "gone"),
    .init(
      "another answer the second time",
      "again=$((again+1)); " + network(#"{"op":"dense","units":'$again'},{"op":"dense","units":4}"#),
      "two different networks of the same choices"),
  ]
}
