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
    let numbers = arrays.reduce(0) { $0 + $1.values.count }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024 + numbers * Self.textBytesPerNumber)
    bytes += head(id: id).utf8
    for (index, array) in arrays.enumerated() {
      bytes += (index == 0 ? ",\"arrays\":{\"" : ",\"").utf8
      bytes += array.name.utf8
      bytes += "\":[".utf8
      for row in 0..<array.rows {
        bytes += (row == 0 ? "[" : ",[").utf8
        for column in 0..<array.columns {
          if column > 0 { bytes.append(UInt8(ascii: ",")) }
          let value = array.values[row * array.columns + column]
          // JSON has no infinities, which no finite kernel holds.
          bytes += (value.isFinite ? "\(value)" : "null").utf8
        }
        bytes.append(UInt8(ascii: "]"))
      }
      bytes.append(UInt8(ascii: "]"))
    }
    bytes += (arrays.isEmpty ? "}\n" : "}}\n").utf8
    return bytes
  }

  /// No `Double` has a longer text, the comma included.
  static let textBytesPerNumber = 25

  private func head(id: Int) -> String {
    var text = "{\"id\":\(id),\"call\":\"\(call)\""
    for member in members {
      text += ",\""
      text += member.key
      text += "\":"
      text += member.json
    }
    return text
  }
}
