extension NetworkFile {
  /// The network as YAML, one layer a line; reading it gives this value back.
  public func yaml() -> String {
    var text = "input: \(network.inputShape)\n"
    if let parameterization { text += "parameterization: \(parameterization.rawValue)\n" }
    text += network.nodes.count > 1 ? "layers:\n" : "layers: []\n"
    for index in network.nodes.indices.dropFirst() {
      text += "  - {"
      writeFields(of: index, in: .yaml, to: &text)
      text += "}\n"
    }
    if let writtenOutput {
      text += "output: "
      TextStyle.yaml.write(quoted: writtenOutput, to: &text)
      text += "\n"
    }
    return text
  }

  /// The same as JSON.
  public func json() -> String {
    var text = "{\n  \"input\": "
    text.reserveCapacity(128 + 96 * network.nodes.count)
    text += network.inputShape.description
    if let parameterization { text += ",\n  \"parameterization\": \"\(parameterization.rawValue)\"" }
    text += ",\n  \"layers\": ["
    for index in network.nodes.indices.dropFirst() {
      text += index == 1 ? "\n    {" : ",\n    {"
      writeFields(of: index, in: .json, to: &text)
      text += "}"
    }
    text += network.nodes.count > 1 ? "\n  ]" : "]"
    if let writtenOutput {
      text += ",\n  \"output\": "
      TextStyle.json.write(quoted: writtenOutput, to: &text)
    }
    text += "\n}\n"
    return text
  }

  /// Nil when the last layer is the output.
  private var writtenOutput: String? {
    network.output == network.nodes.count - 1 && network.output > 0 ? nil : network.nodes[network.output].name
  }

  private func writeFields(of index: Int, in style: TextStyle, to text: inout String) {
    let node = network.nodes[index]
    let rule = node.operation.rule
    text += style == .json ? "\"name\": " : "name: "
    style.write(quoted: node.name, to: &text)
    text += style == .json ? ", \"op\": " : ", op: "
    style.write(quoted: rule.name, to: &text)
    for attribute in rule.attributes where attribute.value != attribute.defaultValue {
      // A number that was not given is left out.
      if case .absent = attribute.value { continue }
      text += ", "
      style.write(key: attribute.key, to: &text)
      style.write(attribute.value, to: &text)
    }
    if node.inputs.isEmpty {
      text += ", "
      style.write(key: "shape", to: &text)
      text += node.shape.description
    } else if node.inputs != [index - 1] {
      text += ", "
      style.write(key: "from", to: &text)
      if node.inputs.count > 1 { text += "[" }
      for (place, input) in node.inputs.enumerated() {
        if place > 0 { text += ", " }
        style.write(quoted: network.nodes[input].name, to: &text)
      }
      if node.inputs.count > 1 { text += "]" }
    }
  }
}

/// What differs between YAML's flow mappings and JSON. Everything is appended in place: a family makes thousands of
/// files a second.
private enum TextStyle {
  case yaml, json

  func write(key: String, to text: inout String) {
    if self == .json { text += "\"" }
    text += key
    text += self == .json ? "\": " : ": "
  }

  /// JSON's quoting, which YAML reads too; YAML leaves out quotes where nothing can be misread.
  func write(quoted value: String, to text: inout String) {
    if self == .yaml, isPlain(value) {
      text += value
      return
    }
    text += "\""
    if value.utf8.allSatisfy({ $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      text += value
    } else {
      for scalar in value.unicodeScalars {
        if scalar == "\"" || scalar == "\\" { text += "\\" }
        text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
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

  /// Swift writes the shortest decimal that reads back to the same bits.
  func write(_ value: OperationAttribute.Value, to text: inout String) {
    switch value {
    case .integer(let value): text += String(value)
    case .integers(let values): text += "[" + values.map(String.init).joined(separator: ", ") + "]"
    case .real(let value): text += "\(value)"
    case .boolean(let value): text += value ? "true" : "false"
    case .text(let value): write(quoted: value, to: &text)
    case .absent: break
    }
  }
}
