import LinearAlgebra

/// Numbers between −1 and 1 that are the same on every machine.
struct PseudoRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 2 &+ 1 }

  mutating func next() -> Double {
    // A linear congruential generator (Knuth's MMIX), of which the high bits are good.
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-52 - 1
  }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns) { _, _ in next() }
  }
}

/// J Jᵀ of a random Jacobian: positive semi-definite, of rank min(n, P).
struct RandomProblem {
  let jacobian: Matrix
  let testJacobian: Matrix
  let kernel: Matrix
  let cross: Matrix
  let targets: Matrix
  let initial: Matrix

  init(seed: UInt64, samples: Int, parameters: Int, outputs: Int = 1, others: Int = 3) throws {
    var random = PseudoRandom(seed: seed)
    jacobian = random.matrix(samples, parameters)
    testJacobian = random.matrix(others, parameters)
    kernel = try jacobian.multiplied(byTransposeOf: jacobian)
    cross = try testJacobian.multiplied(byTransposeOf: jacobian)
    targets = random.matrix(samples, outputs)
    initial = random.matrix(samples, outputs)
  }
}

func largestDifference(_ a: Matrix, _ b: Matrix) -> Double {
  zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
