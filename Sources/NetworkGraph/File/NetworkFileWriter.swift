extension NetworkFile {
  /// The network as YAML, one layer a line; reading it gives this value back.
  public func yaml() -> String {
    var lines = ["input: \(network.inputShape)"]
    if let parameterization { lines.append("parameterization: \(parameterization.rawValue)") }
    let layers = network.nodes.indices.dropFirst().map { "  - {\(fields(of: $0, in: .yaml))}" }
    lines += layers.isEmpty ? ["layers: []"] : ["layers:"] + layers
    if let output = writtenOutput { lines.append("output: \(TextStyle.yaml.quoted(output))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as JSON.
  public func json() -> String {
    var entries = ["  \"input\": \(network.inputShape)"]
    if let parameterization { entries.append("  \"parameterization\": \"\(parameterization.rawValue)\"") }
    let layers = network.nodes.indices.dropFirst().map { "    {\(fields(of: $0, in: .json))}" }
    entries.append("  \"layers\": [" + (layers.isEmpty ? "]" : "\n\(layers.joined(separator: ",\n"))\n  ]"))
    if let output = writtenOutput { entries.append("  \"output\": \(TextStyle.json.quoted(output))") }
    return "{\n\(entries.joined(separator: ",\n"))\n}\n"
  }

  /// Nil when the last layer is the output.
  private var writtenOutput: String? {
    network.output == network.nodes.count - 1 && network.output > 0 ? nil : network.nodes[network.output].name
  }

  private func fields(of index: Int, in style: TextStyle) -> String {
    let node = network.nodes[index]
    var fields = [("name", style.quoted(node.name)), ("op", style.quoted(node.operation.name))]
    for attribute in node.operation.rule.attributes where attribute.value != attribute.defaultValue {
      if let text = style.text(of: attribute.value) { fields.append((attribute.key, text)) }
    }
    if node.inputs.isEmpty {
      fields.append(("shape", node.shape.description))
    } else if node.inputs != [index - 1] {
      let names = node.inputs.map { style.quoted(network.nodes[$0].name) }
      fields.append(("from", names.count == 1 ? names[0] : "[\(names.joined(separator: ", "))]"))
    }
    return fields.map { "\(style.key($0.0)): \($0.1)" }.joined(separator: ", ")
  }
}

/// What differs between YAML's flow mappings and JSON.
private enum TextStyle {
  case yaml, json

  func key(_ key: String) -> String { self == .yaml ? key : "\"\(key)\"" }

  /// JSON's quoting, which YAML reads too; YAML leaves out quotes where nothing can be misread.
  func quoted(_ text: String) -> String {
    if self == .yaml, isPlain(text) { return text }
    if text.utf8.allSatisfy({ $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) { return "\"\(text)\"" }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A word that no YAML reader takes for a number, a boolean or null.
  private func isPlain(_ text: String) -> Bool {
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
    guard let first = text.utf8.first, !reserved.contains(text.lowercased()) else { return false }
    let isLetter = { (byte: UInt8) in (0x61...0x7a).contains(byte | 0x20) }
    return (isLetter(first) || first == 0x5f)
      && text.utf8.allSatisfy {
        isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 == 0x2d || $0 == 0x2e
      }
  }

  /// Nil for a number that was not given. Swift writes the shortest decimal that reads back to the same bits.
  func text(of value: OperationAttribute.Value) -> String? {
    switch value {
    case .integer(let value): "\(value)"
    case .integers(let values): "[" + values.map(String.init).joined(separator: ", ") + "]"
    case .real(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .text(let text): quoted(text)
    case .absent: nil
    }
  }
}
