import NetworkGraph

/// Derivatives of every output of every sample, rows in the order sample · outputs + output.
public struct ReferenceJacobian: Sendable {
  public let samples: Int
  public let outputs: Int
  /// By stored parameter array, in the network's order.
  public let parameters: [(name: String, role: ParameterArray.Role, rows: [[Double]])]
  /// [row][sample][element] of the input. Zero for other samples than the row's own, except in `batch` mode.
  public let inputs: [[[Double]]]
}

extension ReferenceModel {
  /// By reverse mode, one pass for each row.
  ///
  /// - Parameter values: what `forward` gave for the inputs.
  public func jacobian(_ values: Values) -> ReferenceJacobian {
    let samples = values.nodes[0].count
    let outputs = network.outputCount
    var rows: [Gradients] = []
    for sample in 0..<samples {
      for output in 0..<outputs {
        var cotangents = values.nodes[network.output].map { [Double](repeating: 0, count: $0.count) }
        cotangents[sample][output] = 1
        rows.append(gradients(values, cotangents: cotangents, sample: sample))
      }
    }
    let parameters = network.nodes.indices.flatMap { index in
      network.parameterArrays(at: index).filter(\.role.isTrainable).map { array in
        let name = Self.key(array, network.nodes[index])
        return (name: name, role: array.role, rows: rows.map { $0.parameters[name] ?? [] })
      }
    }
    return ReferenceJacobian(
      samples: samples, outputs: outputs, parameters: parameters, inputs: rows.map(\.inputs))
  }

  struct Gradients {
    /// By stored parameters.
    var parameters: [String: [Double]]
    /// [sample][element].
    var inputs: [[Double]]
  }

  private var couplesSamples: Bool {
    normalization == .batch
      && network.nodes.contains { if case .batchNormalization = $0.operation { true } else { false } }
  }

  /// Pulls cotangents of the output back to all parameters and inputs. Where samples are independent only `sample`
  /// is looked at: the others' cotangents are zero.
  private func gradients(_ values: Values, cotangents: [[Double]], sample: Int) -> Gradients {
    let live = couplesSamples ? Array(cotangents.indices) : [sample]
    var held = values.nodes.map { node in live.map { [Double](repeating: 0, count: node[$0].count) } }
    for (place, sample) in live.enumerated() { held[network.output][place] = cotangents[sample] }
    var effective: [String: [Double]] = [:]
    for (index, node) in network.nodes.enumerated().reversed() {
      let operands = node.inputs.map { input in live.map { values.nodes[input][$0] } }
      // Results per input and live sample, and per parameter array summed over samples.
      var byInput = node.inputs.map { _ in [[Double]]() }
      var byParameter: [String: [Double]] = [:]
      switch node.operation {
      case .input: continue
      case .batchNormalization where normalization == .removed:
        byInput = [held[index]]
      case .batchNormalization(let layer):
        let result =
          normalization == .batch
          ? coupledBatchNormalizationPullback(
            index, operands[0], epsilon: layer.epsilon, cotangents: held[index])
          : fixedBatchNormalizationPullback(
            index, operands[0], values.statistics[index] ?? .init(mean: [], variance: []),
            epsilon: layer.epsilon, cotangents: held[index])
        (byInput, byParameter) = ([result.inputs], result.parameters)
      default:
        for place in live.indices {
          let result = pullback(of: index, operands.map { $0[place] }, cotangent: held[index][place])
          for input in node.inputs.indices { byInput[input].append(result.inputs[input]) }
          byParameter.merge(result.parameters) { zip($0, $1).map(+) }
        }
      }
      for (input, source) in node.inputs.enumerated() {
        for place in live.indices {
          held[source][place] = zip(held[source][place], byInput[input][place]).map(+)
        }
      }
      for (suffix, gradient) in byParameter { effective["\(node.name).\(suffix)"] = gradient }
    }
    return Gradients(parameters: byStored(effective), inputs: inputGradients(held[0], live, values))
  }

  /// ∂f/∂stored = factor · ∂f/∂effective; zero for parameters that nothing reached.
  private func byStored(_ effective: [String: [Double]]) -> [String: [Double]] {
    var result: [String: [Double]] = [:]
    for (index, node) in network.nodes.enumerated() {
      for array in network.parameterArrays(at: index) where array.role.isTrainable {
        let name = Self.key(array, node)
        let factor = factor(of: array, at: index)
        result[name] =
          effective[name].map { $0.map { factor * $0 } } ?? [Double](repeating: 0, count: array.count)
      }
    }
    return result
  }

  private func inputGradients(_ held: [[Double]], _ live: [Int], _ values: Values) -> [[Double]] {
    var result = values.nodes[0].map { [Double](repeating: 0, count: $0.count) }
    for (place, sample) in live.enumerated() { result[sample] = held[place] }
    return result
  }
}
