import Foundation

/// A value of a theory case: JSON, read by name so that a missing or misshaped part says where it was expected.
package enum TheoryValue: Sendable {
  case number(Double)
  case boolean(Bool)
  case text(String)
  case array([TheoryValue])
  case object([String: TheoryValue])
  case null
}

/// A part of a case that is not there or not of the kind asked for.
package struct TheoryCaseError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension TheoryValue {
  /// The value of a key of an object.
  package func value(_ key: String) throws -> TheoryValue {
    guard case .object(let members) = self, let value = members[key] else {
      throw TheoryCaseError("there is no '\(key)' in \(summary)")
    }
    return value
  }

  /// Nil when the object has no such key.
  package func valueIfPresent(_ key: String) -> TheoryValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  package subscript(key: String) -> TheoryValue {
    get throws { try value(key) }
  }

  /// The members of an object, by key in ascending order.
  package var members: [(key: String, value: TheoryValue)] {
    get throws {
      guard case .object(let members) = self else { throw TheoryCaseError("\(summary) is no object") }
      return members.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    }
  }

  package var array: [TheoryValue] {
    get throws {
      guard case .array(let values) = self else { throw TheoryCaseError("\(summary) is no array") }
      return values
    }
  }

  /// `inf`, `-inf` and `nan`, which JSON has no numbers for, are read from text.
  package var number: Double {
    get throws {
      switch self {
      case .number(let value): return value
      case .text(let text):
        if let value = Double(text) { return value }
      default: break
      }
      throw TheoryCaseError("\(summary) is no number")
    }
  }

  package var integer: Int {
    get throws {
      guard let value = Int(exactly: try number) else { throw TheoryCaseError("\(summary) is no integer") }
      return value
    }
  }

  package var boolean: Bool {
    get throws {
      guard case .boolean(let value) = self else {
        throw TheoryCaseError("\(summary) is neither true nor false")
      }
      return value
    }
  }

  package var text: String {
    get throws {
      guard case .text(let value) = self else { throw TheoryCaseError("\(summary) is no text") }
      return value
    }
  }

  /// All numbers of nested arrays, row-major.
  package var numbers: [Double] {
    get throws {
      if case .array(let values) = self { return try values.flatMap { try $0.numbers } }
      return [try number]
    }
  }

  /// The rows of a matrix.
  package var rows: [[Double]] {
    get throws { try array.map { try $0.numbers } }
  }

  package var texts: [String] {
    get throws { try array.map { try $0.text } }
  }

  private var summary: String {
    let text = "\(self)"
    return text.count > 120 ? "\(text.prefix(120))…" : text
  }
}

extension TheoryValue: Decodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([TheoryValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: TheoryValue].self))
    }
  }
}
