/// One attribute of an operation: its key and value in a network file.
struct OperationAttribute {
  enum Value: Hashable {
    case integer(Int)
    case integers([Int])
    case real(Double)
    case boolean(Bool)
    case text(String)
    /// A number that was not given.
    case absent
  }

  let key: String
  let value: Value
  /// Left out of files when equal to this.
  let defaultValue: Value?

  init(_ key: String, _ value: Value, default defaultValue: Value? = nil) {
    self.key = key
    self.value = value
    self.defaultValue = defaultValue
  }
}
