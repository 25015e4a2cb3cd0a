import NetworkGraph
import ReferenceEngine
import TangentKernel
import Testing

/// The engine against the reference on every row of the table, for every precision, reduction, parameter filter,
/// parameterization and batch-norm mode: outputs and kernels to a relative Frobenius error of 1e-9 in double
/// precision and 1e-5 in single (unless a row says why not).
@Test(arguments: conformanceRows)
func engineAgreesWithTheReference(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  for mode in modes(of: given.network) {
    for parameterization in [Parameterization.standard, .ntk] {
      var settings = KernelSettings(normalizationMode: mode, parameterization: parameterization)
      let model = given.reference(.init(mode), parameterization)
      let values = model.forward(given.inputs)
      let jacobian = model.jacobian(values)
      let outputs = model.outputs(values).flatMap { $0 }
      for reduction in OutputReduction.allCases {
        for filter in ParameterFilter.allCases {
          let expected = jacobian.kernel(.init(reduction), .init(filter))
          for precision in Precision.allCases {
            (settings.outputReduction, settings.parameterFilter, settings.precision) = (
              reduction, filter, precision
            )
            let result = try given.evaluate(settings)
            let tolerance = precision == .double ? 1e-9 : row.singleTolerance
            let place = "\(mode) \(parameterization) \(reduction) \(filter) \(precision)"
            expectClose(result.kernel.values, expected, tolerance, "kernel: \(place)")
            expectClose(result.outputs, outputs, tolerance, "outputs: \(place)")
            #expect(result.isFinite)
          }
        }
      }
    }
  }
}

/// Kernels between two batches: statistics come from the first.
@Test(arguments: conformanceRows)
func kernelsBetweenBatchesAgreeWithTheReference(_ row: ConformanceRow) throws {
  let given = try EngineCase(row.network(), samples: row.samples, seed: row.seed)
  let second = sampleInputs(row.input, count: 18, seed: 99)
  for mode in modes(of: given.network) where mode != .batch {
    let model = given.reference(.init(mode))
    var settings = KernelSettings(normalizationMode: mode, precision: .double)
    let values = model.forward(given.inputs)
    let a = model.jacobian(values)
    let b = model.jacobian(model.forward(second, statistics: values.statistics))
    for reduction in OutputReduction.allCases {
      settings.outputReduction = reduction
      let result = try TangentKernelEngine().evaluate(
        given.canonical, parameters: given.parameters, inputs: given.batch,
        secondInputs: sampleBatch(row.input, second), settings: settings)
      expectClose(
        result.kernel.values, a.kernel(with: b, .init(reduction), .all), 1e-9, "\(mode) \(reduction)")
    }
  }
}

/// With coupled samples the second batch would need statistics of its own: refused, not guessed.
@Test func kernelsBetweenCoupledBatchesAreRefused() throws {
  var builder = NetworkBuilder(input: .features(3))
  let normalized = try builder.add(.batchNormalization(.init()), from: builder.input)
  let given = try EngineCase(builder.build(output: builder.dense(2, normalized)), samples: 4, seed: 1)
  #expect(throws: KernelError.self) {
    try TangentKernelEngine().evaluate(
      given.canonical, parameters: given.parameters, inputs: given.batch, secondInputs: given.batch,
      settings: .init(normalizationMode: .batch))
  }
}

/// Random graphs of all operations: what the table's authors did not think of.
@Test(arguments: UInt64(1)...40)
func engineAgreesWithTheReferenceOnRandomGraphs(seed: UInt64) throws {
  let given = try EngineCase(randomNetwork(seed: seed), samples: Int(3 + seed % 7 * 3), seed: seed)
  for mode in modes(of: given.network) {
    var settings = KernelSettings(outputReduction: .full, normalizationMode: mode, precision: .double)
    let model = given.reference(.init(mode))
    let values = model.forward(given.inputs)
    let jacobian = model.jacobian(values)
    for filter in ParameterFilter.allCases {
      settings.parameterFilter = filter
      let result = try given.evaluate(settings)
      expectClose(result.kernel.values, jacobian.kernel(.full, .init(filter)), 1e-9, "\(mode) \(filter)")
    }
  }
}

/// Batch normalization's modes are told apart only where there is one.
private func modes(of network: Network) -> [NormalizationMode] {
  network.hasBatchNormalization ? NormalizationMode.allCases : [.frozen]
}

/// Compares by relative Frobenius error; a reference of zero must be met exactly.
func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Double, _ comment: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = relativeFrobeniusError(actual, expected)
  let isZero = actual.count == expected.count && (actual + expected).allSatisfy { $0 == 0 }
  guard !(error <= tolerance), !isZero else { return }
  Issue.record("relative error \(error) > \(tolerance), \(comment())", sourceLocation: sourceLocation)
}
