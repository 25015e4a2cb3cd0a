import Foundation

/// A setting of score identities that two runs have differently.
struct SettingDifference: Hashable, CustomStringConvertible {
  /// As search spaces write it, where they can.
  let name: String
  let earlier: String
  let now: String

  /// `precision: single then, double now`.
  var description: String { "\(name): \(earlier) then, \(now) now" }

  /// Of two identities as canonical JSON, by name; empty for equal ones.
  static func between(_ earlier: String, _ now: String) -> [SettingDifference] {
    let (before, after) = (settings(earlier), settings(now))
    return Set(before.keys).union(after.keys).subtracting(["precision"]).sorted().compactMap { key in
      let (old, new) = (before[key] ?? "none", after[key] ?? "none")
      return old == new ? nil : SettingDifference(name: names[key] ?? key, earlier: old, now: new)
    }
  }

  private static let names = [
    "outputReduction": "output_reduction", "normalizationMode": "batch_norm", "parameterFilter": "parameters",
    "requestedPrecision": "precision", "datasetHash": "dataset", "inputShape": "shape", "batchRule": "batch",
    "engineVersion": "engine version", "familyVersion": "family version",
    "measurementVersion": "measurement version",
  ]

  private static func settings(_ json: String) -> [String: String] {
    let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    return (object ?? [:]).mapValues { value in
      switch value {
      case let text as String: text.count == 64 ? String(text.prefix(12)) : text
      case let list as [Any]: "[" + list.map { "\($0)" }.joined(separator: ", ") + "]"
      default: "\(value)"
      }
    }
  }
}
