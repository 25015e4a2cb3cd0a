import NetworkGraph

/// How the outputs of a network are reduced to one kernel over samples (SPEC 3.2–3.4).
public enum OutputReduction: String, Codable, Hashable, Sendable, CaseIterable {
  /// Gram matrix of the gradients of the summed outputs: n × n, one backward pass (TE-NAS's choice).
  case sum
  /// Mean over outputs of the diagonal blocks of the full kernel: n × n.
  case trace
  /// The whole kernel: nO × nO, row = sample · O + output.
  case full
}

/// What batch normalization does (the kernel's definition depends on it).
public enum NormalizationMode: String, Codable, Hashable, Sendable, CaseIterable {
  /// Batch statistics in the forward pass, constants in the backward pass: samples stay independent.
  case frozen
  /// Training mode exactly as autograd sees it: samples couple through the statistics.
  case batch
  /// The statistics stored with the weights: evaluation mode.
  case running
  /// Replaced by the identity, γ and β included.
  case removed
}

/// Which parameters the kernel is over.
public enum ParameterFilter: String, Codable, Hashable, Sendable, CaseIterable {
  case all
  /// Dense and convolution kernels and normalization scales γ: no biases (TE-NAS's filter).
  case weights
  /// Dense and convolution kernels only.
  case kernels
}

/// The arithmetic of the passes. Eigenvalues are in double precision either way, and so are Gram matrices, to which
/// single precision adds the products of at most 512 weights at a time.
public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
  case single, double

  /// The unit roundoff that numerical rank is judged by: 2⁻²³ or 2⁻⁵².
  public var epsilon: Double { self == .single ? 0x1p-23 : 0x1p-52 }
}

/// Everything that decides a kernel beside the network, the parameters and the inputs. Part of a score's identity.
public struct KernelSettings: Codable, Hashable, Sendable {
  /// How the outputs become one kernel.
  public var outputReduction: OutputReduction
  /// What batch normalization does.
  public var normalizationMode: NormalizationMode
  /// Which parameters' gradients enter.
  public var parameterFilter: ParameterFilter
  /// How stored parameters become effective ones.
  public var parameterization: Parameterization
  /// How weights are drawn.
  public var initialization: Initialization
  /// Of the passes; the Gram matrix is float64.
  public var precision: Precision

  /// Sum of logits, frozen statistics, all parameters, He normal weights and single precision, unless said otherwise.
  public init(
    outputReduction: OutputReduction = .sum, normalizationMode: NormalizationMode = .frozen,
    parameterFilter: ParameterFilter = .all, parameterization: Parameterization = .standard,
    initialization: Initialization = .heNormal, precision: Precision = .single
  ) {
    self.outputReduction = outputReduction
    self.normalizationMode = normalizationMode
    self.parameterFilter = parameterFilter
    self.parameterization = parameterization
    self.initialization = initialization
    self.precision = precision
  }
}

/// A kernel between two sets of samples; square and symmetric when they are one set.
public struct KernelMatrix: Hashable, Sendable {
  /// n, or n·O for `full`.
  public let rows: Int
  /// As rows, or m between two sets.
  public let columns: Int
  /// Row-major.
  public let values: [Double]

  /// - Precondition: there are `rows` · `columns` values.
  public init(rows: Int, columns: Int, values: [Double]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// Entry (row, column), both from 0.
  /// - Precondition: both are within the matrix.
  public subscript(row: Int, column: Int) -> Double { values[row * columns + column] }
}
