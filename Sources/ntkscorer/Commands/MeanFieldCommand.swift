import ArgumentParser
import Foundation
import MeanField
import NetworkGraph
import Reports

struct MeanFieldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "meanfield",
    abstract: "Say how signals and gradients travel through deep networks of one activation.",
    discussion: """
      Infinitely wide networks with weights of variance σ_w²/fan-in and biases of variance σ_b² are ordered, \
      critical or chaotic: from that follow how deep they can be and still train, and what becomes of the \
      tangent kernel's condition number with depth. docs/mean-field.md explains every line.

      With --depth the kernels of that many layers are computed too, for --samples inputs whose first \
      pre-activations all have the same --correlation. With --diagram the plane of both variances is drawn. \
      With --boolean-cube the eigenvalues of both kernels on {±1}ᵈ are told by degree, with --depth − 1 hidden \
      layers: which functions such a network learns readily.

      EXAMPLES
        ntkscorer meanfield --activation tanh --weight-variance 1.5 --bias-variance 0.05
        ntkscorer meanfield --activation erf --weight-variance 1 --bias-variance 0.05 --depth 30
        ntkscorer meanfield --activation relu --weight-variance 2 --bias-variance 2 --depth 3 --boolean-cube 128
        ntkscorer meanfield --activation tanh --weight-variances 0.5:4 --bias-variances 0:1 --diagram tanh.svg
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("relu, tanh, erf, gelu, leaky_relu:0.2, …", valueName: "name"))
  var activation: ActivationArgument

  @Option(name: .long, help: ArgumentHelp("σ_w².", valueName: "σ_w²"))
  var weightVariance: Double?

  @Option(name: .long, help: ArgumentHelp("σ_b²; 0 when not given.", valueName: "σ_b²"))
  var biasVariance = 0.0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Variance of the first pre-activations, which decides where several variances are stable.",
      valueName: "q"))
  var dataVariance = 1.0

  @Option(
    name: .long, help: ArgumentHelp("Layers of pre-activations to compute kernels for.", valueName: "l"))
  var depth: Int?

  @Option(name: .long, help: ArgumentHelp("Inputs of the kernels.", valueName: "m"))
  var samples = 10

  @Option(
    name: .long, help: ArgumentHelp("Between the first pre-activations of every two inputs.", valueName: "c"))
  var correlation = 0.5

  @Option(
    name: .long,
    help: ArgumentHelp("Positions that are averaged before the readout; 1 for none.", valueName: "d"))
  var pooledPositions = 1

  @Option(
    name: .long,
    help: ArgumentHelp("The condition number up to which a network counts as trainable.", valueName: "κ"))
  var conditionNumberBudget = 1e4

  @Option(
    name: .long,
    help: ArgumentHelp("Tell the kernels' eigenvalues on the Boolean cube of d dimensions.", valueName: "d"))
  var booleanCube: Int?

  @Option(
    name: .long, help: ArgumentHelp("Draw the phase diagram here.", valueName: "file.svg"),
    completion: .file(extensions: ["svg"]))
  var diagram: String?

  @Option(
    name: .long, help: ArgumentHelp("The diagram's range of σ_w²; 0.2:4 when not given.", valueName: "a:b"))
  var weightVariances: RangeArgument?

  @Option(
    name: .long, help: ArgumentHelp("The diagram's range of σ_b²; 0:1 when not given.", valueName: "a:b"))
  var biasVariances: RangeArgument?

  @Option(name: .long, help: ArgumentHelp("Points of the diagram along each axis, 2 to 400.", valueName: "n"))
  var resolution = 101

  @Option(name: .long, help: "How results are written to standard output: table or json.")
  var format: OutputFormat = .table

  func validate() throws {
    guard weightVariance != nil || diagram != nil else {
      throw ValidationError("nothing to do: name --weight-variance, or --diagram, or both")
    }
    guard weightVariance != nil || depth == nil else {
      throw ValidationError("--depth needs --weight-variance")
    }
    for (value, name) in [(samples, "--samples"), (pooledPositions, "--pooled-positions")] where value < 1 {
      throw ValidationError("\(name) is \(value); expected at least 1")
    }
    guard booleanCube == nil || depth != nil else { throw ValidationError("--boolean-cube needs --depth") }
    guard format == .table || format == .json else {
      throw ValidationError("--format is \(format.rawValue); expected table or json")
    }
    if diagram == nil {
      for (given, name) in [
        (weightVariances != nil, "--weight-variances"), (biasVariances != nil, "--bias-variances"),
      ]
      where given { throw ValidationError("\(name) is the diagram's range, and there is no --diagram") }
    }
  }

  func run() throws {
    if let diagram { try OutputFile.checkPlace(diagram) }
    let analysis = try weightVariance.map { weightVariance in
      try MeanFieldAnalysis(
        try WideNetworkMaps(
          activation: activation.activation, weightVariance: weightVariance, biasVariance: biasVariance),
        dataVariance: dataVariance)
    }
    if let analysis {
      let document = try MeanFieldDocument(
        analysis, samples: samples,
        readout: pooledPositions == 1 ? .fullyConnected : .averagePooling(positions: pooledPositions),
        correlation: correlation, dataVariance: dataVariance, depth: depth, budget: conditionNumberBudget,
        cube: try booleanCube.flatMap { dimension in
          try depth.map {
            try BooleanCubeDocument(analysis.maps, hiddenLayers: $0 - 1, dimension: dimension)
          }
        })
      try StandardOutput.shared.append(
        format == .json ? document.json : document.page(style: Terminal.outputStyle))
    }
    if let diagram {
      let picture = try PhaseDiagram(
        activation.activation, weightVariances: weightVariances?.range ?? 0.2...4,
        biasVariances: biasVariances?.range ?? 0...1, resolution: resolution, dataVariance: dataVariance)
      try OutputFile.write(picture.plot(marking: analysis).svg(), to: diagram)
    }
  }
}

/// An activation by its name in network files, with the slope of a leaky ReLU after a colon.
struct ActivationArgument: ExpressibleByArgument {
  let activation: Activation

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let activation = parts.first.flatMap({ Activation(name: String($0)) }) else { return nil }
    if parts.count == 2 {
      guard case .leakyRelu = activation, let slope = Double(parts[1]), slope.isFinite else { return nil }
      self.activation = .leakyRelu(slope: slope)
    } else {
      self.activation = activation
    }
  }

  static var allValueStrings: [String] { Activation.all.map(\.name) }
}

/// `0.5:4`.
struct RangeArgument: ExpressibleByArgument {
  let range: ClosedRange<Double>

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 2, let low = parts[0], let high = parts[1], low.isFinite, high.isFinite, low < high
    else {
      return nil
    }
    range = low...high
  }
}
