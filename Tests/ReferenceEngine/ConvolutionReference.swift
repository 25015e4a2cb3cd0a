import NetworkGraph

// y[o][r][c] = b[o] + Σ_s Σ_kr Σ_kc W[o][s][kr][kc] · x[group's first channel + s][r·stride + kr·dilation − padding]
// [c·stride + kc·dilation − padding], where positions outside the map are zero or, with circular padding, wrap
// around.

func convolutionValue(
  _ layer: Convolution, _ x: [Double], from input: Maps, to output: Maps, _ parameters: [String: [Double]]
) -> [Double] {
  let weight = parameters["weight"] ?? []
  let bias = parameters["bias"]
  var y = [Double](repeating: 0, count: output.count)
  for channel in 0..<output.channels {
    for row in 0..<output.height {
      for column in 0..<output.width {
        y[output.index(channel, row, column)] = bias?[channel] ?? 0
      }
    }
  }
  forEachProduct(layer, from: input, to: output) { place, weightPlace, source in
    y[place] += weight[weightPlace] * x[source]
  }
  return y
}

func convolutionPullback(
  _ layer: Convolution, _ x: [Double], from input: Maps, to output: Maps, _ parameters: [String: [Double]],
  _ cotangent: [Double]
) -> (inputs: [[Double]], parameters: [String: [Double]]) {
  let weight = parameters["weight"] ?? []
  var byInput = [Double](repeating: 0, count: x.count)
  var byWeight = [Double](repeating: 0, count: weight.count)
  forEachProduct(layer, from: input, to: output) { place, weightPlace, source in
    byInput[source] += weight[weightPlace] * cotangent[place]
    byWeight[weightPlace] += x[source] * cotangent[place]
  }
  var gradients = ["weight": byWeight]
  if parameters["bias"] != nil {
    var byBias = [Double](repeating: 0, count: output.channels)
    for channel in 0..<output.channels {
      for row in 0..<output.height {
        for column in 0..<output.width { byBias[channel] += cotangent[output.index(channel, row, column)] }
      }
    }
    gradients["bias"] = byBias
  }
  return ([byInput], gradients)
}

/// Every product of a weight and an input that a convolution adds up, with the output it goes to.
private func forEachProduct(
  _ layer: Convolution, from input: Maps, to output: Maps,
  _ body: (_ output: Int, _ weight: Int, _ input: Int) -> Void
) {
  let sources = input.channels / layer.groups
  let targets = output.channels / layer.groups
  for channel in 0..<output.channels {
    let firstSource = channel / targets * sources
    for source in 0..<sources {
      for kernelRow in 0..<layer.kernelHeight {
        for kernelColumn in 0..<layer.kernelWidth {
          let weight =
            ((channel * sources + source) * layer.kernelHeight + kernelRow) * layer.kernelWidth + kernelColumn
          for row in 0..<output.height {
            for column in 0..<output.width {
              let inside = position(
                row * layer.stride + kernelRow * layer.dilation - layer.padding, input.height, layer)
              let across = position(
                column * layer.stride + kernelColumn * layer.dilation - layer.padding, input.width, layer)
              guard let inside, let across else { continue }
              body(
                output.index(channel, row, column), weight, input.index(firstSource + source, inside, across))
            }
          }
        }
      }
    }
  }
}

/// Where a coordinate of the padded map lies in the map itself; nil for zero padding.
private func position(_ coordinate: Int, _ size: Int, _ layer: Convolution) -> Int? {
  if (0..<size).contains(coordinate) { return coordinate }
  guard layer.paddingMode == .circular else { return nil }
  let remainder = coordinate % size
  return remainder < 0 ? remainder + size : remainder
}
