import ArchitecturePlugins

extension ParameterValue {
  /// Nil for what is no number.
  var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .boolean, .text, .list: nil
    }
  }
}
