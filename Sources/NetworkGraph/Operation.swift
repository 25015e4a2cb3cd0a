/// What a node computes. One case per kind of operation; what is particular to a kind (shape rule,
/// parameters, cost, attributes in files) lives in the file of that name in `Operations/`.
public enum Operation: Hashable, Sendable {
  /// The network's input; exactly one node has it.
  case input
  case dense(Dense)
  case convolution(Convolution)
  case batchNormalization(BatchNormalization)
  case layerNormalization(LayerNormalization)
  case groupNormalization(GroupNormalization)
  case activation(Activation)
  case averagePooling(Pooling)
  case maxPooling(Pooling)
  case globalAveragePooling
  case flatten
  /// Sum of inputs of one shape.
  case add
  /// Elementwise product of two or more inputs of one shape.
  case multiply
  /// Multiplication by a constant.
  case scale(Double)
  /// Along channels (or features), in the order of the inputs.
  case concatenate
  /// Zeros of the input's shape: NAS-Bench-201's `none`. A node with this operation may also read nothing;
  /// its shape is then stated where it is made (`NetworkBuilder.addZero`), as in every canonical network.
  case zero
  case identity
}

/// What an operation's own file says about it.
protocol OperationRule: Sendable {
  /// Its name in network files.
  var name: String { get }
  /// How many nodes it may read.
  var inputCount: ClosedRange<Int> { get }
  /// Everything that tells it from others of its name, in a fixed order. The file writer leaves out defaults;
  /// the canonical hash covers all of them.
  var attributes: [OperationAttribute] { get }
  /// True when the order of the inputs does not matter.
  var isCommutative: Bool { get }

  /// The shape of the result, once the number of inputs is known to be right.
  func outputShape(of inputs: [TensorShape]) throws -> TensorShape
  func parameterArrays(input: TensorShape) -> [ParameterArray]
  func multiplyAdds(input: TensorShape, output: TensorShape) -> Int
}

extension OperationRule {
  var inputCount: ClosedRange<Int> { 1...1 }
  var attributes: [OperationAttribute] { [] }
  var isCommutative: Bool { false }
  func parameterArrays(input: TensorShape) -> [ParameterArray] { [] }
  func multiplyAdds(input: TensorShape, output: TensorShape) -> Int { 0 }

  /// The shape of the result, the number of inputs and its own size checked.
  func checkedOutputShape(of inputs: [TensorShape]) throws -> TensorShape {
    let range = inputCount
    guard range.contains(inputs.count) else {
      let expected = range.count == 1 ? "\(range.lowerBound)" : "at least \(range.lowerBound)"
      throw NetworkError(
        attribute: "from", message: "\(name) reads \(inputs.count) nodes; expected \(expected)")
    }
    let shape = try outputShape(of: inputs)
    // Lists of dimensions are made for what is wrong alone.
    if shape.elementCount > SizeLimits.elements {
      try NetworkBuilder.checkSize(shape.dimensions, "numbers per sample")
    }
    return shape
  }
}

extension Operation {
  /// The name in network files: `conv2d`, `batch_norm`, ….
  public var name: String { rule.name }

  /// True when the order of the inputs does not matter.
  public var isCommutative: Bool { rule.isCommutative }

  /// True for dense layers and convolutions.
  public var hasKernel: Bool {
    switch self {
    case .dense, .convolution: true
    default: false
    }
  }

  /// True for operations with trainable parameters: two nodes that have one are never the same node.
  public var hasParameters: Bool {
    switch self {
    case .dense, .convolution, .batchNormalization, .layerNormalization, .groupNormalization: true
    default: false
    }
  }

  /// True for batch, layer and group normalization.
  public var isNormalization: Bool { hasParameters && !hasKernel }

  /// The shape of the result.
  ///
  /// - Throws: `NetworkError` (without a node's name) when the inputs or the attributes do not fit.
  public func outputShape(of inputs: [TensorShape]) throws -> TensorShape {
    try rule.checkedOutputShape(of: inputs)
  }

  /// The arrays of a node with this operation whose (first) input has a shape.
  public func parameterArrays(input: TensorShape) -> [ParameterArray] { rule.parameterArrays(input: input) }

  /// Per image, forward; `Int.max` when it does not fit (no network holds such a node).
  public func multiplyAdds(input: TensorShape, output: TensorShape) -> Int {
    rule.multiplyAdds(input: input, output: output)
  }

  var rule: any OperationRule {
    switch self {
    case .input: InputRule()
    case .dense(let dense): dense
    case .convolution(let convolution): convolution
    case .batchNormalization(let normalization): normalization
    case .layerNormalization(let normalization): normalization
    case .groupNormalization(let normalization): normalization
    case .activation(let activation): activation
    case .averagePooling(let pooling): PoolingRule(pooling: pooling, isMaximum: false)
    case .maxPooling(let pooling): PoolingRule(pooling: pooling, isMaximum: true)
    case .globalAveragePooling: GlobalAveragePoolingRule()
    case .flatten: FlattenRule()
    case .add: AdditionRule()
    case .multiply: MultiplicationRule()
    case .scale(let factor): ScalingRule(factor: factor)
    case .concatenate: ConcatenationRule()
    case .zero: ZeroRule()
    case .identity: IdentityRule()
    }
  }
}
