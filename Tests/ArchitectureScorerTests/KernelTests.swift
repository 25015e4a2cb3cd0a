import ArchitectureScorer
import Datasets
import NetworkGraph
import TangentKernel
import Testing
import Trainability

private let scorer = Scorer()

private func linearMap(outputs: Int = 2) throws -> Network {
  var builder = NetworkBuilder(input: .features(3))
  let head = try builder.add(.dense(.init(units: outputs, bias: false)), name: "head", from: builder.input)
  return try builder.build(output: head)
}

private let inputs = try? SampleBatch(
  shape: .features(3), count: 3, values: [1, 0, 0, 1, 2, 0, 0, 1, 3])

@Test func theKernelOfALinearMapIsTheGramMatrixOfItsInputs() throws {
  // Two summed outputs: each adds the Gram matrix once.
  let request = KernelRequest(
    network: try linearMap(), inputs: try #require(inputs), settings: .init(precision: .double))
  let result = try scorer.kernel(request)
  #expect(result.kernel.values == [2, 2, 0, 2, 10, 4, 0, 4, 20])
  let report = result.report
  #expect(report.outcome == .ok)
  #expect(report.samples == 3)
  #expect(report.outputs == 2)
  let spectrum = try #require(report.spectrum)
  let eigenvalues = try #require(spectrum.eigenvalues)
  #expect(eigenvalues == eigenvalues.sorted(by: >))
  #expect(abs(try #require(spectrum.kernelTrace) - 32) < 1e-12)
  #expect(spectrum.conditionNumber == eigenvalues[0] / eigenvalues[2])
  #expect(report.secondsAll == [report.seconds])
  #expect(report.firstSeconds == report.seconds)
  #expect(report.peakMemoryBytes > 1 << 20)
  #expect(report.multiplyAdds > 0)
}

@Test func repetitionsReportTheMedianWithoutTheFirst() throws {
  let request = KernelRequest(
    network: try linearMap(), inputs: try #require(inputs), repetitions: 3, resources: .init(threads: 1))
  let report = try scorer.kernel(request).report
  #expect(report.secondsAll.count == 4)
  #expect(report.firstSeconds == report.secondsAll[0])
  #expect(report.seconds == report.secondsAll.dropFirst().sorted()[1])
}

@Test func aKernelBetweenTwoSetsHasNoSpectrum() throws {
  let second = try SampleBatch(shape: .features(3), count: 1, values: [1, 1, 1])
  let request = KernelRequest(
    network: try linearMap(outputs: 1), inputs: try #require(inputs), secondInputs: second,
    settings: .init(precision: .double))
  let result = try scorer.kernel(request)
  #expect((result.kernel.rows, result.kernel.columns) == (3, 1))
  #expect(result.kernel.values == [1, 3, 4])
  #expect(result.report.spectrum == nil)
  #expect(result.report.outcome == .ok)
}

@Test func singularKernelsAreAResultAndPrecisionIsAsAsked() throws {
  let twice = try SampleBatch(shape: .features(3), count: 2, values: [1, 2, 3, 1, 2, 3])
  let report = try scorer.kernel(KernelRequest(network: try linearMap(), inputs: twice)).report
  #expect(report.outcome == .rankDeficient)
  #expect(report.message?.contains("λ_min") == true)
  #expect(report.spectrum?.conditionNumber == nil)
  #expect(report.spectrum?.eigenvalues?.count == 2)
}

@Test func infiniteInputsGiveATypedOutcome() throws {
  let infinite = try SampleBatch(shape: .features(3), count: 2, values: [.infinity, 2, 3, 1, 2, 3])
  let report = try scorer.kernel(KernelRequest(network: try linearMap(), inputs: infinite)).report
  #expect(report.outcome == .nonFinite)
  #expect(report.spectrum != nil)
  #expect(report.spectrum?.eigenvalues == nil)
  #expect(report.spectrum?.lambdaMax == nil)
}

@Test func weightsOfAnotherNetworkAreRefused() throws {
  let weights = ["head.weight": try NumericArray(shape: [2, 4], values: .init(repeating: 1, count: 8))]
  let request = KernelRequest(
    network: try linearMap(), inputs: try #require(inputs), parameters: .arrays(weights))
  let error = try #require(throws: ScorerError.self) { try scorer.kernel(request) }
  #expect("\(error)".contains("head.weight"))
  #expect(error.isInvalidInput)
}

@Test func infiniteWidthReadsInputsInDoublePrecision() throws {
  // Of a linear map K = σ_w² x·x′/d, and Θ in the standard parameterization x·x′; there is no bias.
  let exact = [1.0 / 3, 0.1, -0.7, 2.0 / 7, 1e-9, 1]
  let batch = try SampleBatch(shape: .features(3), count: 2, values: exact.map(Float.init))
  func product(_ i: Int, _ j: Int) -> Double {
    (0..<3).reduce(0) { $0 + exact[i * 3 + $1] * exact[j * 3 + $1] }
  }
  for kind in [KernelKind.nngp, .ntk] {
    let result = try scorer.kernel(
      KernelRequest(kind: kind, network: try linearMap(), inputs: batch, exactInputs: exact))
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      let expected = kind == .nngp ? 2 * product(i, j) / 3 : product(i, j)
      #expect(abs(result.kernel[i, j] - expected) < 1e-15)
    }
    #expect(result.report.spectrum?.eigenvalues?.count == 2)
  }
}

@Test func whatHasNoInfiniteWidthIsRefusedByName() throws {
  var builder = NetworkBuilder(input: .features(3))
  let active = try builder.add(.activation(.relu), name: "bare", from: builder.input)
  let network = try builder.build(output: active)
  let request = KernelRequest(kind: .ntk, network: network, inputs: try #require(inputs))
  let error = try #require(throws: ScorerError.self) { try scorer.kernel(request) }
  #expect("\(error)".contains("'bare' (relu)"))
  #expect(error.isInvalidInput)
}

@Test func coupledBatchNormBetweenTwoSetsIsRefused() throws {
  var builder = NetworkBuilder(input: .features(3))
  let hidden = try builder.add(.dense(.init(units: 4)), from: builder.input)
  let normalized = try builder.add(.batchNormalization(.init()), from: hidden)
  let network = try builder.build(output: normalized)
  var request = KernelRequest(
    network: network, inputs: try #require(inputs), settings: .init(normalizationMode: .batch))
  #expect(try scorer.kernel(request).report.samples == 3)
  request.secondInputs = inputs
  let error = try #require(throws: ScorerError.self) { try scorer.kernel(request) }
  #expect("\(error)".contains("'batch'"))
  #expect(error.isInvalidInput)
}
