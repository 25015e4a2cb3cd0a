import CLibYAML

/// What a document may cost to read. Anything larger is refused with the place where the limit was passed.
public struct YAMLLimits: Sendable {
  /// Bytes of text.
  public var bytes = 16 << 20
  /// Nested sequences and mappings, aliases followed.
  public var depth = 64
  /// Values after aliases are followed: what stops an alias bomb.
  public var nodes = 1_000_000

  /// The limits that all files of people are read with.
  public init() {}
}

/// Reads the one document of a YAML (or JSON) text by libyaml. Anchors, aliases and merge keys (`<<`) are followed;
/// duplicate keys, keys that are not scalars, tags other than YAML's own, and several documents in one file are
/// refused.
///
/// - Throws: `InvalidDocument` with every mistake that leaves the text readable, or with the one that does not.
///
/// Complexity: O(length of the text + values after aliases are followed), both of them limited.
public func parseYAML(_ source: SourceText, limits: YAMLLimits = .init()) throws -> YAMLNode {
  let collector = DiagnosticCollector(source)
  let root = try parseYAML(file: 0, limits: limits, collector: collector)
  try collector.throwIfAny()
  return root
}

/// The same of one of the collector's files. Mistakes that leave the text readable (duplicate keys, keys that are no
/// words, merges of what cannot be merged) are left with the collector, beside those that its user will find.
///
/// - Throws: `InvalidDocument` with the one mistake that ended reading.
public func parseYAML(file: Int, limits: YAMLLimits = .init(), collector: DiagnosticCollector) throws
  -> YAMLNode
{
  let source = collector.sources[file]
  guard source.text.utf8.count <= limits.bytes else {
    throw InvalidDocument([
      Diagnostic(
        file: source.name, location: nil,
        message: "the text has \(source.text.utf8.count) bytes; at most \(limits.bytes) are read")
    ])
  }
  let lines = LineTable(source.text, file: file)
  try refuseControlCharacters(source, lines)
  var parser = YAMLParser(source: source, lines: lines, limits: limits, collector: collector)
  return try parser.parse()
}

/// libyaml refuses them too, but tells only where it was reading, which is far from where they stand.
private func refuseControlCharacters(_ source: SourceText, _ lines: LineTable) throws {
  let isAllowed = { (scalar: Unicode.Scalar) in
    switch scalar {
    case "\t", "\n", "\r", "\u{20}"..."\u{7E}", "\u{85}", "\u{A0}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
      true
    default: false
    }
  }
  for (offset, scalar) in source.text.unicodeScalars.enumerated() where !isAllowed(scalar) {
    let code = String(scalar.value, radix: 16, uppercase: true)
    let name = scalar.value == 0 ? "a NUL character" : "the control character U+\(code)"
    throw InvalidDocument(
      "\(name) stands here; expected text", in: source, at: lines.location(ofScalar: offset))
  }
}

extension InvalidDocument {
  /// One mistake that ends reading.
  fileprivate init(
    _ message: String, in source: SourceText, at location: SourceLocation?, suggestion: String? = nil
  ) {
    self.init([
      Diagnostic(
        file: source.name, location: location, message: message, suggestion: suggestion,
        sourceLine: location.flatMap { source.line($0.line) }.map(String.init))
    ])
  }
}

private struct YAMLParser {
  let source: SourceText
  let lines: LineTable
  let limits: YAMLLimits
  let collector: DiagnosticCollector
  private var anchors: [String: Anchor] = [:]
  private var nodeCount = 0
  /// Deepest level reached since it was last lowered; gives the height of an anchored node.
  private var deepest = 0

  /// A node that aliases can stand for. `height` counts the levels below it.
  private struct Anchor {
    var node: YAMLNode
    var size: Int
    var height: Int
  }

  init(source: SourceText, lines: LineTable, limits: YAMLLimits, collector: DiagnosticCollector) {
    self.source = source
    self.lines = lines
    self.limits = limits
    self.collector = collector
  }

  mutating func parse() throws -> YAMLNode {
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
        throw failure("the file is empty; expected a mapping", at: lines.location(ofScalar: 0))
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
    var tag: String?
  }

  private func next(_ raw: inout yaml_parser_t) throws -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(&raw, &event) == 1 else { throw syntaxError(raw) }
    defer { yaml_event_delete(&event) }
    var result = Event(kind: event.type, location: location(event.start_mark))
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      result.text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      result.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE
      result.anchor = name(scalar.anchor)
      result.tag = name(scalar.tag)
    case YAML_ALIAS_EVENT: result.anchor = name(event.data.alias.anchor)
    case YAML_SEQUENCE_START_EVENT:
      result.anchor = name(event.data.sequence_start.anchor)
      result.tag = name(event.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT:
      result.anchor = name(event.data.mapping_start.anchor)
      result.tag = name(event.data.mapping_start.tag)
    default: break
    }
    return result
  }

  private func name(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private mutating func node(_ event: Event, _ raw: inout yaml_parser_t, depth: Int) throws -> YAMLNode {
    try reach(depth, at: event.location)
    let countBefore = nodeCount
    let deepestBefore = deepest
    deepest = depth
    try count(1, at: event.location)
    let isText = try readTag(event)
    let result: YAMLNode
    switch event.kind {
    case YAML_SCALAR_EVENT:
      result = YAMLNode(.scalar(event.text, quoted: event.quoted || isText), at: event.location)
    case YAML_ALIAS_EVENT:
      guard let name = event.anchor, let target = anchors[name] else {
        throw failure(
          "unknown alias '*\(event.anchor ?? "")'; expected an anchor that ends above it", at: event.location,
          suggestion: event.anchor.flatMap { nearestSpelling(to: $0, among: anchors.keys.sorted()) })
      }
      try count(target.size - 1, at: event.location)
      try reach(depth + target.height, at: event.location)
      deepest = depth + target.height
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
      anchors[anchor] = Anchor(node: result, size: nodeCount - countBefore, height: deepest - depth)
    }
    deepest = max(deepest, deepestBefore)
    return result
  }

  private mutating func entries(
    _ raw: inout yaml_parser_t, depth: Int
  ) throws -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var merge: (place: Int, mappings: [YAMLNode])?
    var firstUse: [String: SourceLocation] = [:]
    while true {
      let inner = try next(&raw)
      if inner.kind == YAML_MAPPING_END_EVENT { break }
      let key = try node(inner, &raw, depth: depth + 1)
      let value = try node(try next(&raw), &raw, depth: depth + 1)
      guard let text = key.text else {
        collector.report("a key must be a word, not \(key.shown)", at: key.location)
        continue
      }
      if let earlier = firstUse[text] {
        collector.report(
          "duplicate key '\(key.shortText)'; it stands already on line \(earlier.line)", at: key.location)
        continue
      }
      firstUse[text] = key.location
      if case .scalar("<<", quoted: false) = key.content {
        merge = (entries.count, mergedMappings(value))
      } else {
        entries.append(.init(key: key, value: value))
      }
    }
    guard let merge else { return entries }
    // What the mapping says itself wins; of several merged mappings, the earlier.
    var inherited: [YAMLNode.Entry] = []
    for entry in merge.mappings.flatMap({ $0.entries ?? [] }) {
      guard let text = entry.key.text, firstUse.updateValue(entry.key.location, forKey: text) == nil else {
        continue
      }
      inherited.append(entry)
    }
    entries.insert(contentsOf: inherited, at: merge.place)
    return entries
  }

  /// What a merge key (yaml.org/type/merge.html) brings in: a mapping, or each of a list of them.
  private func mergedMappings(_ value: YAMLNode) -> [YAMLNode] {
    let mappings = value.elements ?? [value]
    if let wrong = mappings.first(where: { $0.entries == nil }) {
      // The elements of a list that an alias stands for are elsewhere.
      collector.report(
        "'<<' merges \(wrong.shown); expected an alias of a mapping, such as *common, or a list of those",
        at: max(wrong.location, value.location))
      return []
    }
    return mappings
  }

  /// True for `!!str`, which makes text of a plain scalar. YAML's other own tags say what stands there anyway.
  private func readTag(_ event: Event) throws -> Bool {
    guard let tag = event.tag else { return false }
    let core = "tag:yaml.org,2002:"
    if tag == "!" || tag == core + "str" { return true }
    if ["int", "float", "bool", "null", "seq", "map"].contains(where: { tag == core + $0 }) { return false }
    throw failure("the tag '\(tag)' is not supported; leave it out", at: event.location)
  }

  private mutating func count(_ nodes: Int, at location: SourceLocation) throws {
    nodeCount += nodes
    guard nodeCount <= limits.nodes else {
      throw failure(
        "the document has more than \(limits.nodes) values once aliases are followed", at: location)
    }
  }

  private func reach(_ depth: Int, at location: SourceLocation) throws {
    guard depth <= limits.depth else {
      throw failure("nested deeper than \(limits.depth) levels", at: location)
    }
  }

  /// libyaml's own words where they serve a reader, better ones for the mistakes that people make most.
  private func syntaxError(_ raw: yaml_parser_t) -> InvalidDocument {
    let problem = raw.problem.map { String(cString: $0) } ?? "malformed YAML"
    let context = raw.context.map { String(cString: $0) }
    let place = location(raw.problem_mark)
    let start = location(raw.context_mark)
    if context == "while scanning a quoted scalar", problem == "found unexpected end of stream" {
      return failure("this quote is never closed", at: start)
    }
    if problem == "found character that cannot start any token" {
      let scalars = source.text.unicodeScalars
      let index = scalars.index(
        scalars.startIndex, offsetBy: Int(raw.problem_mark.index), limitedBy: scalars.endIndex)
      let offending = index.flatMap { $0 < scalars.endIndex ? scalars[$0] : nil }
      if offending == "\t" { return failure("a tab stands here; indent with spaces", at: place) }
      if let offending { return failure("'\(offending)' cannot start a value; put it in quotes", at: place) }
    }
    if problem.contains("',' or ']'") {
      return failure("expected ',' or ']'; the list began at \(start.line):\(start.column)", at: place)
    }
    if problem.contains("',' or '}'") {
      return failure("expected ',' or '}'; the mapping began at \(start.line):\(start.column)", at: place)
    }
    if context == "while parsing a block mapping", problem == "did not find expected key" {
      return failure(
        "no key of the mapping that began at \(start.line):\(start.column); expected the same indentation, or "
          + "quotes around what stands above", at: place)
    }
    if problem == "mapping values are not allowed in this context" {
      return failure(
        "a ':' stands here that can follow no key; check the indentation, or put the text in quotes",
        at: place)
    }
    return failure(context.map { "\($0): \(problem)" } ?? problem, at: place)
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    lines.location(ofScalar: Int(mark.index))
  }

  private func failure(_ message: String, at location: SourceLocation?, suggestion: String? = nil)
    -> InvalidDocument
  {
    InvalidDocument(message, in: source, at: location, suggestion: suggestion)
  }
}
