import YAMLDocuments

/// Turns a parsed network file into a network. All layers are looked at even when one is wrong; layers that
/// read a wrong one are checked for their own attributes but not for shapes, so that one mistake is reported
/// once.
struct NetworkFileReader {
  let collector: DiagnosticCollector

  /// One layer as written.
  private struct Layer {
    let name: String
    /// The value of `name`, or the layer itself.
    let nameNode: YAMLNode
    let reader: LayerReader
    /// Nil for the layer before.
    let from: [YAMLNode]?
    /// Nil when something in the layer is wrong, which has been reported.
    let kind: LayerKind?
  }

  /// Nil when anything was reported.
  func read(_ root: YAMLNode) -> NetworkFile? {
    guard let mapping = YAMLMappingReader(root, what: "the network", collector: collector) else { return nil }
    let top = LayerReader(mapping: mapping)
    let input = mapping.required("input").flatMap { top.shape($0, "input") }
    let parameterization = mapping.choice(
      "parameterization", among: Parameterization.allCases.map { ($0.rawValue, $0) })
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
    let layers = elements.enumerated().map { layer($0.element, at: $0.offset) }
    let resolved = LayerNames(
      layers.map { layer in layer.map { ($0.name, $0.nameNode, isInput($0)) } }, collector)
    reportCycles(layers, resolved)
    let targets: [[LayerNames.Target?]] = layers.enumerated().map { position, layer in
      layer?.from?.map { resolved.target(of: $0, readBy: position, collector) }
        ?? [position == 0 ? .input : .layer(position - 1)]
    }
    let outputTarget = outputTarget(outputNode, resolved, layers: layers.count)
    // Without the input's shape no other can be checked.
    guard let input else { return nil }

    var builder = NetworkBuilder(input: input)
    var references: [NodeReference?] = []
    do { _ = try builder.build(output: builder.input) } catch {
      collector.report("\(error)", at: top.location(of: "input"))
      return nil
    }
    for (position, layer) in layers.enumerated() {
      references.append(
        layer.flatMap { layer in
          let inputs = targets[position].map { reference(to: $0, builder, references) }
          return add(layer, reading: inputs, to: &builder, isNameTaken: resolved.isDuplicate(position))
        })
    }
    guard collector.diagnostics.isEmpty, let output = reference(to: outputTarget, builder, references),
      let network = try? builder.build(output: output)
    else { return nil }
    return NetworkFile(network: network, parameterization: parameterization)
  }

  private func isInput(_ layer: Layer) -> Bool {
    if case .input? = layer.kind { true } else { false }
  }

  private func layer(_ node: YAMLNode, at position: Int) -> Layer? {
    let automatic = "layer\(position)"
    let written = node.entries?.first { $0.key.text == "name" }?.value.text
    let what = "layer '\(written ?? automatic)'"
    guard let mapping = YAMLMappingReader(node, what: what, collector: collector) else { return nil }
    let reader = LayerReader(mapping: mapping)
    let before = collector.diagnostics.count
    let name = mapping.text("name") ?? automatic
    let from = mapping.value("from").flatMap { references($0, reader) }
    let kind = reader.kind(inputCount: from?.count ?? 1)
    if let from = mapping.value("from"), let kind {
      switch kind {
      case .input: reader.report("the layer is the network's input and reads nothing", at: from)
      case .constantZero:
        reader.report("a zero with a shape reads nothing; expected either 'shape' or 'from'", at: from)
      case .operation: break
      }
    }
    return Layer(
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
    _ layer: Layer, reading inputs: [NodeReference?], to builder: inout NetworkBuilder, isNameTaken: Bool
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
  private func reportCycles(_ layers: [Layer?], _ names: LayerNames) {
    let inputs: [[Int]] = layers.enumerated().map { position, layer in
      guard let from = layer?.from else { return position > 0 ? [position - 1] : [] }
      return from.compactMap { $0.text.flatMap { names.index[$0] } }
    }
    // Each search is linear in the file; past this many forward references the first messages say enough.
    var searches = 100
    for (position, layer) in layers.enumerated() {
      for node in layer?.from ?? [] {
        guard let target = node.text.flatMap({ names.index[$0] }), target >= position, searches > 0 else {
          continue
        }
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

/// Which layer a name means.
private final class LayerNames {
  enum Target {
    case input
    case layer(Int)
  }

  /// The first layer of each name.
  private(set) var index: [String: Int] = [:]
  /// All names in the order of the file, for suggestions.
  private var inOrder = ["input"]
  private var duplicates: Set<Int> = []
  private var locations: [Int: SourceLocation] = [:]
  /// References already reported as part of a circle.
  var cyclic: Set<SourceLocation> = []

  init(_ layers: [(name: String, node: YAMLNode, isInput: Bool)?], _ collector: DiagnosticCollector) {
    for (position, layer) in layers.enumerated() {
      guard let (name, node, isInput) = layer else { continue }
      if name == "input" {
        duplicates.insert(position)
        if !isInput {
          collector.report(
            "'input' is the name of the network's input; expected another name", at: node.location)
        }
      } else if let earlier = index[name] {
        duplicates.insert(position)
        let line = locations[earlier].map { " on line \($0.line)" } ?? ""
        collector.report("duplicate layer name '\(name)'; a layer\(line) has it already", at: node.location)
      } else {
        index[name] = position
        locations[position] = node.location
        inOrder.append(name)
      }
    }
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
      let line = locations[target].map { " on line \($0.line)" } ?? ""
      collector.report(
        "layer '\(name)' stands below\(line); a layer may read only layers above it", at: node.location)
    }
    return nil
  }
}
