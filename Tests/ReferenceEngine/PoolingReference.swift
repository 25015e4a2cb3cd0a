import NetworkGraph

func averagePoolingValue(_ pool: Pooling, _ x: [Double], from input: Maps, to output: Maps) -> [Double] {
  var y = [Double](repeating: 0, count: output.count)
  forEachWindow(pool, from: input, to: output) { place, members in
    y[place] = members.reduce(0) { $0 + x[$1] } / divisor(pool, members.count)
  }
  return y
}

func averagePoolingPullback(
  _ pool: Pooling, from input: Maps, to output: Maps, _ cotangent: [Double]
) -> [Double] {
  var gradient = [Double](repeating: 0, count: input.count)
  forEachWindow(pool, from: input, to: output) { place, members in
    for member in members { gradient[member] += cotangent[place] / divisor(pool, members.count) }
  }
  return gradient
}

func maxPoolingValue(_ pool: Pooling, _ x: [Double], from input: Maps, to output: Maps) -> [Double] {
  var y = [Double](repeating: 0, count: output.count)
  forEachWindow(pool, from: input, to: output) { place, members in
    y[place] = members.reduce(-.infinity) { max($0, x[$1]) }
  }
  return y
}

/// The first member of the window, row by row, that holds the largest value gets all of the gradient.
func maxPoolingPullback(
  _ pool: Pooling, _ x: [Double], from input: Maps, to output: Maps, _ cotangent: [Double]
) -> [Double] {
  var gradient = [Double](repeating: 0, count: input.count)
  forEachWindow(pool, from: input, to: output) { place, members in
    var best = members[0]
    for member in members where x[member] > x[best] { best = member }
    gradient[best] += cotangent[place]
  }
  return gradient
}

/// What an average divides by: the whole window, or those of its positions that lie on the map.
private func divisor(_ pool: Pooling, _ members: Int) -> Double {
  Double(pool.countsPadding ? pool.kernel * pool.kernel : members)
}

/// Every output position with the positions of its window that lie on the map, row by row.
private func forEachWindow(
  _ pool: Pooling, from input: Maps, to output: Maps, _ body: (_ output: Int, _ members: [Int]) -> Void
) {
  for channel in 0..<output.channels {
    for row in 0..<output.height {
      for column in 0..<output.width {
        var members: [Int] = []
        for windowRow in 0..<pool.kernel {
          for windowColumn in 0..<pool.kernel {
            let r = row * pool.stride + windowRow - pool.padding
            let c = column * pool.stride + windowColumn - pool.padding
            if (0..<input.height).contains(r), (0..<input.width).contains(c) {
              members.append(input.index(channel, r, c))
            }
          }
        }
        body(output.index(channel, row, column), members)
      }
    }
  }
}
