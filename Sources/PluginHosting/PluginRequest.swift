/// A matrix that belongs to a request.
public struct PluginArray: Hashable, Sendable {
  /// `tangent_kernel`.
  public let name: String
  /// Of the matrix.
  public let rows: Int
  /// Of the matrix.
  public let columns: Int
  /// Row by row: `rows` · `columns` numbers.
  public let values: [Double]

  /// - Parameter values: row by row, `rows` · `columns` of them.
  public init(name: String, rows: Int, columns: Int, values: [Double]) {
    self.name = name
    self.rows = rows
    self.columns = columns
    self.values = values
  }
}

/// One call of a plugin.
public struct PluginRequest: Sendable {
  /// `describe`, `make` or `measure`.
  public let call: String
  /// Further members of the request, values in JSON.
  public let members: [(key: String, json: String)]
  /// Matrices that go with it.
  public let arrays: [PluginArray]
  /// In place of all that: what no plugin understands.
  private let malformed: String?

  /// A request that breaks the protocol, to see how the plugin takes it: one line.
  public init(malformed text: String) {
    (call, members, arrays, malformed) = ("", [], [], text)
  }

  /// Whether the reply can name the request.
  var isMalformed: Bool { malformed != nil }

  /// - Parameters:
  ///   - call: `describe`, `make` or `measure`.
  ///   - members: further ones, values in JSON.
  ///   - arrays: matrices that go with it.
  public init(_ call: String, _ members: [(key: String, json: String)] = [], arrays: [PluginArray] = []) {
    self.call = call
    self.members = members
    self.arrays = arrays
    malformed = nil
  }

  /// `{"id":1,"call":"make",…}`, without the arrays.
  func json(id: Int) -> String { malformed ?? head(id: id) + "}" }

  /// The same on one line with the arrays in it, as lists of rows.
  func line(id: Int) -> [UInt8] {
    if let malformed { return Array((malformed + "\n").utf8) }
    var text = head(id: id)
    if !arrays.isEmpty {
      text += ",\"arrays\":{"
      for (index, array) in arrays.enumerated() {
        text += "\(index == 0 ? "" : ",")\"\(array.name)\":["
        for row in 0..<array.rows {
          let values = array.values[row * array.columns..<(row + 1) * array.columns]
          text += row == 0 ? "[" : ",["
          // JSON has no infinities, which no finite kernel holds.
          text += values.lazy.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",") + "]"
        }
        text += "]"
      }
      text += "}"
    }
    return Array((text + "}\n").utf8)
  }

  private func head(id: Int) -> String {
    members.reduce(into: "{\"id\":\(id),\"call\":\"\(call)\"") { $0 += ",\"\($1.key)\":\($1.json)" }
  }
}
