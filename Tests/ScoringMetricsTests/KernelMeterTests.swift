import Datasets
import NetworkGraph
import ScoringMetrics
import TangentKernel
import Testing
import Trainability

/// A linear map of two features with a bias.
private func linearMap(outputs: Int = 1) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: .features(2))
  let head = try builder.add(.dense(.init(units: outputs)), from: builder.input)
  return try CanonicalNetwork(builder.build(output: head))
}

/// Two samples at a distance: the kernel [[1 + 1, 1 + 1], [1 + 1, 1 + 1 + d²]].
private func pair(distance: Float) throws -> SampleBatch {
  try SampleBatch(shape: .features(2), count: 2, values: [1, 0, 1, distance])
}

private func measure(
  _ network: CanonicalNetwork, _ inputs: SampleBatch, _ settings: KernelSettings = KernelSettings(),
  budget: Int = .max
) throws -> MeterReading {
  let readings = KernelMeter(settings: settings).measure(
    network, [.tangentKernelSpectrum], seed: 0, inputs: inputs, workspace: KernelWorkspace()
  ) { bytes throws(KernelError) in
    guard bytes <= budget else { throw .overBudget(needed: bytes, budget: budget) }
    return 1
  }
  return try #require(readings[.tangentKernelSpectrum])
}

/// κ of `pair(distance:)`'s kernel by its closed form, from trace and determinant.
private func conditionNumber(distance: Double) -> Double {
  let (trace, determinant) = (4 + distance * distance, 2 * distance * distance)
  let root = (trace * trace / 4 - determinant).squareRoot()
  return (trace / 2 + root) * (trace / 2 + root) / determinant
}

@Test(arguments: [
  (0.5, Precision.single), (0.03, .single), (0.02, .double), (1e-3, .double), (1e-5, .double),
])
func singlePrecisionIsTrustedUpToAConditionNumberOfTenThousand(
  distance: Double, precision: Precision
) throws {
  let measurement = try measure(linearMap(), try pair(distance: Float(distance)))
  #expect(measurement.precision == precision)
  guard case .spectrum(let spectrum) = measurement.measurement else {
    Issue.record("no spectrum")
    return
  }
  #expect(spectrum.epsilon == precision.epsilon)
  let expected = conditionNumber(distance: Double(Float(distance)))
  let kappa = try #require(spectrum.conditionNumber.value)
  #expect(abs(kappa - expected) < 1e-3 * expected)
}

@Test func equalSamplesAreRankDeficientInDoubleToo() throws {
  let measurement = try measure(linearMap(), try pair(distance: 0))
  #expect(measurement.precision == .double)
  guard case .spectrum(let spectrum) = measurement.measurement else {
    Issue.record("no spectrum")
    return
  }
  #expect(spectrum.outcome == .rankDeficient)
}

@Test func moreRowsThanParametersIsKnownBeforehand() throws {
  let settings = KernelSettings(outputReduction: .full)
  // Two outputs: 4 rows and 6 parameters; without the biases 4 and 4; three samples would be 6 rows.
  #expect(try measure(linearMap(outputs: 2), try pair(distance: 1), settings).wasComputed)
  let three = try SampleBatch(shape: .features(2), count: 3, values: [1, 0, 0, 1, 1, 1])
  var kernels = settings
  kernels.parameterFilter = .kernels
  let measurement = try measure(linearMap(outputs: 2), three, kernels)
  #expect(!measurement.wasComputed)
  guard case .failure(.rankDeficient, let message) = measurement.measurement else {
    Issue.record("expected a failure")
    return
  }
  #expect(message == "more rows than parameters: 3 samples × 2 outputs, and 4 parameters")
}

@Test func whatDoesNotFitIsOverBudget() throws {
  let measurement = try measure(linearMap(), try pair(distance: 1), budget: 100)
  #expect(!measurement.wasComputed)
  guard case .failure(.overBudget, _) = measurement.measurement else {
    Issue.record("expected a failure")
    return
  }
}

@Test func aPromotionThatDoesNotFitSaysSo() throws {
  let network = try linearMap()
  let inputs = try pair(distance: 1e-3)
  let single = try KernelMeter(settings: KernelSettings()).bytes(
    network, [.tangentKernelSpectrum], samples: 2)
  let double = try KernelMeter(settings: KernelSettings(precision: .double)).bytes(
    network, [.tangentKernelSpectrum], samples: 2)
  try #require(single < double)
  let measurement = try measure(network, inputs, budget: single)
  guard case .failure(.overBudget, let message) = measurement.measurement else {
    Issue.record("expected a failure")
    return
  }
  #expect(message.contains("in single precision"))
  #expect(message.contains("in double precision it needs"))
}

@Test func whatTheEngineRefusesIsTheCandidatesFailure() throws {
  let inputs = try SampleBatch(shape: .features(3), count: 1, values: [1, 2, 3])
  let measurement = try measure(linearMap(), inputs)
  guard case .failure(.pluginError, let message) = measurement.measurement else {
    Issue.record("expected a failure")
    return
  }
  #expect(message == "the inputs have shape [3] but the network reads [2]")
}
