import NetworkGraph

/// The inputs of one kernel: `count` samples of one shape, row-major (sample, channel, row, column).
public struct SampleBatch: Hashable, Sendable {
  /// The most numbers one batch may hold: 4 GiB of them.
  public static let maximumElements = 1 << 30

  /// The shape of one sample.
  public let shape: TensorShape
  /// How many samples; at least 1.
  public let count: Int
  /// `count` × `shape.elementCount` numbers. Not necessarily finite: the kernel's outcome says so.
  public let values: [Float]
  /// The class of each sample, when the dataset has classes.
  public let labels: [Int]?

  /// - Throws: `DatasetError.invalidValues` when the counts do not agree, there is no sample, a sample is
  ///   empty, or the batch exceeds `maximumElements`.
  public init(shape: TensorShape, count: Int, values: [Float], labels: [Int]? = nil) throws(DatasetError) {
    let expected = try SampleBatch.elementCount(shape: shape, count: count)
    guard values.count == expected else {
      throw .invalidValues("\(count) samples of shape \(shape) are \(expected) numbers, not \(values.count)")
    }
    if let labels, labels.count != count {
      throw .invalidValues("\(count) samples need \(count) labels, not \(labels.count)")
    }
    self.shape = shape
    self.count = count
    self.values = values
    self.labels = labels
  }

  /// The rows of an array as samples: n × features, n × channels × height × width, or any array of n rows of
  /// as many numbers as `shape` holds. Values are rounded to float32.
  /// - Throws: `DatasetError.shapeMismatch` naming `name` when a row has another number of elements.
  public init(
    _ array: NumericArray, shape: TensorShape, labels: [Int]? = nil, name: String
  ) throws(DatasetError) {
    let row = Array(array.shape.dropFirst())
    guard let count = array.shape.first, checkedProduct(row) == checkedProduct(shape.dimensions) else {
      throw .shapeMismatch(dataset: name, sample: row, expected: shape)
    }
    try self.init(shape: shape, count: count, values: array.values.map { Float($0) }, labels: labels)
  }

  /// The numbers that a batch of this size holds.
  static func elementCount(shape: TensorShape, count: Int) throws(DatasetError) -> Int {
    guard count > 0 else { throw .invalidValues("a batch needs at least one sample, not \(count)") }
    guard let product = checkedProduct([count] + shape.dimensions), product <= maximumElements else {
      throw .invalidValues("\(count) samples of shape \(shape) exceed \(maximumElements) numbers")
    }
    guard product > 0 else { throw .invalidValues("a sample of shape \(shape) holds no numbers") }
    return product
  }
}
