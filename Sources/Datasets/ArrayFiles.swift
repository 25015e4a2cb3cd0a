/// Datasets in NumPy's files.
enum ArrayFiles {
  static func rows(npy path: String, labels: String?, limits: ReadLimits) throws(DatasetError) -> SampleRows {
    let bytes = try FileBytes.read(path, limits: limits)
    let array = try EncodedArray(
      npy: bytes, start: 0, end: bytes.count, at: .init(file: path), limits: limits)
    var classes: [Int]?
    if let labels { classes = try NumericArray(npy: labels, limits: limits).labels(name: labels) }
    return try SampleRows(array: array, labels: classes, divisor: 1, name: path)
  }

  static func rows(
    npz path: String, inputs: String?, labels: String?, limits: ReadLimits
  ) throws(DatasetError) -> SampleRows {
    let archive = try NPZArchive(path: path, limits: limits)
    let candidates = archive.arrayNames.filter { $0 != labels }
    guard let member = inputs ?? (candidates.count == 1 ? candidates[0] : nil) else {
      throw .malformed(
        .init(file: path),
        problem: "name the array of inputs: the archive holds \(archive.arrayNames.joined(separator: ", "))")
    }
    let array = try archive.encodedArray(member)
    var classes: [Int]?
    if let labels { classes = try archive.array(labels).labels(name: "\(path): member '\(labels)'") }
    return try SampleRows(array: array, labels: classes, divisor: 1, name: "\(path): member '\(member)'")
  }
}
