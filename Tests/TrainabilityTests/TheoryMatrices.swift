import InfiniteWidth
import LinearAlgebra
import NetworkGraph
import TangentKernel
import TheoryCases

extension TheoryValue {
  /// Nested rows.
  var matrix: Matrix {
    get throws {
      let rows = try rows
      return try Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }
  }

  /// Numbers as one column.
  var column: Matrix { get throws { Matrix(column: try numbers) } }
}

/// The infinitely wide fully connected network of a case, and what the program's engine makes of it.
struct WideNetwork {
  private let network: CanonicalNetwork
  private let settings: InfiniteWidthSettings

  /// From the keys `hidden_layers`, `sw2`, `sb2` and `act` of a case.
  ///
  /// - Parameter inputs: numbers in one input.
  init(_ input: TheoryValue, inputs: Int) throws {
    network = try TheoryNetworks.fullyConnected(
      inputs: inputs, hidden: Array(repeating: 4, count: try input["hidden_layers"].integer),
      try input["act"].activation)
    settings = InfiniteWidthSettings(
      weightVariance: try input["sw2"].number, biasVariance: try input["sb2"].number)
  }

  /// Between the rows of `x` and those of `z`, or among those of `x`.
  func kernels(_ x: Matrix, _ z: Matrix? = nil) throws -> (nngp: Matrix, tangent: Matrix) {
    let kernels = try InfiniteWidthEngine().evaluate(
      network, inputs: x.values, secondInputs: z?.values, settings: settings)
    func matrix(_ kernel: KernelMatrix) throws -> Matrix {
      try Matrix(rows: kernel.rows, columns: kernel.columns, values: kernel.values)
    }
    guard let tangent = kernels.ntk else { throw TheoryCaseError("the engine gave no tangent kernel") }
    return (try matrix(kernels.nngp), try matrix(tangent))
  }
}
