import Datasets
import Foundation
import LinearAlgebra
import NetworkGraph
import Reports
import Trainability

/// Arrays that the user names on the command line.
enum InputFile {
  /// Inputs as the finite engine reads them, and in the file's own precision.
  ///
  /// - Throws: `DatasetError.shapeMismatch` unless a row has just the network's input shape.
  static func batch(_ path: String, shape: TensorShape) throws -> (batch: SampleBatch, exact: [Double]) {
    let array = try NumericArray(npy: path)
    let row = Array(array.shape.dropFirst())
    guard !array.shape.isEmpty, row == shape.dimensions else {
      throw DatasetError.shapeMismatch(dataset: path, sample: row, expected: shape)
    }
    do { return (try SampleBatch(array, shape: shape, name: path), array.values) } catch {
      throw CommandFailure.invalidInput("\(path): \(error)")
    }
  }

  /// A kernel of training inputs, as precise as the file's numbers.
  static func kernel(_ path: String) throws -> DecomposedKernel {
    let array = try NumericArray(npy: path)
    let epsilon =
      switch array.elementType {
      case .float16: 0x1p-10
      case .float32: 0x1p-23
      default: 0x1p-52
      }
    return try DecomposedKernel(try matrix(array, path), epsilon: epsilon)
  }

  /// A matrix, or numbers as one column.
  static func matrix(_ path: String) throws -> Matrix { try matrix(try NumericArray(npy: path), path) }

  private static func matrix(_ array: NumericArray, _ path: String) throws -> Matrix {
    guard (1...2).contains(array.shape.count) else {
      throw CommandFailure.invalidInput("\(path): expected one or two axes, and the shape is \(array.shape)")
    }
    return try Matrix(
      rows: array.shape[0], columns: array.shape.count == 2 ? array.shape[1] : 1, values: array.values)
  }

  /// n × O numbers, or classes as one-hot vectors less their mean.
  ///
  /// - Parameter count: of classes; one more than the largest when nil.
  static func targets(_ path: String, oneHot: Bool, count: Int? = nil) throws -> Matrix {
    guard oneHot else { return try matrix(path) }
    let classes = try NumericArray(npy: path).labels(name: path)
    let most = count ?? 100_000
    guard let least = classes.min(), least >= 0, let needed = classes.max().map({ $0 + 1 }), needed <= most
    else {
      throw CommandFailure.invalidInput(
        "\(path): classes are 0, 1, …"
          + (count.map { " up to \($0 - 1), which the labels of training end at" } ?? ""))
    }
    let width = count ?? needed
    return Matrix(rows: classes.count, columns: width) { (classes[$0] == $1 ? 1 : 0) - 1 / Double(width) }
  }

  static func checkLabels(_ path: String, count: Int) throws {
    let array = try NumericArray(npy: path)
    guard array.shape.first == count, array.shape.count <= 2 else {
      throw CommandFailure.invalidInput(
        "\(path): labels of shape \(array.shape) for \(NumberText.counted(count, "input")); expected one each"
      )
    }
  }
}

/// A file to be written at the end.
enum OutputFile {
  /// An hour of computation must not end at a folder that is not there.
  static func checkPlace(_ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw DatasetError.unwritable(file: path, reason: "there is no folder \(folder)")
    }
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw DatasetError.unwritable(file: path, reason: "it is a folder")
    }
    guard access(folder, W_OK) == 0 || access(path, W_OK) == 0 else {
      throw DatasetError.unwritable(file: path, reason: "the folder \(folder) may not be written")
    }
  }

  /// - Throws: `DatasetError.unwritable`.
  static func write(_ text: String, to path: String) throws { try TextFile.write(text, to: path) }
}
