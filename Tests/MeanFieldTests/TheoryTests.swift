import Foundation
import MeanField
import NetworkGraph
import Testing
import TheoryCases

@Suite struct TheoryOfMeanFieldTests {
  @Test func theoryMeanField() throws {
    let theory = try TheoryCase("16-mean-field")
    var checks = TheoryChecks(theory)
    for (point, expected) in zip(try theory.input["points"].array, try theory.expected.array) {
      let values = try point.array
      let name = "\(try values[0].text) \(try values[1].number) \(try values[2].number)"
      let analysis = try MeanFieldAnalysis(
        try WideNetworkMaps(
          activation: try values[0].activation, weightVariance: try values[1].number,
          biasVariance: try values[2].number))
      let computed: [String: Double?] = [
        "q": analysis.varianceFixedPoint.value, "c": analysis.correlationFixedPoint,
        "chi1": analysis.gradientGain, "chic": analysis.correlationSlope,
        "xi1": analysis.gradientDepthScale, "xic": analysis.correlationDepthScale,
        "alpha_q": analysis.varianceSlope, "xi_q": analysis.varianceDepthScale,
        "xi_star": analysis.generalisationDepthScale, "p": analysis.tangentFixedPoint,
        "p_ab": analysis.tangentOffDiagonalFixedPoint,
      ]
      for (key, value) in try expected.members {
        if key == "phase" {
          checks.check(analysis.phase.rawValue == (try value.text), "\(name): phase is \(analysis.phase)")
          continue
        }
        let known = try #require(computed[key], "the case has a key '\(key)' that is not computed")
        try checks.compare(try #require(known, "\(name): \(key)"), to: value, "\(name): \(key)")
      }
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryCriticalLine() throws {
    let theory = try TheoryCase("17-critical-line")
    var checks = TheoryChecks(theory)
    for (point, expected) in zip(try theory.input["points"].array, try theory.expected.array) {
      let values = try point.array
      let line = CriticalLine(try values[0].activation)
      let critical = try #require(try line.point(biasVariance: try values[1].number))
      try checks.compare(critical.weightVariance, to: expected, "\(try values[0].text)")
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryConditionNumberOverDepth() throws {
    let theory = try TheoryCase("18-kappa-vs-depth")
    var checks = TheoryChecks(theory)
    let (input, expected) = (theory.input, theory.expected)
    let analysis = try MeanFieldAnalysis(
      try WideNetworkMaps(
        activation: try input["act"].activation, weightVariance: try input["sw2"].number,
        biasVariance: try input["sb2"].number))
    try checks.compare(try #require(analysis.varianceFixedPoint.value), to: expected["q"], "q")
    let samples = try input["m"].integer
    let first = try? input["q1"].number  // "q*", the fixed point, is no number.
    let depths = try input["layers"].array.map { try $0.integer }
    let layers = try analysis.layers(depths.max() ?? 1, correlation: try input["c1"].number, variance: first)
    for (index, depth) in depths.enumerated() {
      let layer = layers[depth - 1]
      try checks.compare(layer.correlation, to: expected["c"].array[index], "c at \(depth)")
      try checks.compare(layer.tangentDiagonal, to: expected["p"].array[index], "p at \(depth)")
      try checks.compare(layer.tangentOffDiagonal, to: expected["p_ab"].array[index], "p_ab at \(depth)")
      try checks.compare(
        layer.conditionNumber(samples: samples), to: expected["kappa"].array[index], "kappa at \(depth)")
    }
    let relu = try input["relu"]
    let rectified = try MeanFieldAnalysis(
      try WideNetworkMaps(
        activation: .relu, weightVariance: try relu["sw2"].number, biasVariance: try relu["sb2"].number),
      dataVariance: try relu["q1"].number)
    let deep = try #require(
      try rectified.layers(
        try relu["layer"].integer, correlation: try relu["c1"].number, variance: try relu["q1"].number
      ).last)
    try checks.compare(deep.tangentDiagonal, to: expected["relu_p"], "relu_p")
    try checks.compare(deep.tangentOffDiagonal, to: expected["relu_p_ab"], "relu_p_ab")
    try checks.compare(deep.conditionNumber(samples: samples), to: expected["relu_kappa"], "relu_kappa")
    for (key, value) in try expected.members where key.hasPrefix("critical_limit_") {
      let name = key.dropFirst("critical_limit_".count)
      let marks = ["_fcn", "_flatten", "_pool_d"].compactMap { name.range(of: $0)?.lowerBound }
      let mark = try #require(marks.min(), "the case has a key '\(key)'")
      let (activation, isSmooth) = (String(name[..<mark]), name.hasPrefix("smooth"))
      let analysis = try critical(
        isSmooth ? try input["act"].activation : .init(theoryName: activation),
        biasVariance: try (isSmooth ? input : relu)["sb2"].number)
      let readout = try #require(
        Readout(theoryName: String(name[mark...].dropFirst())), "the case has a key '\(key)'")
      let law = try #require(analysis.conditionNumberLaw(samples: samples, readout: readout))
      try checks.compare(law.conditionNumber(depth: 1), to: value, key)
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  private func critical(_ activation: Activation, biasVariance: Double) throws -> MeanFieldAnalysis {
    let point = try #require(try CriticalLine(activation).point(biasVariance: biasVariance))
    let maps = try WideNetworkMaps(
      activation: activation, weightVariance: point.weightVariance, biasVariance: point.biasVariance)
    let analysis = try MeanFieldAnalysis(maps)
    #expect(analysis.phase == .critical)
    return analysis
  }

  @Test func theoryBooleanCube() throws {
    let theory = try TheoryCase("19-boolean-cube")
    var checks = TheoryChecks(theory)
    let expected = theory.expected
    let (conjugate, tangent) = try spectra(theory)
    try checks.compare(conjugate.degrees.map(\.eigenvalue), to: expected["ck_mu"], "ck_mu")
    try checks.compare(tangent.degrees.map(\.eigenvalue), to: expected["ntk_mu"], "ntk_mu")
    try checks.compare(
      conjugate.degrees.map(\.fractionalVariance), to: expected["ck_fraction"], "ck_fraction")
    try checks.compare(
      tangent.degrees.map(\.fractionalVariance), to: expected["ntk_fraction"], "ntk_fraction")
    try checks.compare(
      tangent.maximalLearningRate(.whole), to: expected["max_lr_mse_without_half"], "max_lr_mse_without_half")
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  @Test func theoryBooleanCubeInManyDimensions() throws {
    let theory = try TheoryCase("20-boolean-cube-large-d")
    var checks = TheoryChecks(theory)
    let (conjugate, tangent) = try spectra(theory)
    let degrees = try theory.input["degrees"].array.map { try $0.integer }
    for (key, spectrum) in [("ck_fraction", conjugate), ("ntk_fraction", tangent)] {
      try checks.compare(
        degrees.map { spectrum.degrees[$0].fractionalVariance }, to: theory.expected[key], key)
    }
    checks.report()
    #expect(checks.failures == [] && checks.count > 0)
  }

  private func spectra(_ theory: TheoryCase) throws -> (BooleanCubeSpectrum, BooleanCubeSpectrum) {
    let input = theory.input
    let maps = try WideNetworkMaps(
      activation: try input["act"].activation, weightVariance: try input["sw2"].number,
      biasVariance: try input["sb2"].number)
    let (layers, dimension) = (try input["hidden_layers"].integer, try input["d"].integer)
    return (
      try BooleanCubeSpectrum(.conjugate, maps, hiddenLayers: layers, dimension: dimension),
      try BooleanCubeSpectrum(.tangent, maps, hiddenLayers: layers, dimension: dimension)
    )
  }
}

extension Readout {
  /// `fcn`, `flatten`, or `pool_d9` for average pooling over nine positions.
  fileprivate init?(theoryName name: String) {
    if name == "fcn" {
      self = .fullyConnected
    } else if name == "flatten" {
      self = .flatten
    } else if let positions = TheoryCase.number(in: name, between: "pool_d").flatMap(Int.init(exactly:)) {
      self = .averagePooling(positions: positions)
    } else {
      return nil
    }
  }
}
