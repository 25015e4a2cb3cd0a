import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

/// A measurement, and why its value may be owed to rounding; nil when it is not.
struct DerivedMeasurement {
  let measurement: Measurement
  var doubt: String?
}

/// Measurements from one evaluation.
struct MeasurementDerivation {
  let evaluation: KernelEvaluation
  /// Of the batch.
  let labels: [Int]?
  /// What the kernel tends to with growing width; nil when no need asks for it.
  let limit: KernelMatrix?
  let network: NetworkSize
  let parameterNorm: Double
  /// Of the engine's arithmetic.
  let epsilon: Double
  /// What to call a row of the kernel in a message.
  let rowName: (Int) -> String

  func measurement(of need: MetricNeed) -> DerivedMeasurement {
    do {
      return try derive(need)
    } catch {
      return DerivedMeasurement(measurement: .failure(.nonFinite, message: "\(error)"))
    }
  }

  private func derive(_ need: MetricNeed) throws -> DerivedMeasurement {
    switch need {
    case .tangentKernelSpectrum: return judged(.spectrum(try spectrum(evaluation.kernel)), need)
    case .centeredKernelSpectrum: return try centered(evaluation.kernel, need)
    case .correlationKernelSpectrum: return try correlation(evaluation.kernel, need)
    case .layerEqualizedSpectrum, .layerEqualizedCorrelationSpectrum: return try layerEqualized(need)
    case .layerGradientNorms: return DerivedMeasurement(measurement: gradientNorms)
    case .inputGradientSpectrum: return judged(.spectrum(try spectrum(evaluation.inputGradientKernel)), need)
    case .centeredInputGradientSpectrum: return try centered(evaluation.inputGradientKernel, need)
    case .conjugateKernelSpectrum: return judged(.spectrum(try spectrum(evaluation.conjugateKernel)), need)
    case .tangentKernelLabelFit: return try labelFit(need)
    case .infiniteWidthDeviation: return DerivedMeasurement(measurement: try deviation())
    case .external(let measurement): return try external(measurement)
    case .network, .meanField, .infiniteTangentKernelSpectrum, .infiniteTangentKernelLabelFit,
      .gaussianProcessKernelSpectrum, .gaussianProcessKernelLabelFit, .recorded:
      return DerivedMeasurement(measurement: .failure(.cancelled, message: "it is not of the finite network"))
    }
  }

  private func labelFit(_ need: MetricNeed) throws -> DerivedMeasurement {
    let kernel = try DecomposedKernel(try evaluation.kernel.matrix, epsilon: epsilon)
    return judged(.labelFit(kernel, labels: labels, parameterNorm: parameterNorm), need)
  }

  private func external(_ external: ExternalMeasurement) throws -> DerivedMeasurement {
    var eigenvalues: [Double] = []
    var doubt: String?
    if external.inputs.contains(where: \.isOfKernel) {
      let kernel = judged(.spectrum(try spectrum(evaluation.kernel)), .tangentKernelSpectrum)
      eigenvalues = kernel.measurement.spectrum?.eigenvalues ?? []
      doubt = kernel.doubt
    }
    // What is evaluated again in double precision need not go to the plugin before.
    if doubt != nil, epsilon == Precision.single.epsilon {
      return DerivedMeasurement(
        measurement: .failure(.cancelled, message: "it was not asked for in single precision"), doubt: doubt)
    }
    let material = ExternalMaterial(
      evaluation: evaluation, network: network, eigenvalues: eigenvalues, labels: labels)
    do {
      return DerivedMeasurement(measurement: .external(try external.values(material)))
    } catch {
      return DerivedMeasurement(measurement: .failure(.pluginError, message: "\(error)"))
    }
  }

  private func deviation() throws -> Measurement {
    guard let limit else { return .failure(.cancelled, message: "the limit was not evaluated") }
    return .relativeDeviation(
      try Laziness.relativeChange(of: try evaluation.kernel.matrix, from: try limit.matrix))
  }

  private func spectrum(_ kernel: KernelMatrix?) throws -> KernelSpectrum {
    let kernel = kernel ?? KernelMatrix(rows: 0, columns: 0, values: [])
    return try KernelSpectrum(
      eigenvalues: try symmetricEigenvalues(kernel.values, order: kernel.rows), epsilon: epsilon)
  }

  // MARK: Forms of a kernel

  /// Rounding is relative to the kernel before centring, whose largest eigenvalue is often that of the mean which
  /// centring takes away: numerical rank is judged by it.
  private func centered(_ kernel: KernelMatrix?, _ need: MetricNeed) throws -> DerivedMeasurement {
    guard let kernel, kernel.rows > 1 else {
      return DerivedMeasurement(
        measurement: .failure(.rankDeficient, message: "a kernel of one row is zero once it is centred"))
    }
    let whole = try spectrum(kernel)
    let centered = try spectrum(kernel.centered)
    guard case .value(let scale) = whole.lambdaMax,
      let value = need == .centeredKernelSpectrum ? centered.eigenvalues.last : centered.eigenvalues.first
    else { return judged(.spectrum(centered), need) }
    let threshold = Double(kernel.rows) * epsilon * scale
    guard scale > 0, value > threshold else {
      let reason =
        scale > 0
        ? "\(value) of the centred kernel does not exceed n·ε·λ_max = \(threshold) of the kernel"
        : "the kernel is zero"
      return DerivedMeasurement(
        measurement: .failure(.rankDeficient, message: reason), doubt: "it is numerically singular")
    }
    var result = judged(.spectrum(centered), need)
    if result.doubt == nil { result.doubt = doubt(ratio: scale / value) }
    return result
  }

  private func correlation(_ kernel: KernelMatrix, _ need: MetricNeed) throws -> DerivedMeasurement {
    let zeros = kernel.zeroRows
    guard zeros.isEmpty else { return withoutGradient(zeros) }
    return judged(.spectrum(try spectrum(kernel.correlation)), need)
  }

  private func layerEqualized(_ need: MetricNeed) throws -> DerivedMeasurement {
    // The parameter filter leaves kernels alone, one a layer.
    let equalized = LayerEqualizedKernel(
      evaluation.perLayerKernels ?? [], inCorrelationForm: need == .layerEqualizedCorrelationSpectrum)
    guard let kernel = equalized.kernel else {
      return DerivedMeasurement(
        measurement: .failure(.rankDeficient, message: "no gradient reaches any layer's kernel"),
        doubt: "it is numerically singular")
    }
    let zeros = kernel.zeroRows
    guard zeros.isEmpty else { return withoutGradient(zeros) }
    return judged(.layerSum(try spectrum(kernel), omittedLayers: equalized.omittedLayers), need)
  }

  private var gradientNorms: Measurement {
    let layers = evaluation.perLayerKernels?.filter { $0.role == .weight } ?? []
    guard let first = layers.first, let last = layers.last else {
      return .failure(.rankDeficient, message: "the network has no convolution and no dense layer")
    }
    for layer in [first, last] {
      guard layer.meanDiagonal > 0 else {
        return .failure(.rankDeficient, message: "no gradient reaches layer '\(layer.layer)'")
      }
    }
    return .gradientNorms(first: first.meanDiagonal.squareRoot(), last: last.meanDiagonal.squareRoot())
  }

  private func withoutGradient(_ rows: [Int]) -> DerivedMeasurement {
    let shown = rows.prefix(10).map(rowName).joined(separator: ", ") + (rows.count > 10 ? ", …" : "")
    return DerivedMeasurement(
      measurement: .failure(
        .rankDeficient,
        message: "the gradient of \(rows.count == 1 ? "sample" : "samples") \(shown) (counted from 0) is zero"
      ),
      doubt: "it is numerically singular")
  }

  // MARK: Trust in single precision

  private func judged(_ measurement: Measurement, _ need: MetricNeed) -> DerivedMeasurement {
    var result = DerivedMeasurement(measurement: measurement)
    guard let spectrum = measurement.spectrum, let largest = spectrum.eigenvalues.first else { return result }
    switch need.decisive(spectrum) {
    case .undefined(.rankDeficient, _): result.doubt = "it is numerically singular"
    case .undefined: break
    case .value(let value):
      switch need {
      // How many eigenvalues are large does not depend on the small ones.
      case .centeredInputGradientSpectrum: break
      case .inputGradientSpectrum:
        result.doubt = doubt(ratio: largest / (value * (spectrum.trace.value ?? .nan)))
      default: result.doubt = doubt(ratio: value)
      }
    }
    return result
  }

  private func doubt(ratio: Double) -> String? {
    ratio > KernelMeter.largestSinglePrecisionConditionNumber ? "its condition number is \(ratio)" : nil
  }
}

extension KernelMatrix {
  fileprivate var matrix: Matrix {
    get throws { try Matrix(rows: rows, columns: columns, values: values) }
  }
}
