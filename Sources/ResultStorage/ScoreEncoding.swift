import Foundation
import GRDB
import Trainability

/// How the values of a score stand in the columns that `scores` and `conflicts` share.
enum ScoreEncoding {
  static func json(_ metrics: [String: Double]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(metrics), as: UTF8.self)
  }

  /// Float64, little-endian, one after the other.
  static func blob(_ eigenvalues: [Double]?) -> Data? {
    guard let eigenvalues else { return nil }
    var data = Data(capacity: eigenvalues.count * 8)
    for value in eigenvalues {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    return data
  }

  /// The values of the shared columns, in the order of `columns`.
  static func arguments(_ score: ScoreRecord) throws -> StatementArguments {
    [
      score.outcome.rawValue, score.message, try json(score.metrics), blob(score.eigenvalues), score.seconds,
      score.engineVersion, score.created,
    ]
  }

  static let columns = "outcome, message, metrics, eigenvalues, seconds, engine_version, created"

  /// A score from a row with the shared columns.
  static func score(_ row: Row, key: ScoreKey, identityJSON: String, path: String) throws -> ScoreRecord {
    let text = try row.stored(String.self, "outcome", in: path)
    guard let outcome = Outcome(rawValue: text) else {
      throw StoreError.corrupt(
        path: path, reason: "a score has the outcome '\(text)', which this version does not know")
    }
    let metrics = try row.stored(String.self, "metrics", in: path)
    guard let values = NumberObject.read(metrics) else {
      throw StoreError.corrupt(path: path, reason: "the metrics of a score are not a JSON object of numbers")
    }
    return ScoreRecord(
      key: key, identityJSON: identityJSON, outcome: outcome,
      message: try row.storedIfPresent(String.self, "message", in: path), metrics: values,
      eigenvalues: eigenvalues(try row.storedIfPresent(Data.self, "eigenvalues", in: path)),
      seconds: try row.stored(Double.self, "seconds", in: path),
      engineVersion: try row.stored(String.self, "engine_version", in: path),
      created: try row.stored(Date.self, "created", in: path))
  }

  private static func eigenvalues(_ data: Data?) -> [Double]? {
    data.map { data in
      data.withUnsafeBytes { bytes in
        (0..<bytes.count / 8).map {
          Double(
            bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
        }
      }
    }
  }
}

/// GRDB's subscripts stop the process when a value does not convert; a damaged file is worth an error only.
extension Row {
  func stored<Value: DatabaseValueConvertible>(
    _: Value.Type, _ column: String, in path: String
  ) throws -> Value {
    let present: (any DatabaseValueConvertible)? = self[column]
    guard let value = Value.fromDatabaseValue(present?.databaseValue ?? .null) else {
      throw StoreError.corrupt(path: path, reason: "a row holds no valid '\(column)'")
    }
    return value
  }

  /// Nil for NULL.
  func storedIfPresent<Value: DatabaseValueConvertible>(
    _ type: Value.Type, _ column: String, in path: String
  ) throws -> Value? {
    let value: (any DatabaseValueConvertible)? = self[column]
    return value == nil ? nil : try stored(type, column, in: path)
  }
}
