import Foundation
import GaussianDuals
import InfiniteWidth
import NetworkGraph
import TangentKernel
import Testing

/// Samples around tiles of pairs, of one set and of two; numbers around what is multiplied at once.
private let sizes: [(samples: Int, others: Int, width: Int)] = [
  (1, 1, 1), (2, 5, 3), (3, 16, 255), (15, 4, 256), (16, 33, 257), (17, 1, 600), (31, 2, 5), (33, 49, 9),
  (70, 65, 11), (265, 3, 2),
]

private func numbers(_ count: Int, _ phase: Double = 0) -> [Double] {
  (0..<count).map { sin(Double($0 * $0 % 97) + phase) + 0.3 * cos(Double(5 * $0) + phase) }
}

private func network(
  _ width: Int, _ activations: [Activation], isConvolutional: Bool = false, endsWithActivation: Bool = false
) throws -> CanonicalNetwork {
  var builder = NetworkBuilder(
    input: isConvolutional ? .maps(channels: width, height: 1, width: 1) : .features(width))
  var node = builder.input
  for activation in activations {
    node = try builder.add(
      isConvolutional ? .convolution(.init(filters: 3, kernel: 1)) : .dense(.init(units: 3)), from: node)
    node = try builder.add(.activation(activation), from: node)
  }
  if isConvolutional { node = try builder.add(.flatten, from: node) }
  if !endsWithActivation { node = try builder.add(.dense(.init(units: 1)), from: node) }
  return try CanonicalNetwork(builder.build(output: node))
}

private let settings = InfiniteWidthSettings(weightVariance: 1.6, biasVariance: 0.2)

/// K and Θ of one pair by the recursion (SPEC 2.1) with the duals of pairs.
private func pair(_ x: ArraySlice<Double>, _ y: ArraySlice<Double>, _ dual: GaussianDual, depth: Int)
  -> (Double, Double)
{
  func product(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(a.count)
  }
  func affine(_ x: Double) -> Double { 1.6 * x + 0.2 }
  var (q1, q2, c) = (affine(product(x, x)), affine(product(y, y)), affine(product(x, y)))
  var theta = c
  for _ in 0..<depth {
    let moments = dual.moments(q1: q1, q2: q2, c: c)
    (q1, q2) = (affine(dual.diagonal(q: q1).value), affine(dual.diagonal(q: q2).value))
    c = affine(moments.value)
    theta = c + 1.6 * moments.derivative * theta
  }
  return (c, theta)
}

@Test(arguments: sizes.indices)
func vectorKernelsFollowTheRecursionAtEverySize(index: Int) throws {
  let (samples, others, width) = sizes[index]
  let (first, second) = (numbers(samples * width), numbers(others * width, 1))
  for activation in [Activation.relu, .erf, .gelu, .sin] {
    let network = try network(width, [activation, activation])
    let dual = GaussianDual(activation)
    for (inputs, isOneSet) in [(first, true), (second, false)] {
      let kernels = try InfiniteWidthEngine().evaluate(
        network, inputs: first, secondInputs: isOneSet ? nil : second, settings: settings)
      let columns = inputs.count / width
      var largest = 0.0
      for i in 0..<samples {
        for j in 0..<columns {
          let (k, theta) = pair(
            first[i * width..<(i + 1) * width], inputs[j * width..<(j + 1) * width], dual, depth: 2)
          largest = max(largest, abs(kernels.nngp[i, j] - k) / max(1, abs(k)))
          largest = max(
            largest, abs(try #require(kernels.ntk)[i, j] - theta) / max(1, abs(theta)))
          if isOneSet { #expect(kernels.ntk?[i, j] == kernels.ntk?[j, i]) }
        }
      }
      // Correlations near 1 magnify rounding in ReLU's arccos; the others are smooth.
      #expect(largest < (activation == .relu ? 1e-9 : 1e-12), "\(activation)")
      #expect(largest.isFinite)
    }
    let three = try InfiniteWidthEngine(threads: 3).evaluate(
      network, inputs: first, secondInputs: second, settings: settings)
    #expect(
      try three
        == InfiniteWidthEngine().evaluate(network, inputs: first, secondInputs: second, settings: settings))
  }
}

/// Layers in one go and step by step (as convolutions of one position), activations of one kind and of several.
@Test(arguments: [[Activation.erf, .erf], [.relu, .leakyRelu(slope: 0.3), .relu], [.relu, .erf], [.tanh]])
func chainsOfLayersEqualTheirSteps(activations: [Activation]) throws {
  let inputs = numbers(37 * 6)
  let chain = try InfiniteWidthEngine().evaluate(
    network(6, activations), inputs: inputs, settings: settings)
  let steps = try InfiniteWidthEngine().evaluate(
    network(6, activations, isConvolutional: true), inputs: inputs, settings: settings)
  for place in chain.nngp.values.indices {
    let theta = try #require(chain.ntk).values[place]
    #expect(abs(chain.nngp.values[place] - steps.nngp.values[place]) < 1e-13)
    #expect(abs(theta - (try #require(steps.ntk)).values[place]) < 1e-13 * max(1, abs(theta)))
  }
  let alone = try InfiniteWidthEngine().evaluate(
    network(6, activations), inputs: inputs, settings: settings, hasTangent: false)
  #expect(alone.nngp == chain.nngp)
}

/// A network that ends with an activation has no layer after it.
@Test func chainsMayEndWithAnActivation() throws {
  let inputs = numbers(20 * 6)
  let kernels = try InfiniteWidthEngine().evaluate(
    network(6, [.erf, .erf], endsWithActivation: true), inputs: inputs, settings: settings)
  let whole = try InfiniteWidthEngine().evaluate(
    network(6, [.erf, .erf]), inputs: inputs, settings: settings)
  for (end, next) in zip(kernels.nngp.values, whole.nngp.values) {
    #expect(abs(1.6 * end + 0.2 - next) < 1e-14)
  }
}

/// Also where one is the diagonal and the other is not.
@Test(arguments: [Activation.relu, .erf, .gelu, .sin])
func identicalVectorsHaveIdenticalKernels(activation: Activation) throws {
  let some = numbers(19 * 300)
  let kernels = try InfiniteWidthEngine().evaluate(
    network(300, [activation, activation, activation]), inputs: some + some, settings: settings)
  let ntk = try #require(kernels.ntk)
  for i in 0..<19 {
    for j in 0..<19 where i == j || activation != .gelu {
      #expect(kernels.nngp[i, j] == kernels.nngp[i, j + 19])
      #expect(ntk[i, j] == ntk[i + 19, j + 19])
      #expect(ntk[i, j] == ntk[i, j + 19])
    }
  }
}

/// A sample that is not finite has no kernel, and takes no other's.
@Test func aSampleThatIsNotFiniteSpoilsItsOwnPairs() throws {
  var inputs = numbers(40 * 10)
  inputs[23 * 10 + 4] = .nan
  let kernels = try InfiniteWidthEngine().evaluate(network(10, [.erf]), inputs: inputs, settings: settings)
  for i in 0..<40 {
    for j in 0..<40 {
      #expect(kernels.nngp[i, j].isFinite == (i != 23 && j != 23))
      #expect(try #require(kernels.ntk)[i, j].isFinite == (i != 23 && j != 23))
    }
  }
}

/// Single precision is that of inner products alone: K and Θ are off by its rounding, and keep their laws.
@Test func singlePrecisionOfInnerProductsIsSingle() throws {
  let some = numbers(23 * 700)
  let network = try network(700, [.erf, .erf, .erf])
  let exact = try InfiniteWidthEngine().evaluate(network, inputs: some + some, settings: settings)
  let single = try InfiniteWidthEngine(precision: .single).evaluate(
    network, inputs: some + some, settings: settings)
  let (theta, rounded) = (try #require(exact.ntk), try #require(single.ntk))
  let largest = zip(theta.values, rounded.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  #expect(largest > 1e-12 && largest < 2e-6 * theta[0, 0])
  for i in 0..<46 {
    for j in 0..<46 { #expect(rounded[i, j] == rounded[j, i]) }
    #expect(rounded[i, i] == rounded[i, (i + 23) % 46])
  }
  #expect(
    try single
      == InfiniteWidthEngine(threads: 3, precision: .single).evaluate(
        network, inputs: some + some, settings: settings))
  // Whole numbers are summed without rounding.
  let whole = (0..<5 * 40).map { Double($0 % 7 - 3) }
  let small = try shallowNetwork()
  #expect(
    try InfiniteWidthEngine(precision: .single).evaluate(small, inputs: whole, settings: settings)
      == InfiniteWidthEngine().evaluate(small, inputs: whole, settings: settings))
}

private func shallowNetwork() throws -> CanonicalNetwork { try network(40, [.relu]) }
