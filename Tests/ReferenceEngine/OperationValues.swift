import NetworkGraph

extension ReferenceModel {
  /// The value of a node for one sample. Batch normalization, which may look at several samples, is not here.
  func value(of index: Int, _ inputs: [[Double]]) -> [Double] {
    let node = network.nodes[index]
    let shapes = node.inputs.map { network.nodes[$0].shape }
    let parameters = parameters(of: index)
    switch node.operation {
    case .input, .batchNormalization:
      preconditionFailure("\(node.name) is evaluated for the whole batch")
    case .dense(let layer):
      return denseValue(inputs[0], units: layer.units, parameters)
    case .convolution(let layer):
      return convolutionValue(layer, inputs[0], from: Maps(shapes[0]), to: Maps(node.shape), parameters)
    case .layerNormalization(let layer):
      return groupNormalized(inputs[0], shape: node.shape, groups: 1, epsilon: layer.epsilon, parameters)
    case .groupNormalization(let layer):
      return groupNormalized(
        inputs[0], shape: node.shape, groups: layer.groups, epsilon: layer.epsilon, parameters)
    case .activation(let activation):
      return inputs[0].map { activationValue(activation, $0) }
    case .averagePooling(let pool):
      return averagePoolingValue(pool, inputs[0], from: Maps(shapes[0]), to: Maps(node.shape))
    case .maxPooling(let pool):
      return maxPoolingValue(pool, inputs[0], from: Maps(shapes[0]), to: Maps(node.shape))
    case .globalAveragePooling:
      let maps = Maps(shapes[0])
      return (0..<maps.channels).map { channel in
        var sum = 0.0
        for row in 0..<maps.height {
          for column in 0..<maps.width { sum += inputs[0][maps.index(channel, row, column)] }
        }
        return sum / Double(maps.height * maps.width)
      }
    case .flatten, .identity:
      return inputs[0]
    case .add:
      return inputs[0].indices.map { place in inputs.reduce(0) { $0 + $1[place] } }
    case .multiply:
      return inputs[0].indices.map { place in inputs.reduce(1) { $0 * $1[place] } }
    case .scale(let factor):
      return inputs[0].map { factor * $0 }
    case .concatenate:
      return inputs.flatMap { $0 }
    case .zero:
      return [Double](repeating: 0, count: node.shape.elementCount)
    }
  }

  /// What a node's cotangent gives its inputs and its effective parameters, for one sample.
  func pullback(
    of index: Int, _ inputs: [[Double]], cotangent: [Double]
  ) -> (inputs: [[Double]], parameters: [String: [Double]]) {
    let node = network.nodes[index]
    let shapes = node.inputs.map { network.nodes[$0].shape }
    let parameters = parameters(of: index)
    switch node.operation {
    case .input, .batchNormalization:
      preconditionFailure("\(node.name) is differentiated for the whole batch")
    case .dense(let layer):
      return densePullback(inputs[0], units: layer.units, parameters, cotangent)
    case .convolution(let layer):
      return convolutionPullback(
        layer, inputs[0], from: Maps(shapes[0]), to: Maps(node.shape), parameters, cotangent)
    case .layerNormalization(let layer):
      return groupNormalizationPullback(
        inputs[0], shape: node.shape, groups: 1, epsilon: layer.epsilon, parameters, cotangent)
    case .groupNormalization(let layer):
      return groupNormalizationPullback(
        inputs[0], shape: node.shape, groups: layer.groups, epsilon: layer.epsilon, parameters, cotangent)
    case .activation(let activation):
      return ([zip(inputs[0], cotangent).map { activationDerivative(activation, $0) * $1 }], [:])
    case .averagePooling(let pool):
      return ([averagePoolingPullback(pool, from: Maps(shapes[0]), to: Maps(node.shape), cotangent)], [:])
    case .maxPooling(let pool):
      return (
        [maxPoolingPullback(pool, inputs[0], from: Maps(shapes[0]), to: Maps(node.shape), cotangent)], [:]
      )
    case .globalAveragePooling:
      let maps = Maps(shapes[0])
      var gradient = [Double](repeating: 0, count: inputs[0].count)
      for channel in 0..<maps.channels {
        for row in 0..<maps.height {
          for column in 0..<maps.width {
            gradient[maps.index(channel, row, column)] = cotangent[channel] / Double(maps.height * maps.width)
          }
        }
      }
      return ([gradient], [:])
    case .flatten, .identity:
      return ([cotangent], [:])
    case .add:
      return (inputs.map { _ in cotangent }, [:])
    case .multiply:
      let gradients = inputs.indices.map { factor in
        cotangent.indices.map { place in
          var product = cotangent[place]
          for other in inputs.indices where other != factor { product *= inputs[other][place] }
          return product
        }
      }
      return (gradients, [:])
    case .scale(let factor):
      return ([cotangent.map { factor * $0 }], [:])
    case .concatenate:
      var first = 0
      let gradients = inputs.map { input in
        defer { first += input.count }
        return Array(cotangent[first..<first + input.count])
      }
      return (gradients, [:])
    case .zero:
      return (inputs.map { [Double](repeating: 0, count: $0.count) }, [:])
    }
  }
}

/// Sizes of maps, and where a number stands among them.
struct Maps {
  let channels: Int
  let height: Int
  let width: Int

  /// A vector of features is a stack of 1 × 1 maps.
  init(_ shape: TensorShape) {
    switch shape {
    case .features(let count): (channels, height, width) = (count, 1, 1)
    case .maps(let channels, let height, let width):
      (self.channels, self.height, self.width) = (channels, height, width)
    }
  }

  var count: Int { channels * height * width }

  func index(_ channel: Int, _ row: Int, _ column: Int) -> Int { (channel * height + row) * width + column }
}
