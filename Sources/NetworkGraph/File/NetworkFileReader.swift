import YAMLDocuments

/// Turns a parsed network file into a network. All layers are looked at even when one is wrong; layers that
/// read a wrong one are checked for their own attributes but not for shapes, so that one mistake is reported
/// once.
struct NetworkFileReader {
  let collector: DiagnosticCollector

  /// Nil when anything was reported.
  func read(_ root: YAMLNode) -> NetworkFile? {
    guard let mapping = YAMLMappingReader(root, what: "the network", collector: collector) else { return nil }
    let top = LayerReader(mapping: mapping)
    let input = mapping.required("input").flatMap { top.shape($0, "input") }
    let parameterization = mapping.choice("parameterization", among: Self.parameterizations)
    let outputNode = mapping.value("output")
    let layersNode = mapping.required("layers")
    mapping.finish()
    guard let layersNode else { return nil }
    guard let elements = layersNode.elements, !elements.isEmpty || outputNode != nil else {
      top.report("'layers' is \(layersNode.shown); expected a list of at least one layer", at: layersNode)
      return nil
    }
    guard elements.count < SizeLimits.nodes else {
      top.report(
        "'layers' has \(elements.count) entries; at most \(SizeLimits.nodes - 1) are read", at: layersNode)
      return nil
    }
    let layers = elements.indices.map { layer(elements[$0], at: $0) }
    let names = LayerNames(layers, collector)
    reportCycles(layers, names)
    // Nil for the layer before.
    let targets = layers.indices.map { position in
      layers[position]?.from?.map { names.target(of: $0, readBy: position, collector) }
    }
    let outputTarget = outputTarget(outputNode, names, layers: layers.count)
    // Without the input's shape no other can be checked.
    guard let input else { return nil }

    var builder = NetworkBuilder(input: input)
    var references: [NodeReference?] = []
    references.reserveCapacity(layers.count)
    do { _ = try builder.build(output: builder.input) } catch {
      collector.report("\(error)", at: top.location(of: "input"))
      return nil
    }
    for position in layers.indices {
      guard let layer = layers[position] else {
        references.append(nil)
        continue
      }
      let inputs =
        targets[position]?.map { reference(to: $0, builder, references) }
        ?? [position == 0 ? builder.input : references[position - 1]]
      references.append(
        add(layer, reading: inputs, to: &builder, isNameTaken: names.isDuplicate(position)))
    }
    guard collector.diagnostics.isEmpty, let output = reference(to: outputTarget, builder, references),
      let network = try? builder.build(output: output)
    else { return nil }
    return NetworkFile(network: network, parameterization: parameterization)
  }

  private static let parameterizations = Parameterization.allCases.map { (name: $0.rawValue, value: $0) }

  private func layer(_ node: YAMLNode, at position: Int) -> WrittenLayer? {
    func what() -> String {
      let written = node.entries?.first { $0.key.text == "name" }?.value.text
      return "layer '\(written ?? "layer\(position)")'"
    }
    guard let mapping = YAMLMappingReader(node, what: what(), collector: collector) else { return nil }
    let reader = LayerReader(mapping: mapping)
    let before = collector.diagnostics.count
    let name = mapping.text("name") ?? "layer\(position)"
    let from = mapping.value("from").flatMap { references($0, reader) }
    let kind = reader.kind(inputCount: from?.count ?? 1)
    if from != nil, let from = mapping.value("from"), let kind {
      switch kind {
      case .input: reader.report("the layer is the network's input and reads nothing", at: from)
      case .constantZero:
        reader.report("a zero with a shape reads nothing; expected either 'shape' or 'from'", at: from)
      case .operation: break
      }
    }
    return WrittenLayer(
      name: name, nameNode: mapping.value("name") ?? node, reader: reader, from: from,
      kind: collector.diagnostics.count == before ? kind : nil)
  }

  /// `stem` or `[left, right]`.
  private func references(_ node: YAMLNode, _ reader: LayerReader) -> [YAMLNode]? {
    let named = node.elements ?? [node]
    if !named.isEmpty, named.allSatisfy({ $0.text != nil && !$0.isNull }) { return named }
    reader.report("'from' is \(node.shown); expected the name of a layer or a list of names", at: node)
    return nil
  }

  /// The layer as a node; nil, with a report where the mistake is this layer's own, when it cannot be made.
  private func add(
    _ layer: WrittenLayer, reading inputs: [NodeReference?], to builder: inout NetworkBuilder,
    isNameTaken: Bool
  ) -> NodeReference? {
    guard let kind = layer.kind else { return nil }
    do {
      switch kind {
      case .input: return builder.input
      case .constantZero(let shape): return try builder.addZero(shape, name: layer.name)
      case .operation(let operation):
        let known = inputs.compactMap(\.self)
        guard known.count == inputs.count else { return nil }
        return try builder.add(operation, name: layer.name, from: known)
      }
    } catch {
      // A name that is taken was reported, with both places, when names were collected.
      let attribute = (error as? NetworkError)?.attribute
      if attribute != "name" || !isNameTaken {
        collector.report("\(error)", at: layer.reader.location(of: attribute))
      }
      return nil
    }
  }

  private func reference(
    to target: LayerNames.Target?, _ builder: NetworkBuilder, _ references: [NodeReference?]
  ) -> NodeReference? {
    switch target {
    case .input?: builder.input
    case .layer(let index)?: references[index]
    case nil: nil
    }
  }

  /// The last layer unless `output` names another.
  private func outputTarget(_ node: YAMLNode?, _ names: LayerNames, layers: Int) -> LayerNames.Target? {
    guard let node else { return layers > 0 ? .layer(layers - 1) : nil }
    guard node.text != nil else {
      collector.report("'output' is \(node.shown); expected the name of a layer", at: node.location)
      return nil
    }
    return names.target(of: node, readBy: layers, collector)
  }

  /// Layers that read one another in a circle get a message that shows the circle, instead of one forward
  /// reference each.
  private func reportCycles(_ layers: [WrittenLayer?], _ names: LayerNames) {
    func readsBelow(_ node: YAMLNode, _ position: Int) -> Int? {
      node.text.flatMap { names.index[$0] }.flatMap { $0 >= position ? $0 : nil }
    }
    let suspects = layers.indices.filter { position in
      layers[position]?.from?.contains { readsBelow($0, position) != nil } ?? false
    }
    if suspects.isEmpty { return }
    let inputs: [[Int]] = layers.enumerated().map { position, layer in
      guard let from = layer?.from else { return position > 0 ? [position - 1] : [] }
      return from.compactMap { $0.text.flatMap { names.index[$0] } }
    }
    // Each search is linear in the file; past this many forward references the first messages say enough.
    var searches = 100
    for position in suspects {
      for node in layers[position]?.from ?? [] {
        guard searches > 0, let target = readsBelow(node, position) else { continue }
        searches -= 1
        guard let path = path(from: target, to: position, inputs) else { continue }
        let circle = ([position] + path).map { layers[$0]?.name ?? "layer\($0)" }
        let shown = circle.count > 12 ? circle.prefix(6) + ["…"] + circle.suffix(5) : circle[...]
        collector.report(
          "layers read one another in a circle: \(shown.joined(separator: " ← "))", at: node.location)
        names.cyclic.insert(node.location)
      }
    }
  }

  /// Layers from `start` along their inputs to `goal`, both included; breadth first, so the shortest.
  private func path(from start: Int, to goal: Int, _ inputs: [[Int]]) -> [Int]? {
    var cameFrom: [Int: Int] = [start: start]
    var queue = [start]
    var next = 0
    while next < queue.count {
      let layer = queue[next]
      next += 1
      if layer == goal {
        var path = [layer]
        while let last = path.last, last != start, let previous = cameFrom[last] { path.append(previous) }
        return path.reversed()
      }
      for input in inputs[layer] where cameFrom[input] == nil {
        cameFrom[input] = layer
        queue.append(input)
      }
    }
    return nil
  }
}

/// One layer as written.
private struct WrittenLayer {
  let name: String
  /// The value of `name`, or the layer itself.
  let nameNode: YAMLNode
  let reader: LayerReader
  /// Nil for the layer before.
  let from: [YAMLNode]?
  /// Nil when something in the layer is wrong, which has been reported.
  let kind: LayerKind?

  var isInput: Bool {
    if case .input? = kind { true } else { false }
  }
}

/// Which layer a name means.
private final class LayerNames {
  enum Target {
    case input
    case layer(Int)
  }

  /// The first layer of each name.
  private(set) var index: [String: Int] = [:]
  private let layers: [WrittenLayer?]
  private var duplicates: Set<Int> = []
  /// References already reported as part of a circle.
  var cyclic: Set<SourceLocation> = []

  init(_ layers: [WrittenLayer?], _ collector: DiagnosticCollector) {
    self.layers = layers
    index.reserveCapacity(layers.count)
    for position in layers.indices {
      guard let layer = layers[position] else { continue }
      let name = layer.name
      if name == "input" {
        duplicates.insert(position)
        if !layer.isInput {
          collector.report(
            "'input' is the name of the network's input; expected another name", at: layer.nameNode.location)
        }
      } else if let earlier = index[name] {
        duplicates.insert(position)
        collector.report(
          "duplicate layer name '\(name)'; a layer\(line(of: earlier)) has it already",
          at: layer.nameNode.location)
      } else {
        index[name] = position
      }
    }
  }

  /// All names in the order of the file, for suggestions.
  private lazy var inOrder: [String] =
    ["input"]
    + layers.indices.compactMap { position in
      layers[position].flatMap { index[$0.name] == position ? $0.name : nil }
    }

  private func line(of position: Int) -> String {
    layers[position].map { " on line \($0.nameNode.location.line)" } ?? ""
  }

  func isDuplicate(_ position: Int) -> Bool { duplicates.contains(position) }

  /// What a name in `from` or `output` means to the layer at a position, which may read only what stands
  /// above it.
  func target(of node: YAMLNode, readBy position: Int, _ collector: DiagnosticCollector) -> Target? {
    guard let name = node.text else { return nil }
    if name == "input" { return .input }
    guard let target = index[name] else {
      let suggestion = collector.suggestion(for: name, among: inOrder)
      let expected = suggestion == nil ? "; expected 'input' or the name of a layer above" : ""
      collector.report("no layer is called '\(name)'\(expected)", at: node.location, suggestion: suggestion)
      return nil
    }
    if target < position { return .layer(target) }
    if !cyclic.contains(node.location) {
      collector.report(
        "layer '\(name)' stands below\(line(of: target)); a layer may read only layers above it",
        at: node.location)
    }
    return nil
  }
}
