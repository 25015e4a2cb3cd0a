import Datasets
import LinearAlgebra

extension TrainableNetwork {
  /// ‖∂²f/∂s²‖ along s, the direction in parameters in which gradient descent sets out, over samples and outputs: what
  /// Chizat, Oyallon and Bach's (2019) criterion of laziness asks of the second derivative, in the one direction that
  /// counts first. By a central difference over 10⁻⁴ of the parameters' norm, which sees kinks within that distance.
  ///
  /// - Parameters:
  ///   - inputs: n × numbers of one sample.
  ///   - targets: y, n × O.
  /// - Returns: nil where the gradient or the parameters are zero.
  public func curvatureAlongGradient(
    inputs: Matrix, targets: Matrix
  ) throws(NetworkTrainingError) -> Double? {
    let values = try forward(inputs)
    let outputs = values[network.output]
    let gradients = try gradients(values, try residual(inputs: inputs, targets: targets))
    func moved(by rate: Double) -> TrainableNetwork {
      var copy = self
      for (index, gradient) in gradients { copy.move(index, gradient, by: rate) }
      return copy
    }
    // A step at rate 1 is as long as the gradient.
    let length = moved(by: 1).distance(from: layers)
    let step = 1e-4 * initialNorm
    guard length > 0, length.isFinite, step > 0 else { return nil }
    let ahead = try moved(by: step / length).outputs(inputs)
    let behind = try moved(by: -step / length).outputs(inputs)
    let squares = outputs.values.indices.reduce(0.0) { sum, place in
      let second =
        (ahead.values[place] - outputs.values[place]) - (outputs.values[place] - behind.values[place])
      return sum + second * second
    }
    return squares.squareRoot() / (step * step)
  }

  /// The stored parameters as a weights file holds them (`stem.weight`), by the original network's names; 0 for arrays that
  /// a factor of zero switches off.
  public func parameterArrays() throws(DatasetError) -> [String: NumericArray] {
    var arrays: [String: NumericArray] = [:]
    for index in layers.keys.sorted() {
      guard let layer = layers[index] else { continue }
      for (suffix, dimensions) in shapes[index] ?? [] {
        let isWeight = suffix == "weight"
        let (values, factor) =
          isWeight ? (layer.weight, layer.weightFactor) : (layer.bias ?? [], layer.biasFactor)
        arrays["\(names[index]).\(suffix)"] = try NumericArray(
          shape: dimensions, values: values.map { factor == 0 ? 0 : $0 / factor })
      }
    }
    return arrays
  }
}
