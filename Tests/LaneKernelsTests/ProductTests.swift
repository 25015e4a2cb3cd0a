import CLaneKernels
import LaneKernels
import Testing

/// Targets and sources around register tiles, packed panels and blocks of sources; columns around tiles.
private let products: [(targets: Int, sources: Int, columns: Int)] = [
  (1, 1, 1), (7, 5, 2), (16, 16, 3), (17, 31, 4), (64, 128, 1), (65, 129, 5), (80, 300, 2), (31, 48, 40),
]

@Test(arguments: products.indices)
func productIsItsDefinition(index: Int) {
  checkProduct(products[index], Float.self)
  checkProduct(products[index], Double.self)
}

private func checkProduct<Scalar: LaneScalar>(
  _ given: (targets: Int, sources: Int, columns: Int), _ type: Scalar.Type
) {
  var numbers = Numbers(7)
  let (targets, sources, columns) = given
  let source = numbers.buffer(type, columns * sources * laneCount)
  // A row and a scalar more: weights are fetched ahead, and need not start on a vector.
  let weights = numbers.buffer(type, targets * sources + 1)
  let bias = numbers.buffer(type, targets)
  let start = numbers.buffer(type, columns * targets * laneCount).values
  for isTransposed in [false, true] {
    for (accumulate, hasBias) in [(false, true), (false, false), (true, false)] {
      let shape = LaneProduct(
        targets: Int64(targets), sources: Int64(sources), columns: Int64(columns),
        weightTargetStride: Int64(isTransposed ? 1 : sources),
        weightSourceStride: Int64(isTransposed ? targets : 1), sourceColumnStride: Int64(sources),
        targetColumnStride: Int64(targets), accumulate: accumulate)
      var results: [[Scalar]] = []
      for (_, kernels) in kernelTables(type) {
        let target = LaneBuffer(start)
        let scratch = LaneBuffer<Scalar>(count: Int(PACKED_SCALARS)) { _ in .nan }
        kernels.multiply(
          shape, weights: weights.base + 1, bias: hasBias ? UnsafePointer(bias.base) : nil,
          source: source.base, into: target.base, scratch: scratch.base)
        results.append(target.values)
      }
      for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
      for column in 0..<columns {
        for o in 0..<targets {
          let position = (column * targets + o) * laneCount + (o + column) % laneCount
          var sum = accumulate ? Double(start[position]) : hasBias ? Double(bias.base[o]) : 0
          var magnitude = abs(sum)
          for s in 0..<sources {
            let weight = weights.base[1 + (isTransposed ? s * targets + o : o * sources + s)]
            let term =
              Double(weight) * Double(source.base[(column * sources + s) * laneCount + position % laneCount])
            sum += term
            magnitude += abs(term)
          }
          let error = abs(Double(results[0][position]) - sum)
          let allowed = magnitude * Double(Scalar.ulpOfOne) * Double(sources + 2)
          if !(error <= allowed) { Issue.record("column \(column) target \(o): error \(error) > \(allowed)") }
        }
      }
    }
  }
}
