/// The form of `dataset`, as `InputReader` reads it.
enum DatasetSchema {
  static var schema: JSONSchema {
    [
      "type": "object", "required": ["kind"],
      "properties": ["kind": .names(kinds.map(\.name))],
      "allOf": .array(
        kinds.map { kind in
          [
            "if": ["properties": ["kind": ["const": .text(kind.name)]], "required": ["kind"]],
            "then": .mapping(
              kind.keys.merging(["kind": [:]]) { $1 }, required: kind.keys["path"] == nil ? [] : ["path"]),
          ]
        }),
    ]
  }

  private static let text: JSONSchema = ["type": "string"]
  private static let column: JSONSchema = ["type": ["string", "integer"]]
  private static let truth = (["type": "boolean"] as JSONSchema).orNothing
  private static let size: JSONSchema = [
    "type": "array", "items": .integer(1...65_536), "minItems": 2, "maxItems": 2,
  ]

  private static let kinds: [(name: String, keys: [String: JSONSchema])] = {
    let files: [String: JSONSchema] = ["path": text, "labels": text]
    let images = ["resize": size.orNothing, "balanced": truth, "standardize": truth]
    let table: [String: JSONSchema] = [
      "path": text, "label": column, "header": truth, "ignore": .list(of: column, isDistinct: false),
      "balanced": truth, "standardize": truth,
    ]
    return [
      ("gaussian", ["standardize": truth]),
      ("npy", files.merging(images) { $1 }),
      ("npz", files.merging(images) { $1 }.merging(["inputs": text]) { $1 }),
      ("csv", table),
      ("cifar10", images.merging(["path": text]) { $1 }),
      ("cifar100", images.merging(["path": text, "labels": .names(["fine", "coarse"])]) { $1 }),
      ("mnist", files.merging(images) { $1 }),
      ("fashion_mnist", files.merging(images) { $1 }),
      ("images", images.merging(["path": text]) { $1 }),
    ]
  }()
}
