import YAMLDocuments

/// What one layer's `op` and attributes say it is.
enum LayerKind {
  case operation(Operation)
  /// `zero` with a shape of its own, which reads nothing.
  case constantZero(TensorShape)
  /// `op: input`: another name for the network's input.
  case input
}

extension Operation {
  /// Every name that `op:` may have, in the order in which documentation lists them.
  public static let names =
    ["input", "dense", "conv2d", "batch_norm", "layer_norm", "group_norm"] + Activation.all.map(\.name) + [
      "identity", "average_pool", "max_pool", "global_average_pool", "flatten", "add", "multiply", "scale",
      "concatenate", "zero",
    ]

  fileprivate static let knownNames = Set(names)
}

extension LayerReader {
  /// Reads the operation and its attributes. Nil, with a report, when they are wrong or `op` is missing.
  ///
  /// - Parameter inputCount: how many nodes `from` names, on which the meaning of `multiply` depends.
  func kind(inputCount: Int) -> LayerKind? {
    guard let node = mapping.required("op") else { return nil }
    guard let name = node.text, Operation.knownNames.contains(name) else {
      let suggestion = mapping.collector.suggestion(for: node.text, among: Operation.names)
      let expected = suggestion == nil ? "; expected one of \(Operation.names.joined(separator: ", "))" : ""
      let written = node.text == nil ? node.shown : "'\(node.shortText)'"
      report("unknown operation \(written)\(expected)", at: node, suggestion: suggestion)
      return nil
    }
    let kind = kind(named: name, inputCount: inputCount)
    mapping.finish()
    return kind
  }

  private func kind(named name: String, inputCount: Int) -> LayerKind? {
    switch name {
    case "input": return .input
    case "dense": return Dense(reading: self).map { .operation(.dense($0)) }
    case "conv2d": return Convolution(reading: self).map { .operation(.convolution($0)) }
    case "batch_norm": return .operation(.batchNormalization(.init(reading: self)))
    case "layer_norm": return .operation(.layerNormalization(.init(reading: self)))
    case "group_norm": return GroupNormalization(reading: self).map { .operation(.groupNormalization($0)) }
    case "average_pool":
      return Pooling(reading: self, isMaximum: false).map { .operation(.averagePooling($0)) }
    case "max_pool": return Pooling(reading: self, isMaximum: true).map { .operation(.maxPooling($0)) }
    case "global_average_pool": return .operation(.globalAveragePooling)
    case "flatten": return .operation(.flatten)
    case "add": return .operation(.add)
    case "multiply": return multiplication(inputCount: inputCount)
    case "scale":
      return mapping.required("factor") == nil ? nil : real("factor").map { .operation(.scale($0)) }
    case "concatenate": return .operation(.concatenate)
    case "zero":
      guard let node = mapping.value("shape") else { return .operation(.zero) }
      return shape(node, "shape").map { .constantZero($0) }
    case "identity": return .operation(.identity)
    default: return Activation(name: name, reading: self).map { .operation(.activation($0)) }
    }
  }

  /// With `factor` the same as `scale`; otherwise the product of its inputs.
  private func multiplication(inputCount: Int) -> LayerKind? {
    guard let factor = mapping.value("factor") else {
      if inputCount >= 2 { return .operation(.multiply) }
      report("multiply reads one node; expected two or more in 'from', or a 'factor'", at: mapping.node)
      return nil
    }
    guard inputCount == 1 else {
      report("multiply has a factor and \(inputCount) inputs; expected one input beside a factor", at: factor)
      return nil
    }
    return real("factor").map { .operation(.scale($0)) }
  }
}
