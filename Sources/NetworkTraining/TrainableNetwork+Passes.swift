import GaussianDuals
import LinearAlgebra
import NetworkGraph
import TangentKernel

/// Gradients by a layer's effective parameters.
struct LayerGradient {
  var weight: [Double]
  var bias: [Double]
}

/// The forward pass of every operation, and its transpose.
extension TrainableNetwork {
  func forward(_ inputs: Matrix) throws(NetworkTrainingError) -> [Matrix] {
    guard inputs.columns == network.inputShape.elementCount else {
      throw .shapeMismatch(
        "inputs of \(inputs.shape); expected \(network.inputShape.elementCount) numbers each")
    }
    var values: [Matrix] = []
    values.reserveCapacity(network.nodes.count)
    for (index, node) in network.nodes.enumerated() {
      let operands = node.inputs.map { values[$0] }
      values.append(index == 0 ? inputs : value(index, node, operands, samples: inputs.rows))
    }
    return values
  }

  private func value(_ index: Int, _ node: Node, _ operands: [Matrix], samples: Int) -> Matrix {
    switch node.operation {
    case .dense:
      guard let layer = layers[index] else { return operands[0] }
      return affine(operands[0], layer)
    case .convolution(let convolution):
      guard let layer = layers[index], let map = patches[index] else { return operands[0] }
      return convolved(operands[0], convolution, layer, map)
    case .activation(let activation):
      var result = operands[0]
      for place in result.values.indices {
        result.values[place] = activation.derivatives(at: result.values[place]).value
      }
      return result
    case .add: return operands.dropFirst().reduce(operands[0]) { sum, next in elementwise(sum, next, +) }
    case .multiply: return operands.dropFirst().reduce(operands[0]) { sum, next in elementwise(sum, next, *) }
    case .scale(let factor):
      return Matrix(rows: samples, columns: operands[0].columns) { factor * operands[0][$0, $1] }
    case .concatenate:
      let values = (0..<samples).flatMap { row in
        operands.flatMap { $0.values[row * $0.columns..<(row + 1) * $0.columns] }
      }
      return Matrix(rows: samples, values: values)
    case .averagePooling(let pooling):
      return pooled(operands[0], node.shape.channels, pooling, patches[index])
    case .globalAveragePooling:
      let channels = node.shape.elementCount
      let positions = operands[0].columns / channels
      return Matrix(rows: samples, columns: channels) { row, channel in
        (0..<positions).reduce(0) { $0 + operands[0][row, channel * positions + $1] } / Double(positions)
      }
    case .zero: return .zeros(samples, node.shape.elementCount)
    default: return operands[0]
    }
  }

  /// Of ½Σr², by every layer's effective parameters.
  func gradients(
    _ values: [Matrix], _ residual: Matrix
  ) throws(NetworkTrainingError) -> [(Int, LayerGradient)] {
    var pending = [Matrix?](repeating: nil, count: values.count)
    pending[network.output] = residual
    var result: [(Int, LayerGradient)] = []
    func add(_ gradient: Matrix, to index: Int) {
      pending[index] = pending[index].map { elementwise($0, gradient, +) } ?? gradient
    }
    for (index, node) in network.nodes.enumerated().reversed() where index > 0 {
      guard let gradient = pending[index] else { continue }
      pending[index] = nil
      let operands = node.inputs.map { values[$0] }
      let wantsInput = node.inputs.first.map { $0 > 0 } ?? false
      switch node.operation {
      case .dense:
        guard let layer = layers[index] else { continue }
        result.append((index, denseGradient(operands[0], gradient, layer)))
        if wantsInput { add(product(gradient, layer.weight, inner: operands[0].columns), to: node.inputs[0]) }
      case .convolution(let convolution):
        guard let layer = layers[index], let map = patches[index] else { continue }
        let (own, input) = convolutionGradient(operands[0], gradient, convolution, layer, map)
        result.append((index, own))
        if wantsInput { add(input, to: node.inputs[0]) }
      case .activation(let activation):
        add(
          elementwise(operands[0], gradient) { activation.derivatives(at: $0).first * $1 }, to: node.inputs[0]
        )
      case .add: for input in node.inputs { add(gradient, to: input) }
      case .multiply:
        for (place, input) in node.inputs.enumerated() {
          let others = operands.indices.filter { $0 != place }
          add(others.reduce(gradient) { elementwise($0, operands[$1], *) }, to: input)
        }
      case .scale(let factor):
        add(
          Matrix(rows: gradient.rows, columns: gradient.columns) { factor * gradient[$0, $1] },
          to: node.inputs[0])
      case .concatenate:
        var start = 0
        for (operand, input) in zip(operands, node.inputs) {
          let first = start
          add(Matrix(rows: gradient.rows, columns: operand.columns) { gradient[$0, first + $1] }, to: input)
          start += operand.columns
        }
      case .averagePooling(let pooling):
        add(
          poolingGradient(operands[0], gradient, node.shape.channels, pooling, patches[index]),
          to: node.inputs[0])
      case .globalAveragePooling:
        let positions = operands[0].columns / gradient.columns
        add(
          Matrix(rows: gradient.rows, columns: operands[0].columns) {
            gradient[$0, $1 / positions] / Double(positions)
          }, to: node.inputs[0])
      case .zero: continue
      default: add(gradient, to: node.inputs[0])
      }
    }
    return result
  }

  // MARK: Dense

  private func affine(_ input: Matrix, _ layer: EffectiveParameters) -> Matrix {
    let units = layer.weight.count / max(1, input.columns)
    var result = multiplied(input, Matrix(rows: units, values: layer.weight), transposed: true)
    if let bias = layer.bias {
      for row in 0..<result.rows { for unit in 0..<units { result[row, unit] += bias[unit] } }
    }
    return result
  }

  private func denseGradient(_ input: Matrix, _ gradient: Matrix, _ layer: EffectiveParameters)
    -> LayerGradient
  {
    LayerGradient(weight: multiplied(gradient.transposed, input).values, bias: columnSums(gradient))
  }

  private func product(_ gradient: Matrix, _ weight: [Double], inner: Int) -> Matrix {
    multiplied(gradient, Matrix(rows: gradient.columns, values: weight))
  }

  // MARK: Convolution

  /// [sample · output position][channel of the group · kernel position].
  private func columns(_ input: Matrix, _ channels: Range<Int>, _ map: PatchMap) -> Matrix {
    let width = channels.count * map.kernelSize
    var values = [Double](repeating: 0, count: input.rows * map.outputPositions * width)
    for sample in 0..<input.rows {
      for position in 0..<map.outputPositions {
        let target = (sample * map.outputPositions + position) * width
        for (place, channel) in channels.enumerated() {
          let source = sample * input.columns + channel * map.inputPositions
          for k in 0..<map.kernelSize {
            let from = map.sources[position * map.kernelSize + k]
            if from >= 0 { values[target + place * map.kernelSize + k] = input.values[source + from] }
          }
        }
      }
    }
    return Matrix(rows: input.rows * map.outputPositions, values: values)
  }

  private func groupWeight(_ group: Int, _ convolution: Convolution, _ layer: EffectiveParameters) -> Matrix {
    let filters = convolution.filters / convolution.groups
    let size = layer.weight.count / convolution.groups
    return Matrix(rows: filters, values: Array(layer.weight[group * size..<(group + 1) * size]))
  }

  private func convolved(
    _ input: Matrix, _ convolution: Convolution, _ layer: EffectiveParameters, _ map: PatchMap
  ) -> Matrix {
    let channels = input.columns / map.inputPositions / convolution.groups
    let filters = convolution.filters / convolution.groups
    var result = Matrix.zeros(input.rows, convolution.filters * map.outputPositions)
    for group in 0..<convolution.groups {
      let patches = columns(input, group * channels..<(group + 1) * channels, map)
      let product = multiplied(patches, groupWeight(group, convolution, layer), transposed: true)
      for row in 0..<product.rows {
        let (sample, position) = row.quotientAndRemainder(dividingBy: map.outputPositions)
        for filter in 0..<filters {
          let target = group * filters + filter
          result[sample, target * map.outputPositions + position] =
            product[row, filter] + (layer.bias?[target] ?? 0)
        }
      }
    }
    return result
  }

  private func convolutionGradient(
    _ input: Matrix, _ gradient: Matrix, _ convolution: Convolution, _ layer: EffectiveParameters,
    _ map: PatchMap
  ) -> (LayerGradient, Matrix) {
    let channels = input.columns / map.inputPositions / convolution.groups
    let filters = convolution.filters / convolution.groups
    var (weight, bias) = ([Double](), [Double]())
    var result = Matrix.zeros(input.rows, input.columns)
    for group in 0..<convolution.groups {
      let patches = columns(input, group * channels..<(group + 1) * channels, map)
      let own = Matrix(rows: patches.rows, columns: filters) { row, filter in
        let (sample, position) = row.quotientAndRemainder(dividingBy: map.outputPositions)
        return gradient[sample, (group * filters + filter) * map.outputPositions + position]
      }
      weight += multiplied(own.transposed, patches).values
      bias += columnSums(own)
      let back = multiplied(own, groupWeight(group, convolution, layer))
      for row in 0..<back.rows {
        let (sample, position) = row.quotientAndRemainder(dividingBy: map.outputPositions)
        for place in 0..<back.columns {
          let (channel, k) = place.quotientAndRemainder(dividingBy: map.kernelSize)
          let from = map.sources[position * map.kernelSize + k]
          guard from >= 0 else { continue }
          result[sample, (group * channels + channel) * map.inputPositions + from] += back[row, place]
        }
      }
    }
    return (LayerGradient(weight: weight, bias: bias), result)
  }

  // MARK: Average pooling

  /// Of each output position: what it reads, and the share of each.
  private func windows(_ pooling: Pooling, _ map: PatchMap) -> [(sources: [Int], share: Double)] {
    (0..<map.outputPositions).map { position in
      let all = map.sources[position * map.kernelSize..<(position + 1) * map.kernelSize]
      let inside = all.filter { $0 >= 0 }
      return (inside, 1 / Double(pooling.countsPadding ? all.count : max(1, inside.count)))
    }
  }

  private func pooled(_ input: Matrix, _ channels: Int, _ pooling: Pooling, _ map: PatchMap?) -> Matrix {
    guard let map else { return input }
    let windows = windows(pooling, map)
    return Matrix(rows: input.rows, columns: channels * map.outputPositions) { row, column in
      let (channel, position) = column.quotientAndRemainder(dividingBy: map.outputPositions)
      return windows[position].sources.reduce(0) { $0 + input[row, channel * map.inputPositions + $1] }
        * windows[position].share
    }
  }

  private func poolingGradient(
    _ input: Matrix, _ gradient: Matrix, _ channels: Int, _ pooling: Pooling, _ map: PatchMap?
  ) -> Matrix {
    guard let map else { return gradient }
    var result = Matrix.zeros(input.rows, input.columns)
    for (position, window) in windows(pooling, map).enumerated() {
      for row in 0..<input.rows {
        for channel in 0..<channels {
          let share = gradient[row, channel * map.outputPositions + position] * window.share
          for source in window.sources { result[row, channel * map.inputPositions + source] += share }
        }
      }
    }
    return result
  }

  // MARK: Matrices

  private func elementwise(
    _ a: Matrix, _ b: Matrix, _ operation: (Double, Double) -> Double
  ) -> Matrix {
    var result = a
    for place in result.values.indices { result.values[place] = operation(a.values[place], b.values[place]) }
    return result
  }

  private func columnSums(_ matrix: Matrix) -> [Double] {
    var sums = [Double](repeating: 0, count: matrix.columns)
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns { sums[column] += matrix[row, column] }
    }
    return sums
  }

  /// Shapes agree by construction, so that there is nothing to throw.
  private func multiplied(_ a: Matrix, _ b: Matrix, transposed: Bool = false) -> Matrix {
    let product = transposed ? try? a.multiplied(byTransposeOf: b) : try? a.multiplied(by: b)
    return product ?? .zeros(a.rows, transposed ? b.rows : b.columns)
  }
}

extension Matrix {
  /// Rows of equal length, one after the other.
  fileprivate init(rows: Int, values: [Double]) {
    let columns = rows > 0 ? values.count / rows : 0
    // The product of the sizes is the count, unless there is nothing at all.
    self = (try? Matrix(rows: rows, columns: columns, values: values)) ?? .zeros(rows, columns)
  }
}
