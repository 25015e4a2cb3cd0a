import Trainability

/// A metric of a kernel together with the labels of the batch.
struct LabelMetric: ScoringMetric {
  let description: MetricDescription
  private let need: MetricNeed
  private let quantity: @Sendable (KernelSpectrum, LabelFit, _ parameterNorm: Double?) -> MetricValue

  func value(of measurements: Measurements) -> MetricValue {
    measurements.value(of: need) {
      guard case .labelFit(let spectrum, let fit, let norm) = $0 else { return nil }
      return quantity(spectrum, fit, norm)
    }
  }

  static let all = ofFiniteWidth + ofKernel(.infiniteTangent) + ofKernel(.gaussianProcess)

  private static let ofFiniteWidth: [LabelMetric] =
    ofKernel(.tangent) + [
      LabelMetric(
        "labelDisplacement", title: "‖Δθ‖", unit: "parameters' norm",
        explanation:
          "How far training for ever moves the parameters of the linearised network, √(yᵀK⁺y), from outputs of zero to "
          + "the labels.",
        source: "Lee et al. 2019, equation 8; Arora et al. 2019, theorem 5.1",
        .lowerIsBetter,
        because:
          "a network that moves less stays nearer to its linearisation; compare it only within one parameterization",
        scale: .logarithmic, of: .tangent
      ) { _, fit, _ in MetricValue(finite: fit.displacement) },
      LabelMetric(
        "relativeDisplacement", title: "‖Δθ‖/‖θ₀‖",
        explanation:
          "The same over the norm that the parameters are drawn with: how lazily the network trains, lazy being far "
          + "below 1.",
        source: "Chizat, Oyallon and Bach 2019; Lee et al. 2019, §2.2",
        .lowerIsBetter, because: "a lazier network trains as its kernel says",
        scale: .logarithmic, of: .tangent
      ) { _, fit, norm in
        guard let norm, norm > 0 else {
          return .failure(.notApplicable, message: "the parameters are drawn with norm 0")
        }
        return MetricValue(finite: fit.displacement / norm)
      },
    ]

  /// Which kernel, in names and in words.
  private enum Kernel {
    case tangent, infiniteTangent, gaussianProcess

    var need: MetricNeed {
      switch self {
      case .tangent: .tangentKernelLabelFit
      case .infiniteTangent: .infiniteTangentKernelLabelFit
      case .gaussianProcess: .gaussianProcessKernelLabelFit
      }
    }

    func name(_ name: String) -> String {
      switch self {
      case .tangent: name
      case .infiniteTangent: "infinite" + name.prefix(1).uppercased() + name.dropFirst()
      case .gaussianProcess: "nngp" + name.prefix(1).uppercased() + name.dropFirst()
      }
    }

    func title(_ title: String) -> String {
      switch self {
      case .tangent: title
      case .infiniteTangent: title + "∞"
      case .gaussianProcess: title + " NNGP"
      }
    }

    var text: String {
      switch self {
      case .tangent: "the finite-width tangent kernel"
      case .infiniteTangent: "the tangent kernel of infinite width"
      case .gaussianProcess: "the NNGP kernel"
      }
    }
  }

  private static func ofKernel(_ kernel: Kernel) -> [LabelMetric] {
    let fit: [LabelMetric] = [
      LabelMetric(
        kernel.name("validationAccuracy"), title: kernel.title("accuracy"), unit: "share of samples",
        explanation:
          "Share of the batch that regression with \(kernel.text) on all other samples classifies as labelled: "
          + "leave-one-out, on one-hot labels, with a ridge of \(LabelFit.relativeRidge) mean diagonals.",
        source: "Park et al. 2020; leave-one-out by Rasmussen and Williams 2006, §5.4.2",
        .higherIsBetter, because: "the trained network classifies better what it has not seen",
        scale: .linear, of: kernel
      ) { _, fit, _ in .value(fit.validationAccuracy) },
      LabelMetric(
        kernel.name("labelAlignment"), title: kernel.title("alignment"),
        explanation: "Centred alignment of \(kernel.text) with the labels' own kernel: from 0 to 1.",
        source: "Cortes, Mohri and Rostamizadeh 2012, definition 4",
        .higherIsBetter, because: "samples of one class are alike to the kernel, and those of others are not",
        scale: .linear, of: kernel
      ) { _, fit, _ in
        fit.alignment.map { MetricValue(finite: $0) }
          ?? .failure(.rankDeficient, message: "the kernel does not vary over samples")
      },
    ]
    guard kernel != .gaussianProcess else { return fit }
    return fit + [
      LabelMetric(
        kernel.name("labelComplexity"), title: kernel.title("√(2yᵀK⁻¹y/n)"),
        explanation:
          "Arora's complexity measure √(2 yᵀK⁻¹y/n) with \(kernel.text): what the bound of generalisation owes to the labels.",
        source: "Arora et al. 2019 (Fine-grained analysis), theorem 5.1",
        .lowerIsBetter,
        because:
          "labels along large eigenvalues are learnt from less data; it scales inversely with the root of the kernel, "
          + "so compare it only within one parameterization",
        scale: .logarithmic, of: kernel
      ) { spectrum, fit, _ in
        fit.complexity.map { MetricValue(finite: $0) }
          ?? absence(spectrum, "the labels are not learnt to the end")
      },
      LabelMetric(
        kernel.name("labelStepsToOnePercent"), title: kernel.title("steps on labels"), unit: "steps",
        explanation:
          "Steps of full-batch gradient descent at η = 2/(λ_max+λ_r), λ_r the smallest eigenvalue that is not rounding, until the loss on these labels is 1 %, by \(kernel.text).",
        source: "Lee et al. 2019, equation 8; Arora et al. 2019 (Fine-grained analysis), §4",
        .lowerIsBetter, because: "fewer steps", scale: .logarithmic, of: kernel
      ) { spectrum, fit, _ in
        fit.stepsToOnePercent.map { MetricValue(finite: $0) }
          ?? absence(spectrum, "the loss on these labels stays above 1 %")
      },
    ]
  }

  /// Why a quantity that needs the kernel's inverse is not there.
  private static func absence(_ spectrum: KernelSpectrum, _ otherwise: String) -> MetricValue {
    if case .undefined(let outcome, let reason) = spectrum.conditionNumber {
      return .failure(outcome, message: reason)
    }
    return .failure(.rankDeficient, message: otherwise)
  }

  private init(
    _ name: String, title: String, unit: String = "1", explanation: String, source: String,
    _ direction: MetricDirection, because directionReason: String, scale: MetricScale, of kernel: Kernel,
    quantity: @escaping @Sendable (KernelSpectrum, LabelFit, _ parameterNorm: Double?) -> MetricValue
  ) {
    description = MetricDescription(
      name: name, title: title, unit: unit, explanation: explanation, source: source, direction: direction,
      directionReason: directionReason, scale: scale, needs: [kernel.need])
    need = kernel.need
    self.quantity = quantity
  }
}
