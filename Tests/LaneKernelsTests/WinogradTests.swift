import CLaneKernels
import LaneKernels
import Testing

/// One 3 × 3 convolution: channel counts around the register tiles, maps around tiles of 4 × 4 and around strips.
private struct Layer: CustomTestStringConvertible {
  var targets: Int, sources: Int
  var rows: Int, columns: Int
  var padding: Int

  var targetRows: Int { rows + 2 * padding - 2 }
  var targetColumns: Int { columns + 2 * padding - 2 }
  var testDescription: String { "\(sources)→\(targets), \(rows)×\(columns), padding \(padding)" }
}

private let layers: [Layer] =
  [(1, 1), (3, 8), (8, 3), (9, 17), (16, 16), (17, 5)].map {
    Layer(targets: $0.0, sources: $0.1, rows: 6, columns: 9, padding: 1)
  }
  + [4, 5, 6, 7, 8, 13].map { Layer(targets: 5, sources: 3, rows: 5, columns: $0, padding: 1) }
  + [4, 7, 8, 9, 15].map { Layer(targets: 3, sources: 5, rows: $0, columns: 6, padding: 1) }
  + [0, 1, 2].map { Layer(targets: 4, sources: 6, rows: 5, columns: 6, padding: $0) }
  + [
    Layer(targets: 2, sources: 2, rows: 1, columns: 5, padding: 1),
    // Several strips of rows and of tiles.
    Layer(targets: 2, sources: 40, rows: 19, columns: 22, padding: 1),
    Layer(targets: 33, sources: 2, rows: 40, columns: 17, padding: 1),
    // Strips as large as many channels make them.
    Layer(targets: 130, sources: 140, rows: 9, columns: 10, padding: 1),
  ]

/// Rounding: that of the plain sum, and what the transforms add.
private func allowance<Scalar: LaneScalar>(_ magnitude: Double, terms: Int, _ type: Scalar.Type) -> Double {
  magnitude * Double(Scalar.ulpOfOne) * (Double(terms) + 40)
}

@Test(arguments: layers.indices)
func winogradCorrelationIsItsDefinition(index: Int) {
  checkCorrelation(layers[index], Float.self)
  checkCorrelation(layers[index], Double.self)
}

private func checkCorrelation<Scalar: LaneScalar>(_ layer: Layer, _ type: Scalar.Type) {
  var numbers = Numbers(5)
  let (rows, columns) = (layer.targetRows, layer.targetColumns)
  let source = numbers.buffer(type, layer.sources * layer.rows * layer.columns * laneCount)
  let weights = numbers.buffer(type, layer.targets * layer.sources * 9)
  let bias = numbers.buffer(type, layer.targets)
  let start = numbers.buffer(type, layer.targets * rows * columns * laneCount).values
  for (accumulate, hasBias, isTurned) in [
    (false, true, false), (false, false, true), (true, false, false), (true, false, true),
  ] {
    var results: [[Scalar]] = []
    for (_, kernels) in kernelTables(type) {
      let target = LaneBuffer(start)
      let pointStride = Int(laneWinogradPoint(Int64(layer.targets), Int64(layer.sources)))
      let transformed = LaneBuffer<Scalar>(count: pointStride * 36)
      // Turned: channels exchanged and kernels by half a turn, as a backward pass reads them.
      // In parts, as workers share them out.
      let targetStride = isTurned ? 9 : layer.sources * 9
      for first in stride(from: 0, to: layer.targets, by: 16) {
        kernels.winogradWeights(
          targets: min(16, layer.targets - first), sources: layer.sources, pointStride: pointStride,
          targetStride: targetStride, sourceStride: isTurned ? layer.targets * 9 : 9, isFlipped: isTurned,
          weights.base + first * targetStride, into: transformed.base + first * layer.sources)
      }
      var shape = layer.shape
      shape.accumulate = accumulate
      let scratch = LaneBuffer<Scalar>(count: layer.strip.scratch * laneCount) { _ in .nan }
      // In four pieces, as workers share out a map: each tile is computed whole by one of them.
      let (halfRow, halfColumn) = (rows / 2 / 4 * 4, columns / 2 / 4 * 4)
      for (firstRow, endRow) in [(0, halfRow), (halfRow, rows)] where firstRow < endRow {
        for (firstColumn, endColumn) in [(0, halfColumn), (halfColumn, columns)]
        where firstColumn < endColumn {
          (shape.firstRow, shape.endRow) = (Int64(firstRow), Int64(endRow))
          (shape.firstColumn, shape.endColumn) = (Int64(firstColumn), Int64(endColumn))
          kernels.winogradCorrelate(
            shape, source: source.base, transformedWeights: transformed.base,
            bias: hasBias ? UnsafePointer(bias.base) : nil, into: target.base, scratch: scratch.base)
        }
      }
      results.append(target.values)
    }
    for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
    for o in 0..<layer.targets {
      for place in 0..<rows * columns {
        for lane in stride(from: 0, to: laneCount, by: 5) {
          let position = (o * rows * columns + place) * laneCount + lane
          var sum = accumulate ? Double(start[position]) : hasBias ? Double(bias.base[o]) : 0
          var magnitude = abs(sum)
          layer.forEachTap(place / columns, place % columns) { tap, sourcePlace in
            for s in 0..<layer.sources {
              let weight =
                isTurned
                ? weights.base[(s * layer.targets + o) * 9 + 8 - tap]
                : weights.base[(o * layer.sources + s) * 9 + tap]
              let x = source.base[(s * layer.rows * layer.columns + sourcePlace) * laneCount + lane]
              sum += Double(weight) * Double(x)
              magnitude += abs(Double(weight) * Double(x))
            }
          }
          let error = abs(Double(results[0][position]) - sum)
          let allowed = allowance(magnitude + 1, terms: layer.sources * 9, type)
          if !(error <= allowed) { Issue.record("target \(o) place \(place): error \(error) > \(allowed)") }
        }
      }
    }
  }
}

@Test(arguments: layers.indices)
func winogradWeightGradientsAreTheirDefinition(index: Int) {
  checkGradients(layers[index], Float.self)
  checkGradients(layers[index], Double.self)
}

private func checkGradients<Scalar: LaneScalar>(_ layer: Layer, _ type: Scalar.Type) {
  var numbers = Numbers(6)
  let (rows, columns) = (layer.targetRows, layer.targetColumns)
  let source = numbers.buffer(type, layer.sources * layer.rows * layer.columns * laneCount)
  let outputGradient = numbers.buffer(type, layer.targets * rows * columns * laneCount)
  let pairs = layer.targets * layer.sources
  let start = numbers.buffer(type, pairs * 9 * laneCount).values
  for accumulate in [false, true] {
    var results: [[Scalar]] = []
    for (_, kernels) in kernelTables(type) {
      let gradient = LaneBuffer(start)
      let scratch = LaneBuffer<Scalar>(count: layer.gradientStrip.scratch * laneCount) { _ in .nan }
      var shape = layer.shape
      shape.accumulate = accumulate
      kernels.winogradWeightGradient(
        shape, source: source.base, outputGradient: outputGradient.base, into: gradient.base,
        scratch: scratch.base)
      results.append(gradient.values)
    }
    for result in results.dropFirst() { #expect(isIdentical(result, results[0])) }
    for lane in [0, 15] {
      var sums =
        accumulate
        ? (0..<pairs * 9).map { Double(start[$0 * laneCount + lane]) } : .init(repeating: 0, count: pairs * 9)
      var magnitudes = sums.map(abs)
      for place in 0..<rows * columns {
        layer.forEachTap(place / columns, place % columns) { tap, sourcePlace in
          for o in 0..<layer.targets {
            let dy = Double(outputGradient.base[(o * rows * columns + place) * laneCount + lane])
            for s in 0..<layer.sources {
              let x = Double(
                source.base[(s * layer.rows * layer.columns + sourcePlace) * laneCount + lane])
              sums[(o * layer.sources + s) * 9 + tap] += dy * x
              magnitudes[(o * layer.sources + s) * 9 + tap] += abs(dy * x)
            }
          }
        }
      }
      for index in sums.indices {
        let error = abs(Double(results[0][index * laneCount + lane]) - sums[index])
        let allowed = allowance(magnitudes[index] + 1, terms: rows * columns, type)
        if !(error <= allowed) { Issue.record("weight \(index): error \(error) > \(allowed)") }
      }
    }
  }
}

extension Layer {
  fileprivate var shape: LaneWinograd {
    LaneWinograd(
      from: LaneMap(channels: sources, rows: rows, columns: columns),
      to: LaneMap(channels: targets, rows: targetRows, columns: targetColumns), padding: padding)
  }
  fileprivate var strip: (scratch: Int, rows: Int) {
    let strip = laneWinogradStrip(Int64(targets), Int64(sources), Int64(targetRows), Int64(targetColumns))
    return (Int(strip.scratch), Int(strip.rows))
  }
  fileprivate var gradientStrip: (scratch: Int, rows: Int) {
    let strip = laneWinogradGradientStrip(
      Int64(targets), Int64(sources), Int64(targetRows), Int64(targetColumns))
    return (Int(strip.scratch), Int(strip.rows))
  }

  /// Calls `body` with each tap that lies inside the map, and the source position it reads.
  fileprivate func forEachTap(_ row: Int, _ column: Int, _ body: (_ tap: Int, _ place: Int) -> Void) {
    for tap in 0..<9 {
      let (r, c) = (row - padding + tap / 3, column - padding + tap % 3)
      if (0..<rows).contains(r), (0..<columns).contains(c) { body(tap, r * columns + c) }
    }
  }
}
