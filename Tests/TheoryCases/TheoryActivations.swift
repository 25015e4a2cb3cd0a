import NetworkGraph

extension TheoryValue {
  /// `relu`, `leaky_relu:0.2`, …; `identity` is a leaky ReLU of slope 1.
  package var activation: Activation {
    get throws { try Activation(theoryName: try text) }
  }
}

extension Activation {
  /// A name of network files, with a slope after a colon where there is one.
  package init(theoryName name: String) throws {
    let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
    if name == "identity" {
      self = .leakyRelu(slope: 1)
    } else if parts.first == "leaky_relu", parts.count == 2, let slope = Double(parts[1]) {
      self = .leakyRelu(slope: slope)
    } else if let activation = Activation(name: name) {
      self = activation
    } else {
      throw TheoryCaseError("there is no activation '\(name)'")
    }
  }
}
