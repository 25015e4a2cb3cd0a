import CLaneKernels
import GaussianDuals

/// Activations: duals of covariances, in place.
extension TileComputation {
  func activate(_ target: Int, _ source: Int, _ table: Int, _ tile: PairTile) {
    guard let dual = plan.tables[table].dual else { return }
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      if out != from { out.update(from: from, count: count(target, tile)) }
    }
    let layout = layout(target)
    switch tile {
    case .itself(let samples, let isSecondSet):
      let tables = isSecondSet ? context.secondTables : context.firstTables
      measure(target, table, dual, tables, samples)
      // With covariances between positions a sample with itself is a tile of one lane.
      guard layout.hasPairs else { return }
      apply(
        target, table, dual, numbers(table, layout, tables, samples, tables, samples), lanes: samples.count)
    case .cross(let firsts, let seconds):
      apply(
        target, table, dual,
        numbers(table, layout, context.firstTables, firsts, context.secondTables, seconds),
        lanes: seconds.count)
    }
  }

  /// Writes down what the tables keep of each sample's variances; where only those are wanted, applies the dual to them.
  private func measure(
    _ target: Int, _ table: Int, _ dual: GaussianDual, _ tables: SampleTables, _ samples: Range<Int>
  ) {
    let (layout, lanes) = (layout(target), samples.count)
    let kernel = place(target, .kernel)
    let tangent = context.hasTangent ? place(target, .tangent) : nil
    let (first, second) = (tables.first(table), tables.second(table, positions: layout.positions))
    for position in 0..<layout.positions {
      let entry = layout.hasPairs ? layout.diagonalEntry(of: position) : position
      let variances = kernel + entry * lanes
      let offset = position * tables.samples + samples.lowerBound
      if let closedForm = dual.closedForm {
        for lane in 0..<lanes {
          (first[offset + lane], second[offset + lane]) = DualCoefficients.of(
            variance: variances[lane], closedForm)
        }
        guard !layout.hasPairs, var form = laneDuals[table] else { continue }
        context.variant.pointee.gaussianDiagonal(
          &form, Int64(lanes), first + offset, second + offset, variances,
          tangent.map { $0 + entry * lanes })
      } else {
        for lane in 0..<lanes {
          measure(
            variances + lane, tangent.map { $0 + entry * lanes + lane }, table, dual, tables, offset + lane,
            positions: layout.positions, isDiagonal: !layout.hasPairs)
        }
      }
    }
  }

  /// One variance of a dual by quadrature.
  private func measure(
    _ kernel: UnsafeMutablePointer<Double>, _ tangent: UnsafeMutablePointer<Double>?, _ table: Int,
    _ dual: GaussianDual, _ tables: SampleTables, _ offset: Int, positions: Int, isDiagonal: Bool
  ) {
    let variance = kernel.pointee
    tables.first(table)[offset] = variance
    tables.second(table, positions: positions)[offset] = 0
    HermiteSeries.shared.write(
      dual, q: variance, into: tables.series(table, positions: positions) + offset * HermiteSeries.stride)
    guard isDiagonal else { return }
    // Beyond its range a quadrature would only take long: the engine reports it.
    let moments =
      variance <= dual.largestVariance
      ? dual.diagonal(q: variance) : DualMoments(value: .nan, derivative: .nan)
    kernel.pointee = moments.value
    tangent?.pointee *= moments.derivative
  }

  /// What the tables hold of a tile's samples. A row is a position, or in tiles of vectors a first sample.
  private struct TableNumbers {
    let rows: Int
    let firsts: UnsafePointer<Double>
    let firstOthers: UnsafePointer<Double>
    let seconds: UnsafePointer<Double>
    let secondOthers: UnsafePointer<Double>
    /// Between rows of second samples; 0 where all rows have the same.
    let secondStride: Int
    let firstSeries: UnsafePointer<Double>
    let firstSeriesStride: Int
    let secondSeries: UnsafePointer<Double>
    let secondSeriesStride: Int
  }

  private func numbers(
    _ table: Int, _ layout: TileLayout, _ firstTables: SampleTables, _ firsts: Range<Int>,
    _ secondTables: SampleTables, _ seconds: Range<Int>
  ) -> TableNumbers {
    let (first, positions, lanes) = (firsts.lowerBound, layout.positions, seconds.count)
    let (a, b) = (firstTables.first(table), firstTables.second(table, positions: positions))
    let c = secondTables.first(table) + seconds.lowerBound
    let d = secondTables.second(table, positions: positions) + seconds.lowerBound
    let areVectors = positions == 1
    if !areVectors {
      for position in 0..<positions {
        firstNumbers[position] = a[position * firstTables.samples + first]
        firstOthers[position] = b[position * firstTables.samples + first]
      }
    }
    // Rows of all pairs of positions are read as one, so that second samples have to stand side by side.
    if layout.hasPairs {
      for position in 0..<positions {
        let row = position * secondTables.samples
        (secondNumbers + position * lanes).update(from: c + row, count: lanes)
        (secondOthers + position * lanes).update(from: d + row, count: lanes)
      }
    }
    let stride = HermiteSeries.stride
    return TableNumbers(
      rows: areVectors ? firsts.count : positions, firsts: areVectors ? a + first : firstNumbers,
      firstOthers: areVectors ? b + first : firstOthers, seconds: layout.hasPairs ? secondNumbers : c,
      secondOthers: layout.hasPairs ? secondOthers : d,
      secondStride: areVectors ? 0 : layout.hasPairs ? lanes : secondTables.samples,
      firstSeries: firstTables.series(table, positions: positions) + first * stride,
      firstSeriesStride: (areVectors ? 1 : firstTables.samples) * stride,
      secondSeries: secondTables.series(table, positions: positions) + seconds.lowerBound * stride,
      secondSeriesStride: areVectors ? 0 : secondTables.samples * stride)
  }

  private func apply(
    _ target: Int, _ table: Int, _ dual: GaussianDual, _ numbers: TableNumbers, lanes: Int
  ) {
    if let form = laneDuals[table] {
      applyClosedForm(target, form, numbers, lanes)
    } else {
      applyQuadrature(target, dual, numbers, lanes)
    }
  }

  private func applyClosedForm(_ target: Int, _ form: LaneGaussianDual, _ numbers: TableNumbers, _ lanes: Int)
  {
    var form = form
    let layout = layout(target)
    let kernel = place(target, .kernel)
    let tangent = context.hasTangent ? place(target, .tangent) : nil
    guard layout.hasPairs else {
      (form.rows, form.length) = (Int64(numbers.rows), Int64(lanes))
      form.secondStride = Int64(numbers.secondStride)
      context.variant.pointee.gaussianDual(
        &form, numbers.firsts, numbers.firstOthers, numbers.seconds, numbers.secondOthers, kernel, tangent)
      return
    }
    (form.rows, form.length, form.secondStride) = (Int64(layout.width), Int64(layout.width * lanes), 0)
    for y in 0..<layout.height {
      for other in 0..<layout.height {
        let block = (y * layout.height + other) * layout.blockEntries * lanes
        let seconds = other * layout.width * lanes
        context.variant.pointee.gaussianDual(
          &form, numbers.firsts + y * layout.width, numbers.firstOthers + y * layout.width,
          numbers.seconds + seconds, numbers.secondOthers + seconds, kernel + block,
          tangent.map { $0 + block })
      }
    }
  }

  private func applyQuadrature(_ target: Int, _ dual: GaussianDual, _ numbers: TableNumbers, _ lanes: Int) {
    let layout = layout(target)
    let kernel = place(target, .kernel)
    let tangent = context.hasTangent ? place(target, .tangent) : nil
    func apply(_ entry: Int, _ first: Int, _ second: Int) {
      let a = numbers.firstSeries + first * numbers.firstSeriesStride
      for lane in 0..<lanes {
        let place = entry * lanes + lane
        let b = numbers.secondSeries + second * numbers.secondSeriesStride + lane * HermiteSeries.stride
        let (q1, q2) = (numbers.firsts[first], numbers.seconds[second * numbers.secondStride + lane])
        let rho = GaussianDual.correlation(q1: q1, q2: q2, c: kernel[place])
        var moments = DualMoments(value: .nan, derivative: .nan)
        if !(max(q1, q2) <= dual.largestVariance) {
          // Beyond its range a quadrature would only take long: the engine reports it.
        } else if HermiteSeries.suffices(a, b, rho: rho) {
          context.variant.pointee.seriesDual(
            Int64(HermiteSeries.terms), a, b, rho, &moments.value, &moments.derivative)
        } else {
          moments = dual.moments(q1: q1, q2: q2, c: kernel[place])
        }
        kernel[place] = moments.value
        if let tangent { tangent[place] *= moments.derivative }
      }
    }
    guard layout.hasPairs else {
      for row in 0..<numbers.rows { apply(row, row, row) }
      return
    }
    for entry in 0..<layout.entries {
      let (block, place) = (entry / layout.blockEntries, entry % layout.blockEntries)
      apply(
        entry, block / layout.height * layout.width + place / layout.width,
        block % layout.height * layout.width + place % layout.width)
    }
  }
}
