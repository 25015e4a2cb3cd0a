import NetworkGraph

/// What an evaluation keeps of its passes beside the kernel. Nothing is computed that was not asked for.
public struct KernelExtras: OptionSet, Hashable, Sendable {
  /// One bit for each extra.
  public let rawValue: UInt8

  /// - Parameter rawValue: bits without a meaning are kept and ask for nothing.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The kernel's share of each parameter array. Memory: one kernel more for each; no arithmetic.
  public static let perLayerKernels = KernelExtras(rawValue: 1 << 0)
  /// The Gram matrix of the gradients by the input. Costs the first layers' backward passes.
  public static let inputGradientKernel = KernelExtras(rawValue: 1 << 1)
  /// The Gram matrix of the last hidden features.
  public static let conjugateKernel = KernelExtras(rawValue: 1 << 2)
  /// Moments of every layer's values. Reads each value once more.
  public static let signalStatistics = KernelExtras(rawValue: 1 << 3)
  /// Agreement of activation patterns: O(n² · units) multiply–adds.
  public static let activationPatterns = KernelExtras(rawValue: 1 << 4)
  /// Wall time by phase. Costs a few clock readings for each pass and each chunk of weights.
  public static let phaseSeconds = KernelExtras(rawValue: 1 << 5)
}

/// One parameter array's share of a kernel.
public struct LayerKernel: Hashable, Sendable {
  /// The layer's name in the original network.
  public let layer: String
  /// Which of the layer's arrays.
  public let role: ParameterArray.Role
  /// As large as the whole kernel.
  public let kernel: KernelMatrix

  /// - Parameter layer: its name in the original network.
  public init(layer: String, role: ParameterArray.Role, kernel: KernelMatrix) {
    self.layer = layer
    self.role = role
    self.kernel = kernel
  }

  /// Σ of squared gradients over samples, of a kernel of one set of inputs with itself.
  public var trace: Double {
    (0..<min(kernel.rows, kernel.columns)).reduce(0) { $0 + kernel[$1, $1] }
  }

  /// The trace divided by the rows: the squared gradient norm of a sample, on average. 0 of an empty kernel.
  public var meanDiagonal: Double { kernel.rows == 0 ? 0 : trace / Double(kernel.rows) }
}

/// How the values behind one layer or activation are distributed, over samples and units, in the forward pass. A
/// convolution that a batch norm alone reads has none of its own: what it computes is seen after the batch norm.
public struct LayerSignal: Hashable, Sendable {
  /// Its name in the original network.
  public let layer: String
  /// The operation's name in network files: `conv2d`, `relu`, ….
  public let operation: String
  /// Values of one sample.
  public let units: Int
  /// Over units and samples.
  public let mean: Double
  /// Of the squares, over units and samples.
  public let meanSquare: Double
  /// The share of values that are exactly zero, 0 … 1.
  public let zeroFraction: Double
}

/// How far samples agree in which ReLU-like units (relu, leaky relu, abs) are active: have a positive input. The raw
/// material of NASWOT (Mellor et al. 2021, whose K_H is `agreements`).
public struct ActivationPatterns: Hashable, Sendable {
  /// n × n (n × m): the number of units that are active for both samples or for neither.
  public let agreements: KernelMatrix
  /// Units of one sample, over all such activations: the most that an entry can be.
  public let units: Int
}
