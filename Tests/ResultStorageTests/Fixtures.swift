import Foundation
import ResultStorage
import Trainability

/// A folder that lasts as long as the value.
final class TemporaryFolder: Sendable {
  let path: String
  var store: String { path + "/store.sqlite" }

  init() throws {
    path = NSTemporaryDirectory() + "/store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

func key(_ network: String, seed: UInt64 = 0, identity: String = "i1") -> ScoreKey {
  ScoreKey(networkHash: network, identityHash: identity, seed: seed)
}

/// A score whose identity text follows from its hash.
func score(
  _ key: ScoreKey, _ metrics: [String: Double] = ["conditionNumber": 12.5], outcome: Outcome = .ok,
  message: String? = nil, eigenvalues: [Double]? = nil
) -> ScoreRecord {
  ScoreRecord(
    key: key, identityJSON: #"{"name":"\#(key.identityHash)"}"#, outcome: outcome, message: message,
    metrics: metrics, eigenvalues: eigenvalues, seconds: 0.25, engineVersion: "0.1",
    created: Date(timeIntervalSince1970: 1_700_000_000.125))
}

/// The error that a store throws; nil when it does not.
func storeError(_ body: () throws -> Void) -> StoreError? {
  do {
    try body()
    return nil
  } catch {
    return error as? StoreError
  }
}
