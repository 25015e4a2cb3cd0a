import MeanField
import Reports

/// What `meanfield` prints.
struct MeanFieldDocument {
  private let analysis: MeanFieldAnalysis
  private let criticalPoint: CriticalPoint?
  private let law: ConditionNumberLaw?
  private let samples: Int
  private let budget: Double
  /// The deepest network within the budget; nil when there is no limit up to `deepest` layers.
  private let maximalDepth: Int?
  /// The last layer asked for.
  private let layer: (depth: Int, pair: KernelPair)?
  private let cube: BooleanCubeDocument?

  /// Trainable networks deeper than this are not told apart.
  private static let deepest = 2000

  init(
    _ analysis: MeanFieldAnalysis, samples: Int, readout: Readout, correlation: Double, dataVariance: Double,
    depth: Int?, budget: Double, cube: BooleanCubeDocument? = nil
  ) throws {
    self.analysis = analysis
    self.samples = samples
    self.budget = budget
    self.cube = cube
    criticalPoint = try CriticalLine(analysis.maps.activation).point(biasVariance: analysis.maps.biasVariance)
    law = analysis.conditionNumberLaw(samples: samples, readout: readout)
    let first = analysis.varianceFixedPoint.value.flatMap { $0 > 0 ? $0 : nil } ?? dataVariance
    maximalDepth = try analysis.maximalDepth(
      conditionNumberAtMost: budget, samples: samples, correlation: correlation, variance: first,
      limit: Self.deepest)
    layer = try depth.flatMap { depth in
      try analysis.layers(depth, correlation: correlation, variance: first).last.map { (depth, $0) }
    }
  }

  // MARK: For people

  func page(style: TerminalStyle) -> String {
    let maps = analysis.maps
    let heading = [
      maps.activation.text, "σ_w² = \(NumberText.short(maps.weightVariance))",
      "σ_b² = \(NumberText.short(maps.biasVariance))",
    ].joined(separator: ", ")
    let table = TextTable(
      [
        .init("quantity", .left, importance: 3, isEssential: true),
        .init("value", .right, importance: 3, isEssential: true),
        .init("meaning", .left, importance: 1, shortestCell: 20),
      ], rows: rows)
    let lines = table.rendered(width: Terminal.outputWidth, style: style).lines
    return style("\(heading): \(analysis.phase.rawValue)", .strong) + "\n\n" + lines.joined(separator: "\n")
      + "\n" + (cube.map { "\n" + $0.page(style: style) } ?? "")
  }

  private var rows: [[String]] {
    var rows: [[String]] = []
    func add(_ name: String, _ value: Double?, _ meaning: String) {
      guard let value else { return }
      rows.append([name, value == .infinity ? "∞" : NumberText.significant(value), meaning])
    }
    switch analysis.varianceFixedPoint {
    case .stable(let q): add("q*", q, "the variance that pre-activations settle at")
    case .grows(let factor):
      rows.append([
        "q*", "none",
        factor > 1
          ? "variances grow by \(NumberText.significant(factor)) a layer, without bound"
          : "variances grow linearly with depth, without bound",
      ])
    }
    add("c*", analysis.correlationFixedPoint, "the correlation that all inputs end at")
    add("χ₁", analysis.gradientGain, "growth of squared gradients a layer")
    add("χ_c*", analysis.correlationSlope, "growth of small differences of correlation at c*")
    add("ξ₁", analysis.gradientDepthScale, "layers in which gradients change e-fold")
    add("ξ_c*", analysis.correlationDepthScale, "layers in which correlations come e times nearer to c*")
    add("ξ_q", analysis.varianceDepthScale, "layers in which variances come e times nearer to q*")
    add("ξ_*", analysis.generalisationDepthScale, "layers over which generalisation fades")
    add("p*", analysis.tangentFixedPoint, "what all entries of the tangent kernel tend to")
    add("p_ab*", analysis.tangentOffDiagonalFixedPoint, "what entries off the kernel's diagonal tend to")
    if let criticalPoint {
      add("critical σ_w²", criticalPoint.weightVariance, "where χ₁ = 1 for this σ_b²")
    }
    if let law { rows.append(["κ(l)", limitText(law), law.text]) }
    if let law = analysis.generalisationLaw { rows.append(["ΔP(l)", "", law]) }
    if analysis.phase == .ordered {
      add("C ξ₁", analysis.trainableDepth, "about the deepest that trains, C = 8")
    }
    if analysis.phase == .chaotic {
      add("C ξ_*", analysis.generalisingDepth, "about the deepest that generalises, C = 8")
    }
    rows.append([
      "deepest", maximalDepth.map(String.init) ?? "≥ \(Self.deepest)",
      "layers with κ ≤ \(NumberText.short(budget)) on \(samples) inputs",
    ])
    if let (depth, pair) = layer {
      let at = "at layer \(depth)"
      add("q_l", pair.variance, "the variance of pre-activations \(at)")
      add("c_l", pair.correlation, "the correlation \(at)")
      add("p_l", pair.tangentDiagonal, "the tangent kernel's diagonal \(at)")
      add("p_ab,l", pair.tangentOffDiagonal, "its other entries \(at)")
      add("κ_l", pair.conditionNumber(samples: samples), "its condition number on \(samples) inputs")
    }
    return rows
  }

  private func limitText(_ law: ConditionNumberLaw) -> String {
    switch law {
    case .explodes: "→ ∞"
    case .converges(let limit): "→ " + NumberText.significant(limit)
    case .approachesOne: "→ 1"
    }
  }

  // MARK: For programs

  var json: String {
    let maps = analysis.maps
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
    var growth: Double?
    if case .grows(let factor) = analysis.varianceFixedPoint { growth = factor }
    var members: [(String, JSONValue)] = [
      ("activation", .text(maps.activation.text)),
      ("weightVariance", .number(maps.weightVariance)),
      ("biasVariance", .number(maps.biasVariance)),
      ("phase", .text(analysis.phase.rawValue)),
      ("varianceFixedPoint", number(analysis.varianceFixedPoint.value)),
      ("varianceGrowth", number(growth)),
      ("correlationFixedPoint", number(analysis.correlationFixedPoint)),
      ("gradientGain", .number(analysis.gradientGain)),
      ("correlationSlope", number(analysis.correlationSlope)),
      ("varianceSlope", number(analysis.varianceSlope)),
      ("gradientDepthScale", .number(analysis.gradientDepthScale)),
      ("correlationDepthScale", number(analysis.correlationDepthScale)),
      ("varianceDepthScale", number(analysis.varianceDepthScale)),
      ("generalisationDepthScale", number(analysis.generalisationDepthScale)),
      ("tangentFixedPoint", number(analysis.tangentFixedPoint)),
      ("tangentOffDiagonalFixedPoint", number(analysis.tangentOffDiagonalFixedPoint)),
      ("criticalWeightVariance", number(criticalPoint?.weightVariance)),
      ("conditionNumberLaw", law.map { .text($0.text) } ?? .null),
      ("conditionNumberLimit", number(law.map { $0.conditionNumber(depth: .infinity) })),
      ("generalisationLaw", analysis.generalisationLaw.map(JSONValue.text) ?? .null),
      ("trainableDepth", .number(analysis.trainableDepth)),
      ("generalisingDepth", number(analysis.generalisingDepth)),
      ("samples", .integer(samples)),
      ("conditionNumberBudget", .number(budget)),
      ("maximalDepth", maximalDepth.map(JSONValue.integer) ?? .null),
    ]
    if let (depth, pair) = layer {
      members.append(
        (
          "layer",
          .object([
            ("depth", .integer(depth)), ("variance", .number(pair.variance)),
            ("correlation", .number(pair.correlation)), ("tangentDiagonal", .number(pair.tangentDiagonal)),
            ("tangentOffDiagonal", .number(pair.tangentOffDiagonal)),
            ("conditionNumber", .number(pair.conditionNumber(samples: samples))),
            ("lawConditionNumber", number(law.map { $0.conditionNumber(depth: Double(depth)) })),
          ])
        ))
    }
    if let cube { members.append(("booleanCube", cube.json)) }
    return JSONValue.object(members).indented + "\n"
  }
}
