import ArchitectureScorer
import Datasets
import Foundation
import TangentKernel
import Testing

private func identity() throws -> ScoreIdentity {
  var identity = ScoreIdentity(
    settings: KernelSettings(), dataset: try .gaussian(shape: .maps(channels: 3, height: 32, width: 32)),
    samples: 32, batchRule: .perSeed, family: ("convolutional", "1"))
  identity.datasetHash = "00"
  identity.engineVersion = "1"
  return identity
}

@Test func everySettingChangesTheIdentity() throws {
  let identity = try identity()
  let changes: [(inout ScoreIdentity) -> Void] = [
    { $0.measurement = "other" }, { $0.measurementVersion = "2" }, { $0.engineVersion = "2" },
    { $0.outputReduction = .trace }, { $0.normalizationMode = .removed }, { $0.parameterFilter = .weights },
    { $0.parameterization = "ntk" }, { $0.initialization = .pytorch }, { $0.precision = .double },
    { $0.requestedPrecision = .double }, { $0.datasetHash = "01" }, { $0.inputShape = [3072] },
    { $0.samples = 64 }, { $0.batchRule = "fixed" }, { $0.family = "cells" }, { $0.family = nil },
    { $0.familyVersion = "2" },
  ]
  var hashes: Set<String> = [identity.hash]
  for change in changes {
    var changed = identity
    change(&changed)
    hashes.insert(changed.hash)
  }
  #expect(hashes.count == changes.count + 1)
}

@Test func theIdentityIsOneTextThatReadsBack() throws {
  let identity = try identity()
  #expect(
    identity.canonicalJSON == """
      {"batchRule":"per_seed","datasetHash":"00","engineVersion":"1","family":"convolutional",\
      "familyVersion":"1","initialization":"he_normal","inputShape":[3,32,32],\
      "measurement":"tangentKernelSpectrum","measurementVersion":"1","normalizationMode":"frozen",\
      "outputReduction":"sum","parameterFilter":"all","parameterization":"standard","precision":"single",\
      "requestedPrecision":"single","samples":32}
      """)
  let data = Data(identity.canonicalJSON.utf8)
  #expect(try JSONDecoder().decode(ScoreIdentity.self, from: data) == identity)
}

@Test(
  arguments: [
    ("seeds: 2", "output_reduction: trace"), ("seeds: 2", "batch_norm: removed"),
    ("seeds: 2", "parameters: kernels"), ("seeds: 2", "parameterization: ntk"),
    ("seeds: 2", "initialization: xavier_normal"), ("seeds: 2", "precision: double"),
    ("samples: 10", "samples: 11"), ("samples: 10", "samples: 10, batch: fixed"), ("[12]", "[13]"),
  ])
func settingsOfASpaceReachTheIdentity(old: String, new: String) throws {
  let scorer = Scorer()
  let options = RankingOptions(limit: 1, seeds: [0])
  let before = try scorer.rank(try scorer.space(nineNetworks), options: options)
  let after = try scorer.rank(try scorer.space(nineNetworks.replacing(old, with: new)), options: options)
  #expect(before.identity.hash != after.identity.hash)
}
