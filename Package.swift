// swift-tools-version: 6.1
import PackageDescription

/// Every Swift target is written against the same future features, so that moving a file between rooms never
/// changes its meaning.
let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
]

/// One room of the program: a Swift module that depends only on rooms above it in the list below.
func room(_ name: String, at path: String? = nil, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: swiftSettings)
}

/// The tests of one room.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies, resources: resources,
    swiftSettings: swiftSettings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")

let package = Package(
  name: "NTKScorer",
  platforms: [.macOS(.v14)],
  products: [
    .executable(name: "ntkscorer", targets: ["ntkscorer"]),
    .library(name: "ArchitectureScorer", targets: ["ArchitectureScorer"]),
    .library(name: "ArchitecturePlugins", targets: ["ArchitecturePlugins", "NetworkGraph", "PluginExport"]),
    .library(name: "ArchitectureSearch", targets: ["ArchitectureSearch"]),
    // Plugins: examples, and those that tests load for what is wrong with them
    .library(name: "Ladder", type: .dynamic, targets: ["Ladder"]),
    .library(name: "SampleCoherence", type: .dynamic, targets: ["SampleCoherence"]),
    .library(name: "FaultyFamily", type: .dynamic, targets: ["FaultyFamily"]),
    .library(name: "OtherVersion", type: .dynamic, targets: ["OtherVersion"]),
    .library(name: "NoEntry", type: .dynamic, targets: ["NoEntry"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),

    // Rooms, in dependency order
    .target(name: "CLaneKernels"),
    .target(name: "CPlugins"),
    room("LaneKernels", ["CLaneKernels"]),
    room("LinearAlgebra", ["COpenBLAS", "CLAPACKE"]),
    room("MachineMeasurement", ["CLaneKernels", "LaneKernels", "LinearAlgebra"]),
    room("RandomStreams", ["CLaneKernels", "LaneKernels", crypto]),
    room("YAMLDocuments", ["CLibYAML"]),
    room("NetworkGraph", ["YAMLDocuments", crypto]),
    room("PluginHosting", ["CPlugins", "YAMLDocuments", crypto]),
    room("ArchitecturePlugins", ["NetworkGraph", "PluginHosting", "YAMLDocuments"]),
    room("PluginExport", ["ArchitecturePlugins", "CPlugins", "NetworkGraph", "YAMLDocuments"]),
    room("FullyConnected", at: "Plugins/FullyConnected", ["ArchitecturePlugins", "NetworkGraph"]),
    room("Convolutional", at: "Plugins/Convolutional", ["ArchitecturePlugins", "NetworkGraph"]),
    room("CellBased", at: "Plugins/CellBased", ["ArchitecturePlugins", "NetworkGraph", "YAMLDocuments"]),
    room("SearchSpaces", ["ArchitecturePlugins", "NetworkGraph", "RandomStreams", "YAMLDocuments", crypto]),
    room(
      "Datasets", ["NetworkGraph", "RandomStreams", "YAMLDocuments", "CZlib", "CPNG", "CTurboJPEG", crypto]),
    room(
      "TangentKernel",
      ["CLaneKernels", "LaneKernels", "NetworkGraph", "RandomStreams", "Datasets"]),
    room("GaussianDuals", ["NetworkGraph"]),
    room("MeanField", ["GaussianDuals", "NetworkGraph"]),
    room(
      "InfiniteWidth",
      ["CLaneKernels", "LaneKernels", "LinearAlgebra", "NetworkGraph", "GaussianDuals", "TangentKernel"]),
    room("Trainability", ["LinearAlgebra"]),
    room(
      "NetworkTraining", ["Datasets", "GaussianDuals", "LinearAlgebra", "NetworkGraph", "TangentKernel"]),
    room(
      "ScoringMetrics",
      [
        "TangentKernel", "InfiniteWidth", "MeanField", "Trainability", "LinearAlgebra", "NetworkGraph",
        "Datasets", "PluginHosting", "YAMLDocuments",
      ]),
    room("CandidateRanking", ["Trainability"]),
    room("ArchitectureSearch", ["CandidateRanking"]),
    room("ResultStorage", ["Trainability", grdb]),
    room(
      "ArchitectureScorer",
      [
        "PluginHosting", "ArchitecturePlugins", "FullyConnected", "Convolutional", "CellBased",
        "SearchSpaces",
        "Datasets", "NetworkGraph", "LinearAlgebra", "TangentKernel", "InfiniteWidth", "Trainability",
        "ScoringMetrics", "CandidateRanking", "RandomStreams", "YAMLDocuments",
        "ResultStorage", logging, crypto,
      ]),
    room(
      "Reports",
      [
        "ArchitecturePlugins", "ArchitectureScorer", "CandidateRanking", "LinearAlgebra", "MeanField",
        "NetworkGraph", "NetworkTraining",
        "ScoringMetrics", "SearchSpaces", "Trainability", "YAMLDocuments",
      ]),
    room(
      "ScorerDaemon",
      [
        "ArchitecturePlugins", "ArchitectureScorer", "CZlib", "NetworkGraph", "Reports", "ResultStorage",
        "ScoringMetrics", "SearchSpaces", "Trainability", "YAMLDocuments", crypto, hummingbird, lifecycle,
        logging,
        metrics,
      ]),
    .executableTarget(
      name: "ntkscorer",
      dependencies: [
        "ArchitecturePlugins", "ArchitectureScorer", "Datasets", "GaussianDuals", "InfiniteWidth",
        "LaneKernels",
        "LinearAlgebra",
        "MachineMeasurement", "MeanField", "NetworkGraph", "NetworkTraining", "PluginHosting", "Reports",
        "ScorerDaemon",
        "ResultStorage", "ScoringMetrics", "SearchSpaces", "TangentKernel",
        "Trainability", "YAMLDocuments", argumentParser, logging,
      ],
      swiftSettings: swiftSettings),

    // Plugins as shared libraries
    room("Ladder", at: "Plugins/Examples/Ladder", ["ArchitecturePlugins", "NetworkGraph", "PluginExport"]),
    .target(name: "SampleCoherence", dependencies: ["CPlugins"], path: "Plugins/Examples/SampleCoherence"),
    .target(name: "FaultyFamily", dependencies: ["CPlugins"], path: "Tests/FaultyPlugins/FaultyFamily"),
    .target(name: "OtherVersion", dependencies: ["CPlugins"], path: "Tests/FaultyPlugins/OtherVersion"),
    .target(name: "NoEntry", path: "Tests/FaultyPlugins/NoEntry"),

    // Tests
    .target(name: "WideTiles", dependencies: ["CLaneKernels"], path: "Tests/WideTiles"),
    tests(of: "LaneKernels", ["CLaneKernels", "WideTiles"]),
    tests(of: "LinearAlgebra"),
    tests(of: "RandomStreams", ["CLaneKernels", "LaneKernels"]),
    tests(of: "YAMLDocuments"),
    tests(of: "NetworkGraph", ["YAMLDocuments"]),
    room("PluginScripts", at: "Tests/PluginScripts"),
    tests(of: "PluginHosting", ["PluginScripts", "YAMLDocuments"]),
    tests(
      of: "ArchitecturePlugins",
      ["FullyConnected", "Convolutional", "NetworkGraph", "PluginHosting", "PluginScripts", "YAMLDocuments"]),
    tests(
      of: "PluginExport",
      [
        "ArchitecturePlugins", "FullyConnected", "NetworkGraph", "PluginHosting", "PluginScripts",
        "YAMLDocuments",
      ]),
    tests(of: "CellBased", ["ArchitecturePlugins", "NetworkGraph", "YAMLDocuments", crypto]),
    tests(of: "SearchSpaces", ["FullyConnected", "Convolutional", "CellBased"]),
    tests(of: "Datasets", ["NetworkGraph", "RandomStreams", "CPNG", "CTurboJPEG"]),
    room("ReferenceEngine", at: "Tests/ReferenceEngine", ["NetworkGraph"]),
    tests(
      of: "TangentKernel",
      [
        "ReferenceEngine", "CLaneKernels", "LaneKernels", "Datasets", "NetworkGraph", "RandomStreams",
        "LinearAlgebra", "YAMLDocuments", "ArchitecturePlugins", "FullyConnected", "Convolutional",
        "TheoryCases", "WideTiles",
      ]),
    room("TheoryCases", at: "Tests/TheoryCases", ["NetworkGraph"]),
    tests(of: "GaussianDuals", ["NetworkGraph", "TheoryCases"]),
    tests(of: "MeanField", ["GaussianDuals", "NetworkGraph", "TheoryCases"]),
    tests(
      of: "Trainability",
      ["InfiniteWidth", "LinearAlgebra", "NetworkGraph", "TangentKernel", "TheoryCases"]),
    tests(
      of: "InfiniteWidth",
      [
        "TheoryCases", "GaussianDuals", "NetworkGraph", "YAMLDocuments", "Datasets", "TangentKernel",
        "LinearAlgebra",
        "Trainability", "LaneKernels",
      ]),
    tests(
      of: "NetworkTraining",
      ["Datasets", "InfiniteWidth", "LinearAlgebra", "NetworkGraph", "TangentKernel", "Trainability"]),
    tests(of: "CandidateRanking", ["Trainability"]),
    tests(
      of: "ArchitectureSearch",
      [
        "TheoryCases", "CandidateRanking", "Datasets", "LinearAlgebra", "NetworkGraph", "TangentKernel",
        "Trainability",
      ]
    ),
    tests(of: "ResultStorage", ["Trainability", grdb]),
    tests(
      of: "ScoringMetrics",
      [
        "TangentKernel", "InfiniteWidth", "MeanField", "LinearAlgebra", "Trainability", "NetworkGraph",
        "Datasets",
      ]),
    tests(
      of: "ArchitectureScorer",
      [
        "ArchitecturePlugins", "FullyConnected", "NetworkGraph", "SearchSpaces", "YAMLDocuments", "Datasets",
        "TangentKernel", "Trainability", "ScoringMetrics", "CandidateRanking", "ResultStorage",
        "PluginHosting", "PluginScripts",
      ]),
    tests(
      of: "Reports",
      ["ArchitecturePlugins", "LinearAlgebra", "MeanField", "NetworkGraph", "ScoringMetrics", "Trainability"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["ntkscorer", "CPNG", "Datasets", "PluginScripts", grdb],
      swiftSettings: swiftSettings),
  ]
)
