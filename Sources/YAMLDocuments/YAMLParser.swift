import CLibYAML

/// What a document may cost to read. Anything larger is refused with the place where the limit was passed.
public struct YAMLLimits: Sendable {
  /// Bytes of text.
  public var bytes = 16 << 20
  /// Nested sequences and mappings.
  public var depth = 64
  /// Values after aliases are followed: what stops an alias bomb.
  public var nodes = 1_000_000

  public init() {}
}

/// Reads the one document of a YAML (or JSON) text by libyaml. Anchors and aliases are followed; duplicate keys,
/// keys that are not scalars, and several documents in one file are refused.
///
/// - Throws: `InvalidDocument` with the place of the mistake.
public func parseYAML(_ source: SourceText, limits: YAMLLimits = .init()) throws -> YAMLNode {
  var parser = YAMLParser(source: source, limits: limits)
  return try parser.parse()
}

private struct YAMLParser {
  let source: SourceText
  let limits: YAMLLimits
  private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
  private var nodeCount = 0

  init(source: SourceText, limits: YAMLLimits) {
    self.source = source
    self.limits = limits
  }

  mutating func parse() throws -> YAMLNode {
    guard source.text.utf8.count <= limits.bytes else {
      throw failure("the file has \(source.text.utf8.count) bytes; at most \(limits.bytes) are read", at: nil)
    }
    var raw = yaml_parser_t()
    guard yaml_parser_initialize(&raw) == 1 else { throw failure("out of memory", at: nil) }
    defer { yaml_parser_delete(&raw) }
    let bytes = ContiguousArray(source.text.utf8)
    return try bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(&raw, buffer.baseAddress, buffer.count)
      yaml_parser_set_encoding(&raw, YAML_UTF8_ENCODING)
      var event = try next(&raw)
      guard event.kind == YAML_STREAM_START_EVENT else { throw failure("not a YAML stream", at: nil) }
      event = try next(&raw)
      guard event.kind == YAML_DOCUMENT_START_EVENT else {
        throw failure("the file is empty; expected a mapping", at: .init(line: 1, column: 1))
      }
      let root = try node(try next(&raw), &raw, depth: 0)
      _ = try next(&raw)  // end of document
      event = try next(&raw)
      guard event.kind == YAML_STREAM_END_EVENT else {
        throw failure("a second document starts here; expected one document in the file", at: event.location)
      }
      return root
    }
  }

  /// A libyaml event copied out of the parser, so that nothing has to be freed later.
  private struct Event {
    var kind: yaml_event_type_t
    var location: SourceLocation
    var text = ""
    var quoted = false
    var anchor: String?
  }

  private func next(_ raw: inout yaml_parser_t) throws -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(&raw, &event) == 1 else {
      let problem = raw.problem.map { String(cString: $0) } ?? "malformed YAML"
      let context = raw.context.map { String(cString: $0) + ": " } ?? ""
      let isReaderError = raw.error == YAML_READER_ERROR
      throw failure(
        isReaderError ? "\(problem) at byte \(raw.problem_offset)" : "\(context)\(problem)",
        at: location(isReaderError ? raw.mark : raw.problem_mark))
    }
    defer { yaml_event_delete(&event) }
    var result = Event(kind: event.type, location: location(event.start_mark))
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      result.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      result.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
      result.anchor = name(scalar.anchor)
    case YAML_ALIAS_EVENT: result.anchor = name(event.data.alias.anchor)
    case YAML_SEQUENCE_START_EVENT: result.anchor = name(event.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT: result.anchor = name(event.data.mapping_start.anchor)
    default: break
    }
    return result
  }

  private func name(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private mutating func node(_ event: Event, _ raw: inout yaml_parser_t, depth: Int) throws -> YAMLNode {
    guard depth <= limits.depth else {
      throw failure("nested deeper than \(limits.depth) levels", at: event.location)
    }
    let countBefore = nodeCount
    try count(1, at: event.location)
    let result: YAMLNode
    switch event.kind {
    case YAML_SCALAR_EVENT:
      result = YAMLNode(.scalar(event.text, quoted: event.quoted), at: event.location)
    case YAML_ALIAS_EVENT:
      guard let anchor = event.anchor, let target = anchors[anchor] else {
        throw failure(
          "unknown alias '*\(event.anchor ?? "")'; expected an anchor defined above it", at: event.location,
          suggestion: event.anchor.flatMap { nearestSpelling(to: $0, among: anchors.keys.sorted()) })
      }
      try count(target.size, at: event.location)
      result = YAMLNode(target.node.content, at: event.location)
    case YAML_SEQUENCE_START_EVENT:
      var elements: [YAMLNode] = []
      while true {
        let inner = try next(&raw)
        if inner.kind == YAML_SEQUENCE_END_EVENT { break }
        elements.append(try node(inner, &raw, depth: depth + 1))
      }
      result = YAMLNode(.sequence(elements), at: event.location)
    case YAML_MAPPING_START_EVENT:
      result = YAMLNode(.mapping(try entries(&raw, depth: depth)), at: event.location)
    default:
      throw failure("unexpected end of the document", at: event.location)
    }
    if event.kind != YAML_ALIAS_EVENT, let anchor = event.anchor {
      anchors[anchor] = (result, nodeCount - countBefore)
    }
    return result
  }

  private mutating func entries(
    _ raw: inout yaml_parser_t, depth: Int
  ) throws -> [(key: YAMLNode, value: YAMLNode)] {
    var entries: [(key: YAMLNode, value: YAMLNode)] = []
    var firstUse: [String: SourceLocation] = [:]
    while true {
      let inner = try next(&raw)
      if inner.kind == YAML_MAPPING_END_EVENT { return entries }
      let key = try node(inner, &raw, depth: depth + 1)
      guard let text = key.text else {
        throw failure("a key must be a word, not \(key.shown)", at: key.location)
      }
      if let earlier = firstUse.updateValue(key.location, forKey: text) {
        throw failure("duplicate key '\(text)'; it stands already on line \(earlier.line)", at: key.location)
      }
      entries.append((key, try node(try next(&raw), &raw, depth: depth + 1)))
    }
  }

  private mutating func count(_ nodes: Int, at location: SourceLocation) throws {
    nodeCount += nodes
    guard nodeCount <= limits.nodes else {
      throw failure("the document has more than \(limits.nodes) values once aliases are followed", at: location)
    }
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  private func failure(_ message: String, at location: SourceLocation?, suggestion: String? = nil) -> InvalidDocument {
    let collector = DiagnosticCollector(source)
    collector.report(message, at: location, suggestion: suggestion)
    return InvalidDocument(collector.diagnostics)
  }
}
