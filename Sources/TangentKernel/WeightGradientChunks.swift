import CLaneKernels
import LaneKernels
import NetworkGraph

/// What the per-sample gradients of some weights may take between being formed and multiplied out: most of a
/// second-level cache.
private let cacheBytes = 600 << 10

/// How a convolution's weights are cut into chunks whose per-sample gradients stay in cache between being formed and
/// multiplied out. Depends on shapes alone, never on the machine: the order of summation follows from it.
struct WeightGradientChunks {
  /// Some target channels of one group against some of its source channels, all taps.
  struct Chunk {
    let group: Int
    let targets: Range<Int>
    let sources: Range<Int>
    /// Which part of the sources this is: 0 unless a target's weights do not fit one chunk.
    let sourcePart: Int
  }

  let taps: Int
  private let layer: Convolution
  private let input, output: TensorShape
  private let winograd: WinogradConvolution?
  private let groups, sourceChannels, targetChannels: Int
  private let targetStep, sourceStep: Int

  init(_ layer: Convolution, input: TensorShape, output: TensorShape, columns: Int, scalarBytes: Int) {
    taps = layer.kernelHeight * layer.kernelWidth
    (self.layer, self.input, self.output) = (layer, input, output)
    groups = layer.groups
    sourceChannels = input.channels / groups
    targetChannels = output.channels / groups
    winograd = WinogradConvolution(layer, input: input, output: output)
    let affordable = max(1, cacheBytes / (columns * laneCount * scalarBytes))
    let fewestTargets = min(4, targetChannels)
    var sources = sourceChannels
    if fewestTargets * sources * taps > affordable {
      sources = min(sourceChannels, max(2, affordable / (fewestTargets * taps) / 2 * 2))
    }
    // Winograd's sums of a chunk take twice its gradients, and each channel's transform is shared by all of the other
    // side's: small squares serve it best.
    if winograd != nil { sources = min(sources, 16) }
    sourceStep = sources
    // Multiples of the register tile.
    let most = max(fewestTargets, affordable / (sources * taps) / 4 * 4)
    targetStep = min(winograd == nil ? most : min(most, 16), targetChannels)
  }

  /// The largest chunk's weights.
  var parametersPerChunk: Int { targetStep * sourceStep * taps }

  var count: Int { groups * targetParts * sourceParts }

  private var targetParts: Int { (targetChannels + targetStep - 1) / targetStep }
  var sourceParts: Int { (sourceChannels + sourceStep - 1) / sourceStep }

  subscript(index: Int) -> Chunk {
    let (target, source) = (index / sourceParts % targetParts * targetStep, index % sourceParts * sourceStep)
    return Chunk(
      group: index / (sourceParts * targetParts), targets: target..<min(target + targetStep, targetChannels),
      sources: source..<min(source + sourceStep, sourceChannels),
      sourcePart: source / sourceStep)
  }

  /// The gradients between so many channels, over whole maps.
  ///
  /// - Parameter border: around the maps of the output's gradient.
  func shape(targets: Int, sources: Int, border: MapBorder = MapBorder()) -> LaneWeightGradient {
    LaneWeightGradient(
      from: LaneMap(channels: sources, rows: input.dimensions[1], columns: input.dimensions[2]),
      to: LaneMap(
        channels: targets, rows: output.dimensions[1], columns: output.dimensions[2], border: border),
      kernelHeight: layer.kernelHeight, kernelWidth: layer.kernelWidth, stride: layer.stride,
      dilation: layer.dilation, padding: layer.padding)
  }

  /// Scalars of one column of a chunk's gradients.
  func scalars(of chunk: Chunk) -> Int { chunk.targets.count * chunk.sources.count * taps * laneCount }

  /// Scalars of Winograd's transforms for any chunk. Fewer channels may take larger strips and with them more scratch,
  /// so what is left over at the end counts as well.
  var transformScalars: Int {
    guard let winograd else { return 0 }
    let targets = [targetStep, targetChannels % targetStep].filter { $0 > 0 }
    let sources = [sourceStep, sourceChannels % sourceStep].filter { $0 > 0 }
    let vectors = targets.flatMap { targets in
      sources.map { winograd.gradientScratchVectors(targets: targets, sources: $0) }
    }
    return (vectors.max() ?? 0) * laneCount
  }

  /// How many parts the samples are shared out to where they are coupled, so that several workers form gradients by
  /// few weights. Each part's gradients are sums of their own.
  func sampleParts(of samples: Int) -> Int { max(1, min(samples, 8 / count)) }

  /// Vectors that forming one sample's gradients takes where samples are coupled, for any chunk. Fewer channels may take
  /// taller strips and with them more, so what is left over at the end counts as well.
  var sampleScratchVectors: Int {
    // Of a hostile map an estimate must come out large, not overflow.
    let rows = Double(input.dimensions[1]) + Double(output.dimensions[1]) + Double(layer.padding)
    let columns = Double(input.dimensions[2]) + Double(output.dimensions[2]) + Double(layer.padding)
    let (rowReach, columnReach) = (
      Double(layer.kernelHeight) * Double(layer.dilation), Double(layer.kernelWidth) * Double(layer.dilation)
    )
    let most = 1 << 50
    guard (rows + rowReach) * (columns + columnReach) * Double(targetStep * laneCount * 4) < Double(most)
    else {
      return most
    }
    let vectors = [targetStep, targetChannels % targetStep].filter { $0 > 0 }.map { targets in
      let layout = shape(targets: targets, sources: sourceStep).sampleLayout
      let bordered = LaneMap(
        channels: targets, rows: output.dimensions[1], columns: output.dimensions[2], border: layout.border)
      return Int(layout.scratch) + (layout.border.isEmpty ? 0 : targets * bordered.channelStride)
    }
    return vectors.max() ?? 0
  }

  /// What gathering gradients takes where samples are coupled, of all chunks.
  func gatheredVectors(blocks: Int, samples: Int) -> Double {
    Double(count * sampleParts(of: samples)) * Double(blocks) * Double(parametersPerChunk)
  }

  /// As `scratchBytes`, where samples are coupled: the gradients of as many chunks as are at work, and what forming them
  /// takes.
  func coupledScratchBytes(blocks: Int, samples: Int, scalarBytes: Int) -> Double {
    let atWork = Double(min(gramSlotCount, count)) / Double(count)
    let gradients = gatheredVectors(blocks: blocks, samples: samples) * atWork
    return (gradients + Double(gramSlotCount) * Double(sampleScratchVectors))
      * Double(laneCount * scalarBytes)
  }

  /// Scratch of all slots that can be busy at once: the gradients of every column and the transforms.
  func scratchBytes(columns: Int, scalarBytes: Int) -> Double {
    let slots = Double(min(gramSlotCount, count))
    let gradients = slots * Double(columns) * Double(parametersPerChunk * laneCount)
    return (gradients + Double(gramSlotCount) * Double(transformScalars)) * Double(scalarBytes)
  }
}
