import LaneKernels
import NetworkGraph
import RandomStreams

/// Draws orthogonal weights of one layer. As all drawn weights they are rounded to float32 in both precisions.
struct OrthogonalDraw {
  let stream: RandomStream
  /// (out, in / groups) of a dense layer, (out, in / groups, height, width) of a convolution.
  let array: ParameterArray
  let groups: Int
  /// Singular values of each matrix.
  let gain: Double
  let workers: Workers
  let pool: BufferPool

  /// The whole array as one matrix of `out` rows (Saxe et al. 2013).
  func fillOrthogonal<Scalar: LaneScalar>(_ target: UnsafeMutablePointer<Scalar>, factor: Scalar) {
    withMatrix(rows: array.dimensions[0], columns: array.dimensions.dropFirst().reduce(1, *), at: 0) {
      matrix in
      for index in 0..<array.count { target[index] = Scalar(matrix[index]) * factor }
    }
  }

  /// One matrix a group at the centre of the kernel, zero elsewhere (Xiao et al. 2018, algorithm 1).
  ///
  /// - Throws: `KernelError.unsupported` for fewer outputs than inputs of a group: no such convolution keeps the norm
  ///   of its input.
  func fillDeltaOrthogonal<Scalar: LaneScalar>(
    _ target: UnsafeMutablePointer<Scalar>, factor: Scalar, layer: String
  ) throws(KernelError) {
    let (outputs, inputs) = (array.dimensions[0] / groups, array.dimensions[1])
    let (height, width) = (array.dimensions[2], array.dimensions[3])
    guard outputs >= inputs else {
      let perGroup = groups > 1 ? " in each group" : ""
      throw .unsupported(
        node: layer,
        reason:
          "delta_orthogonal needs at least as many filters as input channels (Xiao et al. 2018), and here are "
          + "\(outputs) filters for \(inputs) channels\(perGroup); use orthogonal")
    }
    target.fillWithZeros(array.count)
    let centre = (height - 1) / 2 * width + (width - 1) / 2
    for group in 0..<groups {
      withMatrix(rows: outputs, columns: inputs, at: UInt64(group * outputs * inputs)) { matrix in
        for index in 0..<outputs * inputs {
          let place = (group * outputs * inputs + index) * height * width + centre
          target[place] = Scalar(matrix[index]) * factor
        }
      }
    }
  }

  private func withMatrix(
    rows: Int, columns: Int, at index: UInt64, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let matrix = pool.take(Float.self, count: rows * columns)
    let scratch = pool.take(
      Double.self, count: RandomStream.orthogonalScratchCount(rows: rows, columns: columns))
    stream.fillOrthogonal(
      matrix, rows: rows, columns: columns, factor: gain, startingAt: index, scratch: scratch,
      forEach: workers.forEach)
    body(matrix)
    pool.giveBack(scratch)
    pool.giveBack(matrix)
  }
}
