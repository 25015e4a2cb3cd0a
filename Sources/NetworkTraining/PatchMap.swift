import NetworkGraph

/// Which input each output reads, for convolutions and average poolings: the rest is products of matrices.
struct PatchMap {
  /// [output position][kernel position]: an input position, or −1 in the padding.
  let sources: [Int]
  let kernelSize: Int
  let outputPositions: Int
  let inputPositions: Int

  init(
    input: TensorShape, output: TensorShape, kernel: (height: Int, width: Int), stride: Int, padding: Int,
    dilation: Int = 1, isCircular: Bool = false
  ) {
    let (height, width) = input.mapSize
    let (rows, columns) = output.mapSize
    func place(_ position: Int, _ offset: Int, _ size: Int) -> Int? {
      let place = position * stride - padding + offset * dilation
      if isCircular { return ((place % size) + size) % size }
      return (0..<size).contains(place) ? place : nil
    }
    var sources: [Int] = []
    for row in 0..<rows {
      for column in 0..<columns {
        for y in 0..<kernel.height {
          for x in 0..<kernel.width {
            if let a = place(row, y, height), let b = place(column, x, width) {
              sources.append(a * width + b)
            } else {
              sources.append(-1)
            }
          }
        }
      }
    }
    self.sources = sources
    kernelSize = kernel.height * kernel.width
    outputPositions = rows * columns
    inputPositions = height * width
  }
}

extension TensorShape {
  fileprivate var mapSize: (height: Int, width: Int) {
    switch self {
    case .features: (1, 1)
    case .maps(_, let height, let width): (height, width)
    }
  }
}
