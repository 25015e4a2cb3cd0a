import ArchitecturePlugins
import CellBased
import Convolutional
import Foundation
import FullyConnected
import SearchSpaces
import Testing
import YAMLDocuments

private let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

@Suite struct SchemaTests {
  private let json: String
  private let validator: JSONSchemaValidator

  init() throws {
    json = try SearchSpaceSchema(
      families: FamilyRegistry([FullyConnectedFamily(), ConvolutionalFamily(), NASBench201Family()]),
      knownNames: KnownNames(
        metrics: shippedMetricNames, initializations: ["default", "he_normal", "orthogonal"])
    ).json()
    validator = try JSONSchemaValidator(json)
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: folder).path)
      .filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
  }

  private func mistakes(_ file: String) throws -> [String] {
    let source = try SourceText(contentsOfFile: repository.appending(path: file).path)
    return try validator.mistakes(parseYAML(file: 0, collector: DiagnosticCollector(source)))
  }

  private func mistakes(inText text: String) throws -> [String] {
    try validator.mistakes(parseYAML(SourceText(name: "x", text: text)))
  }

  @Test func theSchemaIsOneAndTheSameEachTime() throws {
    #expect(json.contains("\"https://json-schema.org/draft/2020-12/schema\""))
    for _ in 0..<3 {
      let again = try SearchSpaceSchema(
        families: FamilyRegistry([NASBench201Family(), ConvolutionalFamily(), FullyConnectedFamily()]),
        knownNames: KnownNames(
          metrics: shippedMetricNames, initializations: ["default", "he_normal", "orthogonal"])
      ).json()
      #expect(again == json)
    }
  }

  @Test func everyParameterIsDescribed() throws {
    for family in [ConvolutionalFamily(), FullyConnectedFamily(), NASBench201Family()]
      as [any ArchitectureFamily]
    {
      for parameter in family.parameters {
        #expect(json.contains("\"\(parameter.name)\" : {"))
        #expect(json.contains(parameter.documentation.replacing("\"", with: "\\\"")))
      }
    }
  }

  @Test func everyShippedSpaceFits() throws {
    let files = try files("search-spaces")
    #expect(files.count >= 9)
    for file in files { #expect(try mistakes(file) == [], "\(file)") }
  }

  /// Malformed files whose mistakes are of form, and so are seen in an editor.
  @Test(arguments: [
    "booleans", "constraint-upside-down", "dataset", "family-misspelled", "fixed-and-chosen",
    "keys-misspelled",
    "list-instead-of-mapping", "metrics-misspelled", "not-a-number", "parameters-unknown", "ranges",
    "repeated-values",
    "sections-missing", "sizes-absurd", "types",
  ])
  func mistakesOfFormAreRefused(name: String) throws {
    #expect(try !mistakes("Tests/Fixtures/malformed/\(name).yaml").isEmpty)
  }

  /// What an expression means, what lies where and what is tied to what is no matter of form.
  @Test(arguments: [
    "architecture-string", "condition-below", "constraint-form", "constraint-nothing-keeps",
    "constraint-tangle",
    "duplicate-keys", "include-climbs", "dataset-missing-file",
  ])
  func otherMistakesAreLeftToValidate(name: String) throws {
    #expect(try mistakes("Tests/Fixtures/malformed/\(name).yaml") == [])
  }

  @Test(arguments: [
    ("choices: {depth: [1, 2]}", true), ("choices: {depth: {from: 1, to: 4}}", true),
    ("choices: {depth: {from: 1, to: 4, when: bias}}", true),
    ("choices: {depth: {values: [1], when: bias}}", true),
    ("choices: {depth: {from: 1}}", false), ("choices: {depth: {from: 1, to: 2, step: 1, count: 2}}", false),
    ("choices: {depth: 3}", false), ("choices: {depth: []}", false), ("choices: {depth: [1, 1]}", false),
    ("choices: {depth: [1.5]}", false), ("choices: {depth: [2000]}", false),
    ("choices: {width: [8, [8, 16]]}", true),
    ("choices: {weight_variance: {from: 0.5, to: 2}}", false),
    ("choices: {weight_variance: {from: 0.5, to: 2, count: 4}}", true),
    ("choices: {activation: {from: relu, to: tanh}}", false),
    ("choices: {activation: {values: [relu]}}", true),
    ("fixed: {depth: 2, bias: true, width: [8, 8]}", true), ("fixed: {depth: 2.5}", false),
    ("fixed: {dpeth: 2}", false),
    ("fixed:", true), ("constraints: {where: depth > 1}", true),
    ("constraints: {where: [depth > 1, true]}", true),
    ("constraints: {where: {}}", false), ("constraints: {parameters: {at_most: 1e6}}", true),
    ("constraints: {parameters: {}}", false), ("scoring: {seeds: [1, 2]}", true),
    ("scoring: {seeds: 0}", false),
    ("scoring: {metrics: [effectiveRank, effective_rank]}", true), ("scoring: {precision: half}", false),
    ("ranking: {by: depth}", true), ("ranking: {rank_sum: [depth, parameters]}", true),
    ("ranking: {rank_sum: [depth]}", false),
    ("ranking: {}", false), ("definitions: {x: [1]}", true),
  ])
  func sectionsAreJudgedAsTheReaderDoes(section: String, fits: Bool) throws {
    let text = "family: fully_connected\ninput: {shape: [4], outputs: 2}\n\(section)\n"
    let found = try mistakes(inText: text)
    #expect(found.isEmpty == fits, "\(found)")
  }

  @Test(arguments: [
    ("{kind: gaussian}", true), ("{kind: npy}", false), ("{kind: npy, path: x.npy, labels: y.npy}", true),
    ("{kind: npz, path: x.npz, inputs: x, labels: y, balanced: true}", true),
    ("{kind: csv, path: t.csv, label: 3, header: false, ignore: [id, 2], standardize: true}", true),
    ("{kind: csv, path: t.csv, resize: [4, 4]}", false), ("{kind: cifar10, path: f, resize: [16, 16]}", true),
    ("{kind: cifar100, path: f, labels: coarse}", true),
    ("{kind: cifar100, path: f, labels: middling}", false),
    ("{kind: mnist, path: f, labels: g}", true), ("{kind: fashion_mnist, path: f}", true),
    ("{kind: images, path: f, resize: [32, 32], balanced: true}", true),
    ("{kind: images, path: f, labels: x}", false),
    ("{kind: imagenet, path: f}", false), ("{path: f}", false), ("{kind: gaussian, balanced: true}", false),
  ])
  func datasetsAreJudgedAsTheReaderDoes(dataset: String, fits: Bool) throws {
    let text = "family: fully_connected\ninput: {shape: [4], outputs: 2, dataset: \(dataset)}\n"
    let found = try mistakes(inText: text)
    #expect(found.isEmpty == fits, "\(found)")
    #expect(
      SearchSpacesTests.mistakes(
        text.replacing("fully_connected", with: "stack") + "fixed: {depth: 1, width: 2}\n"
      ).isEmpty == fits)
  }

  /// Editors underline the value that is wrong, not the section that it stands in.
  @Test(arguments: [
    ("booleans", ["/fixed/bias", "/fixed/residual"]),
    ("family-misspelled", ["/family"]),
    ("keys-misspelled", ["/choises", "/famly", "/input/outptus", "/input/sampels", "/scoring/seed"]),
    (
      "parameters-unknown",
      ["/choices/block", "/choices/dept", "/choices/widht", "/fixed/kernel", "/fixed/stages"]
    ),
    ("types", ["/choices", "/constraints", "/family", "/input", "/scoring/seeds"]),
  ])
  func mistakesOfFormAreFoundWhereTheyStand(name: String, places: [String]) throws {
    let found = try mistakes("Tests/Fixtures/malformed/\(name).yaml")
      .filter { !$0.contains(": required") }.map { String($0.prefix { $0 != ":" }) }
    #expect(Set(found) == Set(places), "\(found)")
  }

  @Test func whatIsIncludedMayBeMissing() throws {
    #expect(try mistakes(inText: "include: common.yaml\ninput: {samples: 4}\n").isEmpty)
    #expect(try !mistakes(inText: "input: {samples: 4}\n").isEmpty)
  }
}
