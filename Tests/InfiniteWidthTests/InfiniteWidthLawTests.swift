import Foundation
import GaussianDuals
import InfiniteWidth
import NetworkGraph
import TangentKernel
import Testing

private typealias Layer = NetworkGraph.Operation

private func chain(_ input: TensorShape, _ operations: [Layer]) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(input: input)
  var node = builder.input
  for (index, operation) in operations.enumerated() {
    node = try builder.add(operation, name: "step\(index)", from: node)
  }
  return try CanonicalNetwork(builder.build(output: node))
}

private func numbers(_ count: Int, _ phase: Double = 0) -> [Double] {
  (0..<count).map { sin(Double($0 * $0 % 97) + phase) + 0.3 * cos(Double(5 * $0)) }
}

private let settings = InfiniteWidthSettings(weightVariance: 1.6, biasVariance: 0.2)

private func conv(_ kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, circular: Bool = false)
  -> Layer
{
  .convolution(
    .init(
      filters: 4, kernelHeight: kernel, kernelWidth: kernel, stride: stride, padding: padding,
      paddingMode: circular ? .circular : .zeros, dilation: dilation))
}

private func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}

/// Every activation, against the recursion written down once more with the duals of pairs (SPEC 2.1).
@Test(arguments: Activation.all)
func kernelsFollowTheRecursionForEveryActivation(activation: Activation) throws {
  let inputs = numbers(3 * 4)
  let network = try chain(
    .features(4),
    [
      .dense(.init(units: 3)), .activation(activation), .dense(.init(units: 3)), .activation(activation),
      .dense(.init(units: 1)),
    ])
  let kernels = try InfiniteWidthEngine().evaluate(network, inputs: inputs, settings: settings)
  let dual = GaussianDual(activation)
  func product(_ i: Int, _ j: Int) -> Double {
    (0..<4).reduce(0) { $0 + inputs[i * 4 + $1] * inputs[j * 4 + $1] } / 4
  }
  func affine(_ x: Double) -> Double { 1.6 * x + 0.2 }
  for i in 0..<3 {
    for j in 0..<3 {
      var (q1, q2, c) = (affine(product(i, i)), affine(product(j, j)), affine(product(i, j)))
      var theta = c
      for _ in 0..<2 {
        let moments = i == j ? dual.diagonal(q: q1) : dual.moments(q1: q1, q2: q2, c: c)
        (q1, q2) = (affine(dual.diagonal(q: q1).value), affine(dual.diagonal(q: q2).value))
        c = affine(moments.value)
        theta = c + 1.6 * moments.derivative * theta
      }
      #expect(abs(kernels.nngp[i, j] - c) < 2e-12 * max(1, abs(c)), "\(activation) K \(i) \(j)")
      let computed = try #require(kernels.ntk)[i, j]
      #expect(abs(computed - theta) < 2e-12 * max(1, abs(theta)), "\(activation) Θ \(i) \(j)")
    }
  }
}

/// One position is a vector: a 1 × 1 map through 3 × 3 convolutions sees a ninth of its weights.
@Test func flattenAndGlobalPoolingAgreeOnASinglePosition() throws {
  let inputs = numbers(5 * 3)
  let body = [conv(3, padding: 1), .activation(.gelu), conv(3, padding: 1), .activation(.sin)]
  let head = Layer.dense(.init(units: 1))
  let flat = try InfiniteWidthEngine().evaluate(
    chain(.maps(channels: 3, height: 1, width: 1), body + [.flatten, head]), inputs: inputs,
    settings: settings)
  let pooled = try InfiniteWidthEngine().evaluate(
    chain(.maps(channels: 3, height: 1, width: 1), body + [.globalAveragePooling, head]), inputs: inputs,
    settings: settings)
  #expect(flat == pooled)
}

/// Pairs of positions contain positions with themselves: forcing them with a pooling of one position changes nothing.
@Test func coverageDoesNotChangeTheKernel() throws {
  let inputs = numbers(3 * 2 * 7 * 6)
  let shape = TensorShape.maps(channels: 2, height: 7, width: 6)
  for body in [
    [conv(3, padding: 1), .activation(.relu), conv(3, stride: 2, padding: 1)],
    [conv(3, padding: 2, dilation: 2), .activation(.erf), conv(2, stride: 2)],
    [conv(3, padding: 1, circular: true), .activation(.relu), conv(5, padding: 2, circular: true)],
  ] {
    var builder = NetworkBuilder(input: shape)
    var node = builder.input
    for operation in body { node = try builder.add(operation, from: node) }
    let active = try builder.add(.activation(.relu), from: node)
    let flat = try builder.add(.flatten, from: active)
    let head = try builder.add(.dense(.init(units: 1)), name: "head", from: flat)
    let diagonal = try InfiniteWidthEngine().evaluate(
      CanonicalNetwork(builder.build(output: head)), inputs: inputs, settings: settings)
    // A second branch with a vanishing share makes the network need all pairs.
    let pooled = try builder.add(.globalAveragePooling, from: active)
    let other = try builder.add(
      .dense(.init(units: 1, bias: false, scaling: .init(weightScale: 1e-9))), name: "other", from: pooled)
    let sum = try builder.add(.add, name: "sum", from: [head, other])
    let full = try InfiniteWidthEngine().evaluate(
      CanonicalNetwork(builder.build(output: sum)), inputs: inputs, settings: settings)
    #expect(largestDifference(diagonal.nngp.values, full.nngp.values) < 1e-13)
    #expect(largestDifference(diagonal.ntk?.values ?? [], full.ntk?.values ?? []) < 1e-13)
  }
}

@Test func everyBitIsTheSameForAnyNumberOfThreadsAndSplitOfSamples() throws {
  let shape = TensorShape.maps(channels: 3, height: 6, width: 5)
  let inputs = numbers(9 * shape.elementCount)
  for readout in [Layer.flatten, .globalAveragePooling] {
    let network = try chain(
      shape,
      [
        conv(3, padding: 1), .activation(.relu), conv(3, padding: 1), .activation(.tanh), readout,
        .dense(.init(units: 1)),
      ])
    let one = try InfiniteWidthEngine(threads: 1).evaluate(network, inputs: inputs, settings: settings)
    let three = try InfiniteWidthEngine(threads: 3).evaluate(network, inputs: inputs, settings: settings)
    #expect(one == three)
    // The cross kernel of the same samples, except that a sample meets itself in a tile of other samples.
    let cross = try InfiniteWidthEngine().evaluate(
      network, inputs: inputs, secondInputs: inputs, settings: settings)
    #expect(largestDifference(one.nngp.values, cross.nngp.values) < 1e-13)
    #expect(largestDifference(one.ntk?.values ?? [], cross.ntk?.values ?? []) < 1e-12)
  }
}

/// Samples that are equal, or multiples of one another where nothing adds a bias, have correlation 1 exactly.
@Test func identicalAndCollinearInputsHaveExactCorrelation() throws {
  let first = numbers(40)
  let inputs = first + first + first.map { 3 * $0 }
  let network = try chain(
    .features(40),
    [
      .dense(.init(units: 3)), .activation(.relu), .dense(.init(units: 3)), .activation(.relu),
      .dense(.init(units: 1)),
    ])
  let ntk = try #require(
    try InfiniteWidthEngine().evaluate(network, inputs: inputs, settings: .init(weightVariance: 2)).ntk)
  let scale = ntk[0, 0]
  #expect(abs(ntk[0, 1] - scale) < 1e-14 * scale)
  #expect(abs(ntk[0, 2] - 3 * scale) < 1e-13 * scale)
  #expect(abs(ntk[2, 2] - 9 * scale) < 1e-13 * scale)
}

@Test func aZeroInputGivesTheFiniteNetworksGradients() throws {
  let network = try chain(
    .features(3), [.dense(.init(units: 3)), .activation(.relu), .dense(.init(units: 1))])
  let kernels = try InfiniteWidthEngine().evaluate(
    network, inputs: [0, 0, 0, 1, 2, 3], settings: .init(parameterization: .standard, weightVariance: 2))
  #expect(kernels.nngp[0, 0] == 0)
  // Only the last bias has a gradient: ReLU is off at zero.
  #expect(kernels.ntk?[0, 0] == 1)
  #expect(kernels.nngp.values.allSatisfy { $0.isFinite })
}

@Test func averagePoolingIsTheMeanOverWindows() throws {
  // Pooling the input and a 1 × 1 convolution: K is the product of pooled inputs.
  let inputs = numbers(2 * 4 * 4)
  for (pooling, counts) in [
    (Pooling(kernel: 3, stride: 2, padding: 1, countsPadding: true), true),
    (Pooling(kernel: 3, stride: 2, padding: 1), false),
  ] {
    let network = try chain(
      .maps(channels: 1, height: 4, width: 4),
      [.averagePooling(pooling), conv(1), .flatten, .dense(.init(units: 1))])
    let kernels = try InfiniteWidthEngine().evaluate(
      network, inputs: inputs, settings: .init(weightVariance: 1))
    var pooled: [[Double]] = []
    for sample in 0..<2 {
      for y in [-1, 1] {
        for x in [-1, 1] {
          var (sum, count) = (0.0, 0.0)
          for (dy, dx) in (0..<9).map({ ($0 / 3, $0 % 3) })
          where (0..<4).contains(y + dy) && (0..<4).contains(x + dx) {
            sum += inputs[sample * 16 + (y + dy) * 4 + x + dx]
            count += 1
          }
          if pooled.count == sample { pooled.append([]) }
          pooled[sample].append(sum / (counts ? 9 : count))
        }
      }
    }
    let expected = zip(pooled[0], pooled[1]).reduce(0) { $0 + $1.0 * $1.1 } / 4
    #expect(abs(kernels.nngp[0, 1] - expected) < 1e-14)
  }
}

@Test func layerNormalizationMakesTheVarianceOne() throws {
  let network = try chain(
    .features(4),
    [
      .dense(.init(units: 3)), .layerNormalization(.init(epsilon: 0)), .activation(.relu),
      .dense(.init(units: 1)),
    ])
  let small = try InfiniteWidthEngine().evaluate(
    network, inputs: numbers(3 * 4), settings: .init(weightVariance: 2))
  let large = try InfiniteWidthEngine().evaluate(
    network, inputs: numbers(3 * 4).map { 10 * $0 }, settings: .init(weightVariance: 2))
  #expect(largestDifference(small.ntk?.values ?? [], large.ntk?.values ?? []) < 1e-13)
  #expect((0..<3).allSatisfy { abs(small.nngp[$0, $0] - 1) < 1e-14 })
}

/// A value beside itself, normalized together, is the value normalized. In the NTK parameterization the second copy of
/// weights halves their share, and there are twice as many.
@Test(arguments: [1, 2, 3]) func partsOfOneCovarianceAreNormalizedOnce(copies: Int) throws {
  func kernel(_ copies: Int) throws -> InfiniteWidthKernels {
    var builder = NetworkBuilder(input: .features(4))
    let dense = try builder.add(.dense(.init(units: 3)), from: builder.input)
    let joined =
      copies > 1 ? try builder.add(.concatenate, from: .init(repeating: dense, count: copies)) : dense
    let normalized = try builder.add(.layerNormalization(.init()), from: joined)
    let active = try builder.add(.activation(.relu), from: normalized)
    let output = try builder.add(.dense(.init(units: 1)), from: active)
    return try InfiniteWidthEngine().evaluate(
      CanonicalNetwork(builder.build(output: output)), inputs: numbers(3 * 4), settings: settings)
  }
  let (one, several) = (try kernel(1), try kernel(copies))
  #expect(largestDifference(one.nngp.values, several.nngp.values) < 1e-14)
  #expect(largestDifference(one.ntk?.values ?? [], several.ntk?.values ?? []) < 1e-13)
}

/// γ x̂ + β: their gradients are x̂ and 1.
@Test func shiftsOfNormalizationsAreTrainedWithBiases() throws {
  let network = try chain(
    .features(4), [.dense(.init(units: 3, bias: false)), .layerNormalization(.init(epsilon: 0))])
  let kernels = try [false, true].map {
    try InfiniteWidthEngine().evaluate(
      network, inputs: numbers(3 * 4), settings: .init(trainsBiases: $0))
  }
  for place in kernels[0].nngp.values.indices {
    let tangent = try #require(kernels[0].ntk).values[place]
    #expect(abs(tangent - kernels[0].nngp.values[place]) < 1e-14)
    #expect(abs(try #require(kernels[1].ntk).values[place] - tangent - 1) < 1e-14)
  }
}

/// An initialization without a limit matters only where a layer leaves something to it.
@Test func layersMayGiveEveryVarianceThemselves() throws {
  let own = ParameterScaling(weightVariance: 1.5, biasVariance: 0.2)
  func network(_ second: ParameterScaling, bias: Bool = true) throws -> CanonicalNetwork {
    try chain(
      .features(4),
      [
        .dense(.init(units: 3, scaling: own)), .activation(.relu),
        .dense(.init(units: 1, bias: bias, scaling: second)),
      ])
  }
  func evaluate(_ network: CanonicalNetwork, _ initialization: Initialization) throws -> InfiniteWidthKernels
  {
    try InfiniteWidthEngine().evaluate(
      network, inputs: numbers(8), settings: .init(KernelSettings(initialization: initialization)))
  }
  #expect(try evaluate(network(own), .xavierNormal) == evaluate(network(own), .heNormal))
  let half = ParameterScaling(weightVariance: 1.5)
  #expect(
    try evaluate(network(half, bias: false), .xavierNormal) == evaluate(network(half, bias: false), .heNormal)
  )
  for scaling in [half, ParameterScaling(biasVariance: 0.2)] {
    #expect(throws: InfiniteWidthError.initializationWithoutLimit(node: "step2")) {
      try evaluate(network(scaling), .xavierNormal)
    }
  }
}

/// Large inputs that are alike: 1 − correlation² is rounding, and what it divides is not.
@Test(arguments: [1.0, 1e2, 1e4]) func duplicatesOfLargeInputsHaveEqualKernels(scale: Double) throws {
  let first = numbers(40).map { scale * $0 }
  let network = try chain(
    .features(40),
    [
      .dense(.init(units: 3)), .activation(.erf), .dense(.init(units: 3)), .activation(.erf),
      .dense(.init(units: 1)),
    ])
  let ntk = try #require(
    try InfiniteWidthEngine().evaluate(network, inputs: first + first, settings: settings).ntk)
  #expect(abs(ntk[0, 1] / ntk[0, 0] - 1) < 1e-9)
}

/// Nothing that grows with a map is made before its size is held against a budget.
@Test func costsOfAbsurdMapsAreTold() throws {
  for side in [4096, 32_768] {
    let network = try chain(
      .maps(channels: 1, height: side, width: side),
      [
        conv(3, padding: 1), .activation(.relu), conv(3, padding: 1), .activation(.relu),
        .globalAveragePooling,
        .dense(.init(units: 1)),
      ])
    let cost = try InfiniteWidthEngine().estimate(network, samples: 2, settings: settings)
    #expect(cost.bytes > 1 << 48 && cost.operations > 1 << 40)
  }
}

@Test func everyPartOfTheInputHasInnerProductsOfItsOwn() throws {
  func bytes(groups: Int) throws -> Int {
    let network = try chain(
      .maps(channels: 64, height: 1, width: 1),
      [
        .convolution(.init(filters: 64, kernel: 1, groups: groups)), .activation(.relu), .flatten,
        .dense(.init(units: 1)),
      ])
    return try InfiniteWidthEngine().estimate(network, samples: 500, settings: settings).bytes
  }
  #expect(try bytes(groups: 64) - bytes(groups: 1) > 63 * 500 * 500 * 8)
}

@Test func variancesBeyondAQuadratureAreRefusedAlsoBetweenPositions() throws {
  let network = try chain(
    .maps(channels: 1, height: 4, width: 4),
    [conv(3, padding: 1), .activation(.tanh), .globalAveragePooling, .dense(.init(units: 1))])
  do {
    _ = try InfiniteWidthEngine().evaluate(network, inputs: numbers(16).map { 100 * $0 }, settings: settings)
    Issue.record("a variance beyond the range was accepted")
  } catch let error {
    guard case .varianceOutOfRange(let node, _, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(node == "step1")
  }
}

@Test func whatHasNoKernelIsRefusedByName() throws {
  let maps = TensorShape.maps(channels: 2, height: 4, width: 4)
  let head: [Layer] = [.flatten, .dense(.init(units: 1))]
  let cases: [(String, TensorShape, [Layer])] = [
    ("max_pool", maps, [conv(3), .maxPooling(.init(kernel: 2))] + head),
    ("batch_norm", maps, [conv(3), .batchNormalization(.init())] + head),
    ("group_norm", maps, [conv(3), .groupNormalization(.init(groups: 2))] + head),
    ("relu", maps, [.activation(.relu)] + head),
    (
      "erf", maps, [conv(3), .activation(.relu), .averagePooling(.init(kernel: 2)), .activation(.erf)] + head
    ),
    ("layer_norm", maps, [conv(3), .activation(.relu), .layerNormalization(.init())] + head),
  ]
  for (name, shape, operations) in cases {
    expectRefusal(try chain(shape, operations), operation: name)
  }
  var builder = NetworkBuilder(input: .features(3))
  let shared = try builder.add(.dense(.init(units: 4)), name: "shared", from: builder.input)
  let active = try builder.add(.activation(.relu), from: shared)
  let sum = try builder.add(.add, name: "sum", from: [shared, active])
  expectRefusal(try CanonicalNetwork(builder.build(output: sum)), operation: "add", mentions: "shared")
  let product = try builder.add(.multiply, name: "product", from: [shared, active])
  expectRefusal(try CanonicalNetwork(builder.build(output: product)), operation: "multiply")
}

private func expectRefusal(_ network: CanonicalNetwork, operation: String, mentions text: String = "") {
  do {
    _ = try InfiniteWidthEngine().estimate(network, samples: 2, settings: settings)
    Issue.record("\(operation) was accepted")
  } catch let error {
    guard case .unsupportedAtInfiniteWidth(_, let name, let reason) = error else {
      Issue.record("\(operation): \(error)")
      return
    }
    #expect(name == operation)
    #expect(text.isEmpty || reason.contains(text))
  }
}

@Test func budgetsAreKeptBeforeAnythingIsComputed() throws {
  let network = try chain(
    .maps(channels: 1, height: 24, width: 24),
    [conv(3), .activation(.relu), .globalAveragePooling, .dense(.init(units: 1))])
  let cost = try InfiniteWidthEngine().estimate(network, samples: 3, settings: settings)
  #expect(cost.pairs == 6)
  #expect(throws: InfiniteWidthError.overBudget(needed: cost.bytes, budget: 1 << 20)) {
    try InfiniteWidthEngine(memoryBudget: 1 << 20).evaluate(
      network, inputs: numbers(3 * 576), settings: settings)
  }
  #expect(throws: InfiniteWidthError.overOperationBudget(needed: cost.operations, budget: 1000)) {
    try InfiniteWidthEngine(operationBudget: 1000).evaluate(
      network, inputs: numbers(3 * 576), settings: settings)
  }
  let wide = try chain(.features(2), [.dense(.init(units: 2)), .activation(.tanh), .dense(.init(units: 1))])
  #expect(throws: InfiniteWidthError.self) {
    try InfiniteWidthEngine().evaluate(wide, inputs: [1e4, 1e4], settings: settings)
  }
  #expect(throws: InfiniteWidthError.self) { try InfiniteWidthEngine().evaluate(wide, inputs: [1, 2, 3]) }
}
