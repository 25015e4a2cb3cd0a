import Datasets
import NetworkGraph
import PluginHosting
import ScoringMetrics
import TangentKernel
import Trainability

/// Asks a plugin's metrics for the values of some small networks.
struct MetricTrial {
  struct Sample {
    let network: CanonicalNetwork
    let inputs: SampleBatch
    let settings: KernelSettings
    let values: [String: Double]
  }

  private let measurement: ExternalMeasurement
  private(set) var samples: [Sample] = []

  init(_ measurement: ExternalMeasurement) { self.measurement = measurement }

  var valueCount: Int { samples.reduce(0) { $0 + $1.values.count } }

  /// - Throws: the first fault, or what the shipped engine throws.
  mutating func run() throws {
    for (name, network) in try Self.networks {
      for (count, reduction) in [(2, OutputReduction.sum), (5, .full), (16, .trace)] {
        let drawn = try Dataset.gaussian(shape: network.network.inputShape).batch(count: count, seed: 0)
        let inputs = try SampleBatch(
          shape: drawn.shape, count: count, values: drawn.values, labels: (0..<count).map { $0 % 3 })
        let settings = KernelSettings(outputReduction: reduction, precision: .double)
        let values = try Self.values(measurement, network, inputs, settings, name)
        samples.append(Sample(network: network, inputs: inputs, settings: settings, values: values))
      }
    }
  }

  /// Whether a plugin that remembers nothing gives the same.
  func isRepeated() throws -> Bool {
    measurement.plugin.forget()
    return try samples.reversed().allSatisfy {
      try Self.values(measurement, $0.network, $0.inputs, $0.settings, "again") == $0.values
    }
  }

  private static func values(
    _ measurement: ExternalMeasurement, _ network: CanonicalNetwork, _ inputs: SampleBatch,
    _ settings: KernelSettings, _ name: String
  ) throws -> [String: Double] {
    let need = MetricNeed.external(measurement)
    let reading = KernelMeter(settings: settings).measure(
      network, [need], seed: 0, inputs: inputs, workspace: KernelWorkspace()
    ) { _ in 1 }[need]
    switch reading?.measurement {
    case .external(let values): return values
    case .failure(_, let message):
      throw measurement.plugin.fault(
        .malformedReply,
        "of \(name) with \(inputs.count) samples, reduction \(settings.outputReduction.rawValue): \(message)")
    default: return [:]
    }
  }

  /// A linear map, one with ReLUs, and one with convolutions and normalization.
  private static var networks: [(String, CanonicalNetwork)] {
    get throws {
      var linear = NetworkBuilder(input: .features(6))
      let map = try linear.add(.dense(Dense(units: 3)), from: linear.input)
      var relu = NetworkBuilder(input: .features(6))
      let hidden = try relu.add(.dense(Dense(units: 8)), from: relu.input)
      let active = try relu.add(.activation(.relu), from: hidden)
      let readout = try relu.add(.dense(Dense(units: 3)), from: active)
      var maps = NetworkBuilder(input: .maps(channels: 2, height: 4, width: 4))
      let stem = try maps.add(.convolution(Convolution(filters: 4, kernel: 3)), from: maps.input)
      let normalized = try maps.add(.batchNormalization(.init()), from: stem)
      let activated = try maps.add(.activation(.relu), from: normalized)
      let pooled = try maps.add(.globalAveragePooling, from: activated)
      let head = try maps.add(.dense(Dense(units: 3)), from: pooled)
      return [
        ("a linear map", try CanonicalNetwork(linear.build(output: map))),
        ("a network with ReLUs", try CanonicalNetwork(relu.build(output: readout))),
        ("a convolutional network", try CanonicalNetwork(maps.build(output: head))),
      ]
    }
  }
}
