/// A request as it goes to the program that holds a library: one line with the lengths of what follows, then the JSON,
/// then the numbers of the arrays as they lie in memory.
///
/// `<bytes of JSON> <name> <rows> <columns> <name> …`
enum HostedRequest {
  struct Head {
    let jsonBytes: Int
    let arrays: [(name: String, rows: Int, columns: Int)]
  }

  static func bytes(_ request: PluginRequest, id: Int) -> [UInt8] {
    let json = Array(request.json(id: id).utf8)
    let shapes = request.arrays.map { " \($0.name) \($0.rows) \($0.columns)" }.joined()
    var bytes = Array("\(json.count)\(shapes)\n".utf8)
    bytes += json
    for array in request.arrays { array.values.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    return bytes
  }

  /// Nil for a line that is none.
  static func head(_ line: String) -> Head? {
    let words = line.split(separator: " ")
    guard words.count % 3 == 1, let jsonBytes = Int(words[0]), jsonBytes > 0 else { return nil }
    var arrays: [(name: String, rows: Int, columns: Int)] = []
    for start in stride(from: 1, to: words.count, by: 3) {
      guard let rows = Int(words[start + 1]), let columns = Int(words[start + 2]), rows >= 0, columns >= 0,
        !rows.multipliedReportingOverflow(by: columns).overflow
      else { return nil }
      arrays.append((String(words[start]), rows, columns))
    }
    return Head(jsonBytes: jsonBytes, arrays: arrays)
  }
}
