import CLaneKernels
import GaussianDuals
import LaneKernels

/// What all tiles of one kernel share.
struct TileContext {
  let plan: KernelPlan
  let inputScale: Double
  let variant: UnsafePointer<LaneVariant>
  /// Of single positions, per input step in order; empty for maps.
  let products: [InnerProducts]
  /// Of maps; nil for single positions. The second set's is the first's when there is one set.
  let firstColumns: SampleColumns?
  let secondColumns: SampleColumns?
  let firstTables: SampleTables
  let secondTables: SampleTables
  /// Whether Θ is wanted beside K.
  let hasTangent: Bool
  let lanes: Int
}

/// One thread's memory, and the steps of the plan on one tile at a time.
final class TileComputation {
  private let context: TileContext
  private let plan: KernelPlan
  private let memory: UnsafeMutablePointer<Double>
  private let slotOffsets: [Int]
  private let tangentOffset: Int
  private let scratch: UnsafeMutablePointer<Double>
  /// Of the second samples of a tile, [position][lane], two numbers each; then of the first sample.
  private let secondNumbers: UnsafeMutablePointer<Double>
  private let secondOthers: UnsafeMutablePointer<Double>
  private let firstNumbers: UnsafeMutablePointer<Double>
  private let firstOthers: UnsafeMutablePointer<Double>
  private let inputs: UnsafeMutablePointer<Double>
  private let laneDuals: [LaneGaussianDual?]

  /// Numbers that one thread holds.
  static func size(_ plan: KernelPlan, lanes: Int, hasTangent: Bool) -> Int {
    let slots = plan.slots.reduce(0, +) * lanes
    return slots * (hasTangent ? 2 : 1) + scratchSize(plan) * lanes
      + 2 * plan.largestPositions * (lanes + 1) + plan.inputChannels * plan.inputPositions * (lanes + 1)
  }

  /// Padded blocks, and sums of a block or of a number for each lane.
  private static func scratchSize(_ plan: KernelPlan) -> Int {
    let blocks = plan.covariances.reduce(1) { max($0, $1.layout.blockEntries) }
    return max(plan.largestScratch, 2 * blocks)
  }

  init(_ context: TileContext) {
    self.context = context
    plan = context.plan
    let lanes = context.lanes
    var offset = 0
    slotOffsets = plan.slots.map { entries in
      defer { offset += entries * lanes }
      return offset
    }
    tangentOffset = offset
    memory = .allocate(capacity: Self.size(plan, lanes: lanes, hasTangent: context.hasTangent))
    scratch = memory + offset * (context.hasTangent ? 2 : 1)
    secondNumbers = scratch + Self.scratchSize(plan) * lanes
    secondOthers = secondNumbers + plan.largestPositions * lanes
    firstNumbers = secondOthers + plan.largestPositions * lanes
    firstOthers = firstNumbers + plan.largestPositions
    inputs = firstOthers + plan.largestPositions
    laneDuals = plan.tables.map { $0.dual.flatMap(DualCoefficients.laneDual) }
  }

  deinit { memory.deallocate() }

  /// Computes the kernels of the tile's pairs.
  ///
  /// - Parameters:
  ///   - kernel: one number for each lane.
  ///   - tangent: the same; nil when it is not wanted.
  func compute(_ tile: PairTile, kernel: UnsafeMutablePointer<Double>, tangent: UnsafeMutablePointer<Double>?)
  {
    var inputIndex = 0
    for step in plan.steps {
      switch step {
      case .input(let target, let channels):
        input(target, channels, inputIndex, tile)
        inputIndex += 1
      case .zero(let target):
        forEachKind { place(target, $0).initialize(repeating: 0, count: count(target, tile)) }
      case .combine(let target, let terms): combine(target, terms, tile)
      case .diagonal(let target, let source): diagonal(target, source, tile)
      case .activate(let target, let source, let table): activate(target, source, table, tile)
      case .normalize(let pairs, let terms, let table, let epsilon):
        normalize(pairs, terms, table, epsilon, tile)
      case .patches(let target, let source, let sum, let factors):
        patches(target, source, plan.patchSums[sum], factors, tile)
      case .dense(let target, let terms, let factors): dense(target, terms, factors, tile)
      case .mean(let target, let source): mean(target, source, tile)
      }
    }
    kernel.update(from: place(plan.output, .kernel), count: tile.lanes)
    tangent?.update(from: place(plan.output, .tangent), count: tile.lanes)
  }

  private enum Kind { case kernel, tangent }

  private func forEachKind(_ body: (Kind) -> Void) {
    body(.kernel)
    if context.hasTangent { body(.tangent) }
  }

  private func place(_ covariance: Int, _ kind: Kind) -> UnsafeMutablePointer<Double> {
    memory + slotOffsets[plan.covariances[covariance].slot] + (kind == .tangent ? tangentOffset : 0)
  }

  private func layout(_ covariance: Int) -> TileLayout { plan.covariances[covariance].layout }

  private func count(_ covariance: Int, _ tile: PairTile) -> Int { layout(covariance).entries * tile.lanes }

  // MARK: Input

  private func input(_ target: Int, _ channels: Range<Int>, _ index: Int, _ tile: PairTile) {
    let kernel = place(target, .kernel)
    if context.hasTangent {
      place(target, .tangent).initialize(repeating: 0, count: count(target, tile))
    }
    guard let firstColumns = context.firstColumns, let secondColumns = context.secondColumns else {
      let products = context.products[index]
      switch tile {
      case .cross(let first, let seconds):
        for (lane, second) in seconds.enumerated() {
          kernel[lane] = products.values[first * products.stride + second]
        }
      case .itself(let samples, let isSecondSet):
        let squares = isSecondSet ? products.secondSquares : products.firstSquares
        for (lane, sample) in samples.enumerated() { kernel[lane] = squares[sample] }
      }
      return
    }
    let factor = context.inputScale / Double(channels.count)
    switch tile {
    case .cross(let first, let seconds):
      products(target, channels, factor, firstColumns, first, secondColumns, seconds)
    case .itself(let samples, let isSecondSet):
      let columns = isSecondSet ? secondColumns : firstColumns
      if layout(target).hasPairs {
        products(target, channels, factor, columns, samples.lowerBound, columns, samples)
      } else {
        squares(target, channels, factor, columns, samples)
      }
    }
  }

  private func products(
    _ target: Int, _ channels: Range<Int>, _ factor: Double, _ firstColumns: SampleColumns, _ first: Int,
    _ secondColumns: SampleColumns, _ seconds: Range<Int>
  ) {
    let layout = layout(target)
    let (positions, lanes, terms) = (layout.positions, seconds.count, channels.count)
    let firsts = inputs + terms * positions * lanes
    for channel in channels {
      for position in 0..<positions {
        let place = (channel - channels.lowerBound) * positions + position
        let row = channel * positions + position
        firsts[place] = firstColumns.columns[row * firstColumns.count + first]
        for lane in 0..<lanes {
          inputs[place * lanes + lane] =
            secondColumns.columns[row * secondColumns.count + seconds.lowerBound + lane]
        }
      }
    }
    let kernel = place(target, .kernel)
    let call = context.variant.pointee.sumProducts
    guard layout.isFull else {
      call?(
        Int64(positions), Int64(lanes), Int64(terms), factor, firsts, Int64(positions), inputs,
        Int64(positions * lanes), Int64(lanes), kernel)
      return
    }
    for y in 0..<layout.height {
      for other in 0..<layout.height {
        call?(
          Int64(layout.width), Int64(layout.width * lanes), Int64(terms), factor, firsts + y * layout.width,
          Int64(positions), inputs + other * layout.width * lanes, Int64(positions * lanes), 0,
          kernel + (y * layout.height + other) * layout.blockEntries * lanes)
      }
    }
  }

  /// The same sums as `products` makes of equal samples, to the last bit.
  private func squares(
    _ target: Int, _ channels: Range<Int>, _ factor: Double, _ columns: SampleColumns, _ samples: Range<Int>
  ) {
    let positions = layout(target).positions
    let kernel = place(target, .kernel)
    for position in 0..<positions {
      for (lane, sample) in samples.enumerated() {
        var sum = 0.0
        for channel in channels {
          let x = columns.columns[(channel * positions + position) * columns.count + sample]
          sum.addProduct(x, x)
        }
        kernel[position * samples.count + lane] = sum * factor
      }
    }
  }

  // MARK: Linear steps

  private func combine(_ target: Int, _ terms: [(source: Int, factor: Double)], _ tile: PairTile) {
    let count = count(target, tile)
    forEachKind { kind in
      let out = place(target, kind)
      for (index, term) in terms.enumerated() {
        let source = place(term.source, kind)
        if index == 0 {
          for i in 0..<count { out[i] = term.factor * source[i] }
        } else {
          for i in 0..<count { out[i] += term.factor * source[i] }
        }
      }
    }
  }

  private func diagonal(_ target: Int, _ source: Int, _ tile: PairTile) {
    let (layout, lanes) = (layout(source), tile.lanes)
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      for position in 0..<layout.positions {
        (out + position * lanes).update(from: from + layout.diagonalEntry(of: position) * lanes, count: lanes)
      }
    }
  }

  private func patches(
    _ target: Int, _ source: Int, _ sum: PatchSum, _ factors: LayerFactors, _ tile: PairTile
  ) {
    let lanes = Int64(tile.lanes)
    if sum.scratchEntries > 0 { scratch.initialize(repeating: 0, count: sum.scratchEntries * tile.lanes) }
    let zero: [Int64] = [0]
    sum.blockTerms.withUnsafeBufferPointer { blockTerms in
      sum.gatherRuns.withUnsafeBufferPointer { gatherRuns in
        sum.sumRuns.withUnsafeBufferPointer { sumRuns in
          sum.sumTerms.withUnsafeBufferPointer { sumTerms in
            zero.withUnsafeBufferPointer { zero in
              /// One block of the target.
              func add(
                _ block: PatchSum.Block, _ from: UnsafeMutablePointer<Double>,
                _ to: UnsafeMutablePointer<Double>,
                weight: Double, constant: Double, addend: UnsafeMutablePointer<Double>? = nil,
                share: Double = 0
              ) {
                var padded = from
                if sum.scratchEntries > 0 {
                  var gather = LaneRunSum(
                    lanes: lanes, runs: Int64(gatherRuns.count), terms: Int64(block.terms.count),
                    term: blockTerms.baseAddress.map { $0 + block.terms.lowerBound } ?? zero.baseAddress,
                    factor: 1, constant: 0, addendFactor: 0)
                  context.variant.pointee.sumRuns(&gather, gatherRuns.baseAddress, from, nil, scratch)
                  padded = scratch
                }
                var columns = LaneRunSum(
                  lanes: lanes, runs: Int64(sumRuns.count), terms: Int64(sumTerms.count),
                  term: sumTerms.baseAddress,
                  factor: weight * block.factor, constant: constant, addendFactor: share)
                let offset = block.target * tile.lanes
                context.variant.pointee.sumRuns(
                  &columns, sumRuns.baseAddress, padded, addend.map { $0 + offset }, to + offset)
              }
              let (fromKernel, toKernel) = (place(source, .kernel), place(target, .kernel))
              for block in sum.blocks {
                add(block, fromKernel, toKernel, weight: factors.kernelWeight, constant: factors.kernelBias)
                guard context.hasTangent else { continue }
                let (from, to) = (place(source, .tangent), place(target, .tangent))
                if factors.kernelWeight == 0 {
                  add(block, fromKernel, to, weight: factors.tangentWeight, constant: factors.tangentBias)
                } else {
                  // A(T) is taken from the kernel that was just made of it.
                  let ratio = factors.tangentWeight / factors.kernelWeight
                  add(
                    block, from, to, weight: factors.kernelWeight,
                    constant: factors.tangentBias - ratio * factors.kernelBias, addend: toKernel, share: ratio
                  )
                }
              }
            }
          }
        }
      }
    }
  }

  private func dense(
    _ target: Int, _ terms: [(source: Int, weight: Double)], _ factors: LayerFactors, _ tile: PairTile
  ) {
    let lanes = tile.lanes
    if terms.count == 1, layout(terms[0].source).entries == 1, factors.kernelWeight != 0 {
      denseOnFeatures(target, terms[0].source, terms[0].weight, factors, lanes)
      return
    }
    let (kernel, tangent) = (scratch, scratch + lanes)
    average(terms, .kernel, into: kernel, tile)
    let out = place(target, .kernel)
    for lane in 0..<lanes { out[lane] = factors.kernelWeight * kernel[lane] + factors.kernelBias }
    guard context.hasTangent else { return }
    average(terms, .tangent, into: tangent, tile)
    let tangentOut = place(target, .tangent)
    for lane in 0..<lanes {
      tangentOut[lane] =
        factors.kernelWeight * tangent[lane] + factors.tangentWeight * kernel[lane] + factors.tangentBias
    }
  }

  /// A dense layer after another, or after global pooling, in one pass.
  private func denseOnFeatures(
    _ target: Int, _ source: Int, _ weight: Double, _ factors: LayerFactors, _ lanes: Int
  ) {
    let run = LaneRun(target: 0, source: 0, length: 1, factor: weight)
    var term: Int64 = 0
    withUnsafePointer(to: &term) { term in
      var sum = LaneRunSum(
        lanes: Int64(lanes), runs: 1, terms: 1, term: term, factor: factors.kernelWeight,
        constant: factors.kernelBias, addendFactor: 0)
      let call = context.variant.pointee.sumRuns
      withUnsafePointer(to: run) { run in
        call?(&sum, run, place(source, .kernel), nil, place(target, .kernel))
        guard context.hasTangent else { return }
        let ratio = factors.tangentWeight / factors.kernelWeight
        (sum.constant, sum.addendFactor) = (factors.tangentBias - ratio * factors.kernelBias, ratio)
        call?(&sum, run, place(source, .tangent), place(target, .kernel), place(target, .tangent))
      }
    }
  }

  /// The weighted mean over parts and positions.
  private func average(
    _ terms: [(source: Int, weight: Double)], _ kind: Kind, into sum: UnsafeMutablePointer<Double>,
    _ tile: PairTile
  ) {
    let lanes = tile.lanes
    sum.initialize(repeating: 0, count: lanes)
    for term in terms {
      let positions = layout(term.source).entries
      let source = place(term.source, kind)
      let weight = term.weight / Double(positions)
      for position in 0..<positions {
        let row = source + position * lanes
        for lane in 0..<lanes { sum[lane] += weight * row[lane] }
      }
    }
  }

  private func mean(_ target: Int, _ source: Int, _ tile: PairTile) {
    let (layout, lanes) = (layout(source), tile.lanes)
    let (blocks, block) = (layout.blocks, layout.blockEntries)
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      // Whole blocks first, then within the one that is left: long loops, and a fixed order.
      scratch.update(from: from, count: block * lanes)
      for index in 1..<max(1, blocks) {
        let row = from + index * block * lanes
        for i in 0..<block * lanes { scratch[i] += row[i] }
      }
      let share = 1 / Double(layout.entries)
      for lane in 0..<lanes {
        var sum = 0.0
        for entry in 0..<block { sum += scratch[entry * lanes + lane] }
        out[lane] = sum * share
      }
    }
  }

  // MARK: Steps that know the samples

  private func activate(_ target: Int, _ source: Int, _ table: Int, _ tile: PairTile) {
    let layout = layout(target)
    guard let dual = plan.tables[table].dual else { return }
    forEachKind { kind in
      let (out, from) = (place(target, kind), place(source, kind))
      if out != from { out.update(from: from, count: count(target, tile)) }
    }
    let kernel = place(target, .kernel)
    let tangent = context.hasTangent ? place(target, .tangent) : nil
    let lanes = tile.lanes
    switch tile {
    case .itself(let samples, let isSecondSet):
      let tables = isSecondSet ? context.secondTables : context.firstTables
      let isDiagonal = !layout.hasPairs
      for position in 0..<layout.positions {
        for (lane, sample) in samples.enumerated() {
          let place = isDiagonal ? position * lanes + lane : layout.diagonalEntry(of: position) * lanes + lane
          let variance = kernel[place]
          let numbers = dual.closedForm.map { DualCoefficients.of(variance: variance, $0) } ?? (variance, 0)
          tables.first(table)[position * tables.samples + sample] = numbers.0
          tables.second(table, positions: layout.positions)[position * tables.samples + sample] = numbers.1
          if plan.tables[table].hasSeries {
            let offset = (position * tables.samples + sample) * HermiteSeries.stride
            HermiteSeries.shared.write(
              dual, q: variance, into: tables.series(table, positions: layout.positions) + offset)
          }
          guard isDiagonal else { continue }
          // Beyond its range a quadrature would only take long: the engine reports it.
          let moments =
            variance <= dual.largestVariance
            ? dual.diagonal(q: variance) : DualMoments(value: .nan, derivative: .nan)
          kernel[place] = moments.value
          if let tangent { tangent[place] *= moments.derivative }
        }
      }
      guard !isDiagonal else { return }
      apply(table, dual, layout, tables, samples.lowerBound, tables, samples)
    case .cross(let first, let seconds):
      apply(table, dual, layout, context.firstTables, first, context.secondTables, seconds)
    }

    func apply(
      _ table: Int, _ dual: GaussianDual, _ layout: TileLayout, _ firstTables: SampleTables, _ first: Int,
      _ secondTables: SampleTables, _ seconds: Range<Int>
    ) {
      load(table, firstTables, first, secondTables, seconds, layout.positions)
      if let lane = laneDuals[table] {
        applyClosedForm(lane, layout, lanes, kernel, tangent)
      } else {
        let series = SeriesPair(
          first: firstTables.series(table, positions: layout.positions) + first * HermiteSeries.stride,
          firstStride: firstTables.samples * HermiteSeries.stride,
          second: secondTables.series(table, positions: layout.positions) + seconds.lowerBound
            * HermiteSeries.stride,
          secondStride: secondTables.samples * HermiteSeries.stride)
        applyQuadrature(dual, series, layout, lanes, kernel, tangent)
      }
    }
  }

  /// Where the coefficients of a tile's series stand: of the first sample, and of the tile's first second sample; strides
  /// are between positions.
  private struct SeriesPair {
    let first: UnsafePointer<Double>
    let firstStride: Int
    let second: UnsafePointer<Double>
    let secondStride: Int
  }

  /// A tile's numbers from the tables: of one first sample, and of neighbouring second ones.
  private func load(
    _ table: Int, _ firstTables: SampleTables, _ first: Int, _ secondTables: SampleTables,
    _ seconds: Range<Int>,
    _ positions: Int
  ) {
    let lanes = seconds.count
    let (a, b) = (firstTables.first(table), firstTables.second(table, positions: positions))
    let (c, d) = (secondTables.first(table), secondTables.second(table, positions: positions))
    for position in 0..<positions {
      firstNumbers[position] = a[position * firstTables.samples + first]
      firstOthers[position] = b[position * firstTables.samples + first]
      let row = position * secondTables.samples + seconds.lowerBound
      (secondNumbers + position * lanes).update(from: c + row, count: lanes)
      (secondOthers + position * lanes).update(from: d + row, count: lanes)
    }
  }

  private func applyClosedForm(
    _ form: LaneGaussianDual, _ layout: TileLayout, _ lanes: Int, _ kernel: UnsafeMutablePointer<Double>,
    _ tangent: UnsafeMutablePointer<Double>?
  ) {
    var form = form
    guard layout.isFull else {
      (form.rows, form.length, form.secondStride) = (Int64(layout.positions), Int64(lanes), Int64(lanes))
      context.variant.pointee.gaussianDual(
        &form, firstNumbers, firstOthers, secondNumbers, secondOthers, kernel, tangent)
      return
    }
    (form.rows, form.length, form.secondStride) = (Int64(layout.width), Int64(layout.width * lanes), 0)
    for y in 0..<layout.height {
      for other in 0..<layout.height {
        let block = (y * layout.height + other) * layout.blockEntries * lanes
        let seconds = other * layout.width * lanes
        context.variant.pointee.gaussianDual(
          &form, firstNumbers + y * layout.width, firstOthers + y * layout.width, secondNumbers + seconds,
          secondOthers + seconds, kernel + block, tangent.map { $0 + block })
      }
    }
  }

  private func applyQuadrature(
    _ dual: GaussianDual, _ series: SeriesPair, _ layout: TileLayout, _ lanes: Int,
    _ kernel: UnsafeMutablePointer<Double>, _ tangent: UnsafeMutablePointer<Double>?
  ) {
    func apply(_ entry: Int, _ first: Int, _ second: Int) {
      let a = series.first + first * series.firstStride
      for lane in 0..<lanes {
        let place = entry * lanes + lane
        let b = series.second + second * series.secondStride + lane * HermiteSeries.stride
        let (q1, q2) = (firstNumbers[first], secondNumbers[second * lanes + lane])
        let rho = GaussianDual.correlation(q1: q1, q2: q2, c: kernel[place])
        var moments = DualMoments(value: 0, derivative: 0)
        if HermiteSeries.suffices(a, b, rho: rho) {
          context.variant.pointee.seriesDual(
            Int64(HermiteSeries.terms), a, b, rho, &moments.value, &moments.derivative)
        } else {
          moments = dual.moments(q1: q1, q2: q2, c: kernel[place])
        }
        kernel[place] = moments.value
        if let tangent { tangent[place] *= moments.derivative }
      }
    }
    guard layout.isFull else {
      for position in 0..<layout.positions { apply(position, position, position) }
      return
    }
    for entry in 0..<layout.entries {
      let (block, place) = (entry / layout.blockEntries, entry % layout.blockEntries)
      apply(
        entry, block / layout.height * layout.width + place / layout.width,
        block % layout.height * layout.width + place % layout.width)
    }
  }

  private func normalize(
    _ pairs: [(target: Int, source: Int)], _ terms: [(source: Int, weight: Double)], _ table: Int,
    _ epsilon: Double, _ tile: PairTile
  ) {
    let lanes = tile.lanes
    switch tile {
    case .itself(let samples, let isSecondSet):
      let tables = isSecondSet ? context.secondTables : context.firstTables
      average(terms, .kernel, into: scratch, tile)
      for (lane, sample) in samples.enumerated() {
        let inverse = 1 / (scratch[lane] + epsilon).squareRoot()
        tables.first(table)[sample] = inverse
        scratch[lane] = inverse * inverse
      }
    case .cross(let first, let seconds):
      let inverse = context.firstTables.first(table)[first]
      for (lane, second) in seconds.enumerated() {
        scratch[lane] = inverse * context.secondTables.first(table)[second]
      }
    }
    for pair in pairs {
      forEachKind { kind in
        let (out, from) = (place(pair.target, kind), place(pair.source, kind))
        for entry in 0..<layout(pair.target).entries {
          for lane in 0..<lanes { out[entry * lanes + lane] = from[entry * lanes + lane] * scratch[lane] }
        }
      }
    }
  }
}
