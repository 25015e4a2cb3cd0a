import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

// The reference itself is held against two things that it shares nothing with: finite differences of its own forward
// pass, and kernels that PyTorch and neural-tangents computed.

/// Directional derivatives along random directions in each parameter array and in the inputs. Extrapolated
/// differences with step 1e-5 leave errors of order 1e-10, all of it rounding.
@Test(arguments: conformanceRows)
func referenceGradientsAreFiniteDifferences(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: 3, seed: row.seed)
  var random = TestRandom(seed: 5)
  for mode in ReferenceModel.Normalization.allCases
  where given.network.hasBatchNormalization || mode == .frozen {
    for parameterization in [Parameterization.standard, .ntk] {
      let model = given.reference(mode, parameterization)
      let values = model.forward(given.inputs)
      let jacobian = model.jacobian(values)
      for (name, _, rows) in jacobian.parameters {
        let direction = random.normals(rows[0].count)
        let difference = model.difference(values, alongParameter: name, direction)
        expectDerivative(jacobian.product(parameter: name, direction), difference, "\(mode) \(name)")
      }
      let direction = given.inputs.map { random.normals($0.count) }
      let difference = model.difference(values, alongInputs: direction)
      expectDerivative(jacobian.product(inputs: direction), difference, "\(mode) inputs")
    }
  }
}

/// Relative 1e-6, above the absolute noise of differences of numbers of order one.
private func expectDerivative(
  _ derivative: [Double], _ difference: [Double], _ comment: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let norm = { (values: [Double]) in values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  let error = norm(zip(derivative, difference).map { $0 - $1 })
  if derivative.count == difference.count, error <= 1e-6 * norm(difference) + 1e-9 { return }
  Issue.record("error \(error) of \(norm(difference)), \(comment)", sourceLocation: sourceLocation)
}

/// Every mode, `batch` included, which couples the samples.
@Test func referenceReproducesTheGoldenKernels() throws {
  var compared = 0
  for golden in try GoldenCase.all(in: GoldenCase.folder) where golden.inputs.shape.elementCount <= 192 {
    guard case .arrays(let arrays) = golden.parameters else { continue }
    let size = golden.inputs.shape.elementCount
    let inputs = (0..<golden.inputs.count).map { sample in
      golden.inputs.values[sample * size..<(sample + 1) * size].map { Double($0) }
    }
    var jacobians: [NormalizationMode: ReferenceJacobian] = [:]
    for (key, expected) in golden.expected.sorted(by: { $0.key < $1.key }) {
      guard let (mode, reduction, filter) = golden.settings(ofKey: key) else { continue }
      if jacobians[mode] == nil {
        let model = ReferenceModel(
          golden.file.network, stored: arrays.mapValues(\.values), normalization: .init(mode),
          parameterization: golden.file.parameterization ?? .standard)
        jacobians[mode] = model.jacobian(model.forward(inputs))
      }
      let kernel = jacobians[mode]?.kernel(.init(reduction), .init(filter)) ?? []
      expectClose(kernel, expected.values, 1e-9, "\(golden.name) \(key)")
      compared += 1
    }
  }
  #expect(compared >= 40)
}

// MARK: Kinks

/// The engine's kernel where values stand exactly on a kink. With x = (−1, 0, 1) and the identity as weights the
/// gradient by each diagonal weight is f′(x)·x, which shows the derivative everywhere but at 0; the bias shows it
/// there.
@Test(arguments: [
  (Activation.relu, [0.0, 0.0, 1.0]), (.leakyRelu(slope: 0.25), [0.25, 0.25, 1]), (.abs, [-1, 0, 1]),
])
func derivativesAtKinksFollowTheConventions(activation: Activation, derivatives: [Double]) throws {
  var builder = NetworkBuilder(input: .features(1))
  let layer = try builder.add(.dense(.init(units: 1)), name: "layer", from: builder.input)
  let network = try builder.build(output: builder.add(.activation(activation), from: layer))
  let given = try EngineCase(
    network, stored: ["layer.weight": [1], "layer.bias": [0]], inputs: [[-1], [0], [1]])
  for precision in Precision.allCases {
    let kernel = try given.evaluate(.init(precision: precision)).kernel
    for i in 0..<3 {
      for j in 0..<3 {
        // ⟨(f′ᵢxᵢ, f′ᵢ), (f′ⱼxⱼ, f′ⱼ)⟩
        let inner = derivatives[i] * derivatives[j] * (Double((i - 1) * (j - 1)) + 1)
        #expect(kernel[i, j] == inner, "\(activation.name) \(precision) at (\(i), \(j))")
      }
    }
  }
}

/// Ties of a max pooling: all of the gradient goes to the first position, row by row.
@Test func tiedMaximaGiveTheirGradientToTheFirst() throws {
  var builder = NetworkBuilder(input: maps(1, 2, 2))
  let stem = try builder.add(
    .convolution(.init(filters: 1, kernelHeight: 2, kernelWidth: 2, padding: 1, bias: false)), name: "stem",
    from: builder.input)
  let pooled = try builder.add(.maxPooling(.init(kernel: 3)), from: stem)
  // Every entry of the 3 × 3 map is 1: each sees another subset of weights and inputs.
  let given = try EngineCase(
    builder.build(output: pooled), stored: ["stem.weight": [1, 0, 0, 0]],
    inputs: [[0, 0, 0, 0], [0, 1, 1, 0]])
  let reference = given.reference()
  let jacobian = reference.jacobian(reference.forward(given.inputs))
  let result = try given.evaluate()
  // The first sample's map is constant; its gradient is that of position (0, 0), whose only input is x₀₀ = 0.
  #expect(result.kernel[0, 0] == 0)
  expectClose(result.kernel.values, jacobian.kernel(.sum, .all), 1e-15)
}
