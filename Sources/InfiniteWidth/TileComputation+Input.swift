/// Inner products of inputs.
extension TileComputation {
  /// - Parameter index: counts the plan's input steps.
  func input(_ target: Int, _ channels: Range<Int>, _ index: Int, _ tile: PairTile) {
    if context.hasTangent {
      place(target, .tangent).initialize(repeating: 0, count: count(target, tile))
    }
    guard let firstColumns = context.firstColumns, let secondColumns = context.secondColumns else {
      return vectors(place(target, .kernel), context.products[index], tile)
    }
    let factor = context.inputScale / Double(channels.count)
    switch tile {
    case .cross(let firsts, let seconds):
      products(target, channels, factor, firstColumns, firsts.lowerBound, secondColumns, seconds)
    case .itself(let samples, let isSecondSet):
      let columns = isSecondSet ? secondColumns : firstColumns
      if layout(target).hasPairs {
        products(target, channels, factor, columns, samples.lowerBound, columns, samples)
      } else {
        squares(target, channels, factor, columns, samples)
      }
    }
  }

  private func vectors(_ kernel: UnsafeMutablePointer<Double>, _ products: InnerProducts, _ tile: PairTile) {
    switch tile {
    case .cross(let firsts, let seconds):
      products.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        for (row, first) in firsts.enumerated() {
          (kernel + row * seconds.count).update(
            from: values + first * products.stride + seconds.lowerBound, count: seconds.count)
        }
      }
    case .itself(let samples, let isSecondSet):
      let squares = isSecondSet ? products.secondSquares : products.firstSquares
      for (lane, sample) in samples.enumerated() { kernel[lane] = squares[sample] }
    }
  }

  private func products(
    _ target: Int, _ channels: Range<Int>, _ factor: Double, _ firstColumns: SampleColumns, _ first: Int,
    _ secondColumns: SampleColumns, _ seconds: Range<Int>
  ) {
    let layout = layout(target)
    let (positions, lanes, terms) = (layout.positions, seconds.count, channels.count)
    let kernel = place(target, .kernel)
    firstColumns.rows.withUnsafeBufferPointer { rows in
      secondColumns.columns.withUnsafeBufferPointer { columns in
        guard let rows = rows.baseAddress, let columns = columns.baseAddress else { return }
        let call = context.variant.pointee.sumProducts
        let firsts = rows + (first * firstColumns.channels + channels.lowerBound) * positions
        let count = secondColumns.count
        let place = columns + channels.lowerBound * positions * count + seconds.lowerBound
        guard layout.isFull else {
          call?(
            Int64(positions), Int64(lanes), Int64(terms), factor, firsts, Int64(positions), place,
            Int64(positions * count), Int64(count), kernel)
          return
        }
        for row in 0..<terms * positions {
          (inputs + row * lanes).update(from: place + row * count, count: lanes)
        }
        for y in 0..<layout.height {
          for other in 0..<layout.height {
            call?(
              Int64(layout.width), Int64(layout.width * lanes), Int64(terms), factor,
              firsts + y * layout.width, Int64(positions), inputs + other * layout.width * lanes,
              Int64(positions * lanes), 0, kernel + (y * layout.height + other) * layout.blockEntries * lanes)
          }
        }
      }
    }
  }

  /// The same sums as `products` makes of equal samples, to the last bit.
  private func squares(
    _ target: Int, _ channels: Range<Int>, _ factor: Double, _ columns: SampleColumns, _ samples: Range<Int>
  ) {
    let positions = layout(target).positions
    let kernel = place(target, .kernel)
    columns.columns.withUnsafeBufferPointer { values in
      for position in 0..<positions {
        for (lane, sample) in samples.enumerated() {
          var sum = 0.0
          for channel in channels {
            let x = values[(channel * positions + position) * columns.count + sample]
            sum.addProduct(x, x)
          }
          kernel[position * samples.count + lane] = sum * factor
        }
      }
    }
  }
}
