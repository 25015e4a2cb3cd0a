import ArchitecturePlugins
import CellBased
import Convolutional
import Foundation
import FullyConnected
import NetworkGraph
import SearchSpaces
import Testing
import YAMLDocuments

private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "search-spaces")

let shippedMetricNames = [
  "conditionNumber", "lambdaMax", "lambdaMin", "kernelTrace", "effectiveRank", "largestStableLearningRate",
  "stepsToOnePercent", "infiniteConditionNumber", "asymptoticConditionNumber", "infiniteWidthDeviation",
  "propagationPhase", "trainableDepthUse", "generalisingDepthUse", "parameters", "multiplyAdds", "depth",
  "centeredConditionNumber", "layerEqualizedLambdaMin",
]

/// Those whose candidates are all made and looked at; nas-bench-201's tests are elsewhere.
private let smallSpaces = [
  "tiny.yaml", "fcn-mnist.yaml", "fcn-order-chaos.yaml", "fcn-tabular.yaml", "cnn-cifar.yaml",
  "cnn-depthwise-separable.yaml", "resnet-depth-width.yaml", "tutorial.yaml",
]

private func shippedSpace(_ name: String) throws -> SearchSpace {
  try SearchSpace(
    contentsOfFile: folder.appending(path: name).path,
    families: FamilyRegistry([FullyConnectedFamily(), ConvolutionalFamily(), NASBench201Family()]),
    knownNames: KnownNames(metrics: shippedMetricNames, initializations: ["default"]))
}

@Suite struct ShippedSpaceTests {
  @Test func everyFileOfTheFolderIsAValidSpaceNamedAsItsFile() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(Set(files) == Set(smallSpaces + ["nas-bench-201.yaml"]))
    for file in files {
      let space = try shippedSpace(file)
      #expect("\(space.name).yaml" == file)
      #expect(space.input.dataset == .gaussian)
      #expect(space.summary != nil)
    }
  }

  @Test(arguments: [
    ("tiny.yaml", 12), ("fcn-mnist.yaml", 96), ("fcn-order-chaos.yaml", 60), ("cnn-cifar.yaml", 48),
    ("nas-bench-201.yaml", 15625), ("fcn-tabular.yaml", 188), ("cnn-depthwise-separable.yaml", 42),
    ("resnet-depth-width.yaml", 102), ("tutorial.yaml", 48),
  ])
  func commentsTellTheTrueCount(file: String, count: Int) throws {
    #expect(try shippedSpace(file).cardinality.int == count)
  }

  @Test(arguments: smallSpaces)
  func everyCandidateMakesANetworkAndMostKeepTheBudgets(file: String) throws {
    let space = try shippedSpace(file)
    var admitted = 0
    var total = 0
    for candidate in space.candidates {
      total += 1
      switch space.admission(of: candidate) {
      case .admitted(let network):
        admitted += 1
        #expect(network.outputCount == space.input.outputs)
      case .overBudget: #expect(!space.budgets.isEmpty)
      case .failed(let message): Issue.record("\(candidate.choices.canonicalJSON): \(message)")
      }
    }
    #expect(total == space.cardinality.int)
    #expect(2 * admitted > total, "\(admitted) of \(total)")
    // A constraint that excludes nothing would teach nothing.
    #expect(space.budgets.isEmpty == (admitted == total), "\(admitted) of \(total)")
  }

  /// A condition or constraint that changes nothing would teach nothing.
  @Test(arguments: smallSpaces)
  func everyConstraintLeavesSomethingOut(file: String) throws {
    let space = try shippedSpace(file)
    let whole = space.axes.reduce(1) { $0 * $1.values.count }
    #expect(
      (space.constraints.isEmpty && space.axes.allSatisfy { $0.condition == nil })
        == (space.cardinality.int == whole))
    for axis in space.axes where axis.condition != nil {
      #expect(space.candidates.contains { $0.choices[axis.name] == nil })
    }
  }

  @Test func weightVarianceSweepHasRoundValues() throws {
    let space = try shippedSpace("fcn-order-chaos.yaml")
    #expect(space.axes.first?.values.prefix(3) == [.real(0.5), .real(0.75), .real(1)])
    #expect(space.axes.first?.values.last == .real(4))
  }

  @Test func sharedChoicesAcrossFilesHaveOneIdentifier() throws {
    let tiny = try shippedSpace("tiny.yaml")
    let copy = try SearchSpace(
      SourceText(
        name: "copy.yaml",
        text:
          "family: fully_connected\ninput: {shape: [64], outputs: 10}\nfixed: {depth: 2}\nchoices: {width: [64]}\n"
      ),
      families: FamilyRegistry([FullyConnectedFamily()]),
      knownNames: KnownNames(metrics: shippedMetricNames, initializations: ["default"]))
    let id = try #require(copy.candidate(at: 0)?.id)
    #expect(tiny.candidates.contains { $0.id == id })
  }
}
