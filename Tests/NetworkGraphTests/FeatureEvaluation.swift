import NetworkGraph

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The value of a network of features for one input, with the parameters of each node drawn from its name: an obvious
/// evaluation to compare a network with its canonical form.
///
/// - Parameter key: the name that decides a node's parameters.
func evaluate(_ network: Network, _ input: [Double], key: (Int) -> String) -> [Double] {
  var values: [[Double]] = []
  for (index, node) in network.nodes.enumerated() {
    let inputs = node.inputs.map { values[$0] }
    let width = node.shape.elementCount
    switch node.operation {
    case .input: values.append(input)
    case .dense(let dense):
      var generator = SplitMix64(seed: key(index).utf8.reduce(17) { $0 &* 1_000_003 &+ UInt64($1) })
      var result: [Double] = []
      for _ in 0..<width {
        let weights = inputs[0].map { _ in Double.random(in: -1...1, using: &generator) }
        let bias = Double.random(in: -1...1, using: &generator)
        let sum = zip(weights, inputs[0]).map(*).reduce(0, +) * dense.scaling.weightScale
        result.append(sum + (dense.bias ? bias * dense.scaling.biasScale : 0))
      }
      values.append(result)
    case .activation(let activation): values.append(inputs[0].map { apply(activation, $0) })
    case .add: values.append((0..<width).map { i in inputs.map { $0[i] }.reduce(0, +) })
    case .multiply: values.append((0..<width).map { i in inputs.map { $0[i] }.reduce(1, *) })
    case .scale(let factor): values.append(inputs[0].map { $0 * factor })
    case .concatenate: values.append(inputs.flatMap(\.self))
    case .zero: values.append([Double](repeating: 0, count: width))
    case .identity, .flatten: values.append(inputs[0])
    default: preconditionFailure("\(node.operation.name) is not an operation of features")
    }
  }
  return values[network.output]
}

private func apply(_ activation: Activation, _ x: Double) -> Double {
  switch activation {
  case .relu: max(x, 0)
  case .leakyRelu(let slope): x > 0 ? x : slope * x
  case .tanh: tanh(x)
  case .sigmoid: 1 / (1 + exp(-x))
  case .abs: abs(x)
  default: preconditionFailure("\(activation.name) is not evaluated here")
  }
}
