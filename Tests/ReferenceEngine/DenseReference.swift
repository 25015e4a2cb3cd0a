// y_u = Σ_i W_ui x_i + b_u.

func denseValue(_ x: [Double], units: Int, _ parameters: [String: [Double]]) -> [Double] {
  let weight = parameters["weight"] ?? []
  let bias = parameters["bias"]
  return (0..<units).map { unit in
    var sum = bias?[unit] ?? 0
    for input in x.indices { sum += weight[unit * x.count + input] * x[input] }
    return sum
  }
}

func densePullback(
  _ x: [Double], units: Int, _ parameters: [String: [Double]], _ cotangent: [Double]
) -> (inputs: [[Double]], parameters: [String: [Double]]) {
  let weight = parameters["weight"] ?? []
  var byInput = [Double](repeating: 0, count: x.count)
  var byWeight = [Double](repeating: 0, count: weight.count)
  for unit in 0..<units {
    for input in x.indices {
      byInput[input] += weight[unit * x.count + input] * cotangent[unit]
      byWeight[unit * x.count + input] += x[input] * cotangent[unit]
    }
  }
  var gradients = ["weight": byWeight]
  if parameters["bias"] != nil { gradients["bias"] = cotangent }
  return ([byInput], gradients)
}
