import MeanField
import Reports

/// What `meanfield --boolean-cube` prints: which functions of d signs a network's kernels prefer.
struct BooleanCubeDocument {
  private let hiddenLayers: Int
  private let conjugate: BooleanCubeSpectrum
  private let tangent: BooleanCubeSpectrum
  /// Of the tangent kernel, by degree.
  private let optimal: [BooleanCubeSpectrum.OptimalDepth]

  /// Depths that are tried for each degree.
  private static let depths = 1...32
  /// Degrees that a page shows.
  private static let shown = 9

  init(_ maps: WideNetworkMaps, hiddenLayers: Int, dimension: Int) throws {
    self.hiddenLayers = hiddenLayers
    conjugate = try BooleanCubeSpectrum(.conjugate, maps, hiddenLayers: hiddenLayers, dimension: dimension)
    tangent = try BooleanCubeSpectrum(.tangent, maps, hiddenLayers: hiddenLayers, dimension: dimension)
    optimal = try BooleanCubeSpectrum.optimalDepths(
      .tangent, maps, dimension: dimension, depths: Self.depths)
  }

  func page(style: TerminalStyle) -> String {
    let number = { (value: Double) in NumberText.significant(value) }
    let table = TextTable(
      [
        .init("degree", .right, importance: 3, isEssential: true), .init("monomials", .right, importance: 1),
        .init("μ (CK)", .right, importance: 2), .init("share (CK)", .right, importance: 3),
        .init("μ (NTK)", .right, importance: 2), .init("share (NTK)", .right, importance: 3),
        .init("best depth", .right, importance: 2),
      ],
      rows: zip(conjugate.degrees, tangent.degrees).prefix(Self.shown).map { conjugate, tangent in
        [
          "\(tangent.degree)", number(tangent.multiplicity), number(conjugate.eigenvalue),
          number(conjugate.fractionalVariance), number(tangent.eigenvalue),
          number(tangent.fractionalVariance),
          tangent.fractionalVariance > 0 ? Self.text(optimal[tangent.degree]) : "",
        ]
      })
    let lines =
      [
        style(
          "Boolean cube {±1}^\(tangent.dimension), \(NumberText.counted(hiddenLayers, "hidden layer"))",
          .strong), "",
      ]
      + table.rendered(width: Terminal.outputWidth, style: style).lines + [
        "",
        "share of degrees from 2 on: CK \(number(conjugate.fractionalVariance(fromDegree: 2))), "
          + "NTK \(number(tangent.fractionalVariance(fromDegree: 2)))",
        "largest learning rate for ½E(f − y)²: CK \(number(conjugate.maximalLearningRate())), "
          + "NTK \(number(tangent.maximalLearningRate()))",
        "best depth: the hidden layers, up to \(Self.depths.upperBound), with the degree's largest share (NTK)",
      ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// A degree that is still growing at the deepest network tried wants a deeper one.
  private static func text(_ optimal: BooleanCubeSpectrum.OptimalDepth) -> String {
    optimal.hiddenLayers == depths.upperBound ? "≥ \(optimal.hiddenLayers)" : "\(optimal.hiddenLayers)"
  }

  var json: JSONValue {
    func degrees(_ spectrum: BooleanCubeSpectrum) -> JSONValue {
      .array(
        spectrum.degrees.map {
          .object([
            ("degree", .integer($0.degree)), ("eigenvalue", .number($0.eigenvalue)),
            ("uncertainty", .number($0.uncertainty)), ("multiplicity", .number($0.multiplicity)),
            ("fractionalVariance", .number($0.fractionalVariance)),
          ])
        })
    }
    return .object([
      ("dimension", .integer(tangent.dimension)), ("hiddenLayers", .integer(hiddenLayers)),
      ("conjugateKernel", degrees(conjugate)), ("tangentKernel", degrees(tangent)),
      (
        "maximalLearningRates",
        .object([
          ("conjugateKernel", .number(conjugate.maximalLearningRate())),
          ("tangentKernel", .number(tangent.maximalLearningRate())),
        ])
      ),
      (
        "optimalDepths",
        .array(
          optimal.map {
            .object([
              ("degree", .integer($0.degree)), ("hiddenLayers", .integer($0.hiddenLayers)),
              ("fractionalVariance", .number($0.fractionalVariance)),
            ])
          })
      ),
    ])
  }
}
