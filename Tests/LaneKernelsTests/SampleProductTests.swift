import CLaneKernels
import LaneKernels
import Testing
import WideTiles

/// Vectors around panels and tiles of any variant, numbers around four at a time.
private let sizes: [(first: Int, second: Int, numbers: Int)] = [
  (1, 1, 1), (2, 3, 3), (4, 4, 4), (5, 9, 5), (8, 12, 7), (16, 16, 64), (17, 33, 255), (3, 52, 257),
  (40, 20, 31),
]

/// All inner products of two sets, [first][second], by one variant's kernels; nothing else is written.
private func products<Kernels: LaneKernelTable>(
  _ first: [Double], _ second: [Double], numbers: Int, factor: Double, onto start: Double,
  _ kernels: Kernels
) -> [Double] {
  let width = kernels.samplesOfPanel
  let panelStride = (numbers + 2) * width
  func pack(_ values: [Double]) -> (panels: Int, buffer: LaneBuffer<Kernels.Scalar>) {
    let samples = values.count / numbers
    let panels = (samples + width - 1) / width
    let buffer = LaneBuffer<Kernels.Scalar>(count: panels * panelStride) { _ in .nan }
    for panel in 0..<panels {
      values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        kernels.packSamples(
          min(width, samples - panel * width), numbers: numbers, values + panel * width * numbers,
          stride: numbers, into: buffer.base + panel * panelStride)
      }
    }
    return (panels, buffer)
  }
  let (a, b) = (pack(first), pack(second))
  let (rows, columns) = (a.panels * width, b.panels * width)
  let outStride = columns + 3
  let out = LaneBuffer<Double>(count: rows * outStride) { _ in start }
  kernels.multiplySamples(
    numbers: numbers, a.buffer.base, panels: a.panels, b.buffer.base, panels: b.panels,
    panelStride: panelStride, factor: factor, into: out.base, outStride: outStride)
  for row in 0..<rows {
    for gap in columns..<outStride where out.base[row * outStride + gap] != start {
      Issue.record("wrote between rows")
    }
  }
  return (0..<first.count / numbers).flatMap { row in
    (0..<second.count / numbers).map { out.base[row * outStride + $0] }
  }
}

@Test(arguments: sizes.indices)
func innerProductsAreTheirDefinitionOnEveryVariant(index: Int) {
  checkProducts(sizes[index], Double.self)
  checkProducts(sizes[index], Float.self)
}

private func checkProducts<Scalar: LaneScalar>(
  _ size: (first: Int, second: Int, numbers: Int), _ type: Scalar.Type
) {
  var numbers = Numbers(23)
  let first = numbers.buffer(Double.self, size.first * size.numbers).values
  let second = numbers.buffer(Double.self, size.second * size.numbers).values
  let results = kernelTables(type).map {
    products(first, second, numbers: size.numbers, factor: 0.75, onto: 0.5, $0.kernels)
  }
  for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
  for i in 0..<size.first {
    for j in 0..<size.second {
      var sum: Scalar = 0
      for p in 0..<size.numbers {
        sum.addProduct(Scalar(first[i * size.numbers + p]), Scalar(second[j * size.numbers + p]))
      }
      // In order, and fused: to the last bit.
      #expect(results[0][i * size.second + j] == 0.5.addingProduct(Double(sum), 0.75), "\(i) \(j)")
    }
  }
}

/// A vector that is not finite spoils its own products and no others.
@Test func numbersThatAreNotFiniteStayAmongTheirOwnProducts() {
  var numbers = Numbers(29)
  var first = numbers.buffer(Double.self, 21 * 10).values
  let second = numbers.buffer(Double.self, 14 * 10).values
  first[3 * 10 + 7] = .infinity
  first[20 * 10] = .nan
  for (name, kernels) in kernelTables(Double.self) {
    let result = products(first, second, numbers: 10, factor: 1, onto: 0, kernels)
    for i in 0..<21 {
      #expect(result[i * 14..<(i + 1) * 14].allSatisfy(\.isFinite) == (i != 3 && i != 20), "\(name) \(i)")
    }
  }
}

@Test(arguments: [(1, 1), (4, 4), (3, 9), (16, 32), (7, 6), (12, 1), (13, 31)])
func transposesAreTheirDefinition(rows: Int, columns: Int) {
  var numbers = Numbers(31)
  let (sourceStride, targetStride) = (columns + 2, rows + 3)
  let source = numbers.buffer(Double.self, rows * sourceStride)
  let variants: [UnsafePointer<LaneVariant>] = LaneVariants.all + [wideTileVariant()]
  for variant in variants where variant.pointee.isSupported() {
    let target = LaneBuffer<Double>(count: columns * targetStride) { _ in -2 }
    variant.pointee.transpose(
      Int64(rows), Int64(columns), source.base, Int64(sourceStride), target.base, Int64(targetStride))
    for column in 0..<columns {
      for row in 0..<targetStride {
        let expected = row < rows ? source.base[row * sourceStride + column] : -2
        #expect(target.base[column * targetStride + row] == expected)
      }
    }
  }
}
