import NetworkGraph

/// A folder with a folder of PNG or JPEG images for each class. Classes are numbered from 0 in the order of their
/// folders' names; images follow in the order of their files' names. They have one channel when all are grey, else
/// three.
enum ImageFolder {
  static func rows(
    _ path: String, resolution: ImageResolution?, limits: ReadLimits
  ) throws(DatasetError) -> SampleRows {
    guard FileBytes.isDirectory(path) else {
      throw .unreadable(file: path, reason: "expected a folder with a folder of images for each class")
    }
    let classes = try FileBytes.names(inFolder: path).filter {
      !$0.hasPrefix(".") && FileBytes.isDirectory(path + "/" + $0)
    }
    guard !classes.isEmpty else {
      throw .unreadable(file: path, reason: "the folder holds no folder; expected one for each class")
    }
    var stack = ImageStack(resolution: resolution, limits: limits)
    var labels: [Int] = []
    for (label, name) in classes.enumerated() {
      let folder = path + "/" + name
      let files = try FileBytes.names(inFolder: folder).filter(isImage)
      guard !files.isEmpty else {
        throw .unreadable(file: folder, reason: "the class has no .png, .jpg or .jpeg file")
      }
      for file in files {
        try stack.append(folder + "/" + file)
        labels.append(label)
      }
    }
    return try stack.rows(labels: labels, name: path)
  }

  private static func isImage(_ name: String) -> Bool {
    let lowercase = name.lowercased()
    return !name.hasPrefix(".") && [".png", ".jpg", ".jpeg"].contains { lowercase.hasSuffix($0) }
  }
}

/// Images of one resolution, one after the other.
private struct ImageStack {
  let resolution: ImageResolution?
  let limits: ReadLimits
  private var channels = 1
  private var count = 0
  /// The first image's, and its file's name.
  private var first: (resolution: ImageResolution, file: String)?
  /// As decoded, channel by channel; empty when there is a resolution to bring them to.
  private var pixels: [UInt8] = []
  /// At `resolution`.
  private var averages: [Float] = []

  init(resolution: ImageResolution?, limits: ReadLimits) {
    self.resolution = resolution
    self.limits = limits
  }

  mutating func append(_ file: String) throws(DatasetError) {
    let image = try DecodedImage(FileBytes.read(file, limits: limits), file: file, limits: limits)
    if resolution == nil, let first, first.resolution != image.resolution {
      throw .malformed(
        .init(file: file),
        problem: "\(image.resolution.height) × \(image.resolution.width) pixels where \(first.file) has "
          + "\(first.resolution.height) × \(first.resolution.width); `resize: [height, width]` makes them alike"
      )
    }
    first = first ?? (image.resolution, file)
    if image.channels > channels { becomeColored(channels: image.channels) }
    if let resolution {
      let average = AreaAverage(from: image.resolution, to: resolution)
      for channel in 0..<channels {
        averages += average { image.add(row: $0, ofChannel: channel, times: $1, to: &$2) }
      }
    } else {
      for channel in 0..<channels { pixels += image.plane(channel) }
    }
    count += 1
    let bytes = pixels.count + 4 * averages.count
    guard bytes <= limits.maximumBytes else {
      throw .tooLarge(.init(file: file), bytes: bytes, limit: limits.maximumBytes)
    }
  }

  func rows(labels: [Int], name: String) throws(DatasetError) -> SampleRows {
    let size = resolution ?? first?.resolution ?? ImageResolution(height: 1, width: 1)
    let shape = [count, channels, size.height, size.width]
    let array =
      resolution == nil
      ? EncodedArray(shape: shape, elementType: .uint8, bytes: pixels)
      : try EncodedArray(shape: shape, values: averages, name: name)
    guard let array else {
      throw .malformed(.init(file: name), problem: "the images do not fill the shape \(shape)")
    }
    return try SampleRows(array: array, labels: labels, divisor: 255, name: name)
  }

  /// All images so far are grey, and each gets the same in every channel.
  private mutating func becomeColored(channels wanted: Int) {
    pixels = repeated(pixels, wanted)
    averages = repeated(averages, wanted)
    channels = wanted
  }

  private func repeated<Value>(_ values: [Value], _ times: Int) -> [Value] {
    guard count > 0 else { return [] }
    let size = values.count / count
    return (0..<count).flatMap { image in
      (0..<times).flatMap { _ in values[image * size..<(image + 1) * size] }
    }
  }
}
