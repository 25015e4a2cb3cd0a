import ArchitecturePlugins
import Foundation
import Reports
import YAMLDocuments

/// Which part of a ranking is asked for: a filter, an order, and a page.
struct RankingQuery: Sendable {
  /// One condition of a filter: `depth>=3`.
  struct Condition: Hashable, Sendable {
    enum Comparison: String, CaseIterable, Sendable {
      // Longer ones first, so that `>=` is not read as `>`.
      case atLeast = ">="
      case atMost = "<="
      case differs = "!="
      case equals = "="
      case more = ">"
      case less = "<"
    }

    let name: String
    let comparison: Comparison
    let value: String
  }

  static let parameters = ["where", "sort", "order", "limit", "cursor"]

  let conditions: [Condition]
  /// `rank`, `id`, a choice, or a metric in either case style.
  let sort: String
  let isDescending: Bool
  let limit: Int
  /// Where the page before ended; nil for the first page.
  let cursor: Cursor?

  /// The last row of a page. A ranking that grows pushes rows about: the next page goes on behind that row, wherever it
  /// stands then.
  struct Cursor: Hashable, Sendable {
    /// Rows up to and with it, when it was shown.
    let place: Int
    let id: String
    /// Of the filter and the order, for which alone it holds.
    let question: String
  }

  /// - Throws: `Problem`.
  init(_ query: Query, mostPerPage: Int = 1000, standardLimit: Int = 100) throws {
    conditions = try query.text("where").map(Self.conditions) ?? []
    sort = query.text("sort") ?? "rank"
    isDescending = try query.word("order", among: ["ascending", "descending"]) == "descending"
    limit = try query.integer("limit", in: 1...mostPerPage) ?? standardLimit
    let question = Base64.digest("\(query.text("where") ?? "")\n\(sort)\n\(isDescending)")
    self.question = question
    cursor = try query.cursor().map { text in
      let parts = text.split(separator: " ")
      guard parts.count == 3, let place = Int(parts[0]), place > 0 else { throw Query.foreignCursor }
      guard parts[2] == question else {
        throw Problem(.invalidRequest, "'cursor' is of another filter or order; begin without it")
      }
      return Cursor(place: place, id: String(parts[1]), question: question)
    }
  }

  private let question: String

  /// `depth>=3,activation=relu`.
  private static func conditions(_ text: String) throws -> [Condition] {
    try text.split(separator: ",").map { item in
      let found = Condition.Comparison.allCases.compactMap { comparison in
        item.firstRange(of: comparison.rawValue).map { (comparison, $0) }
      }.min { ($0.1.lowerBound, -$0.0.rawValue.count) < ($1.1.lowerBound, -$1.0.rawValue.count) }
      guard let (comparison, range) = found, range.lowerBound > item.startIndex,
        range.upperBound < item.endIndex
      else {
        throw Problem(
          .invalidRequest,
          "'\(item)' in 'where' is no condition; expected a name, one of = != < <= > >=, and a value, such as depth>=3"
        )
      }
      return Condition(
        name: item[..<range.lowerBound].trimmingCharacters(in: .whitespaces), comparison: comparison,
        value: item[range.upperBound...].trimmingCharacters(in: .whitespaces))
    }
  }

  /// Some candidates of those that pass the filter.
  struct Page: Sendable {
    let entries: [RankingReport.Ranked]
    /// Before the first of them.
    let offset: Int
    /// Of all that pass.
    let total: Int
    /// What `cursor` of the next page is made of; nil when there is none.
    let next: String?
    /// The same for the page before; empty for the first one.
    let previous: String?
  }

  /// - Throws: `Problem` for names that the ranking does not have.
  func page(of report: RankingReport) throws -> Page {
    let fields = Fields(report)
    let tests = try conditions.map { condition in
      (condition, try fields.field(condition.name, of: "where"))
    }
    let order = try fields.field(sort, of: "sort")
    var entries = report.ranked.filter { entry in
      tests.allSatisfy { condition, field in condition.holds(for: fields.value(field, of: entry)) }
    }
    if order != .rank || isDescending {
      let keyed = entries.enumerated().map { ($0.offset, fields.value(order, of: $0.element)) }
      let sorted = keyed.sorted { a, b in
        // Candidates without a value stand last whichever the direction; equal ones keep their order.
        if a.1.isMissing || b.1.isMissing { return !a.1.isMissing && b.1.isMissing }
        if a.1.precedes(b.1) { return !isDescending }
        if b.1.precedes(a.1) { return isDescending }
        return a.0 < b.0
      }
      entries = sorted.map { entries[$0.0] }
    }
    let offset = offset(in: entries)
    let page = Array(entries.dropFirst(offset).prefix(limit))
    let end = offset + page.count
    return Page(
      entries: page, offset: offset, total: entries.count,
      next: end < entries.count ? cursor(before: end, in: entries) : nil,
      previous: offset > 0 ? cursor(before: max(0, offset - limit), in: entries) ?? "" : nil)
  }

  private func offset(in entries: [RankingReport.Ranked]) -> Int {
    guard let cursor else { return 0 }
    if cursor.place <= entries.count, entries[cursor.place - 1].id == cursor.id { return cursor.place }
    return entries.firstIndex { $0.id == cursor.id }.map { $0 + 1 } ?? min(cursor.place, entries.count)
  }

  /// Nil for the start.
  private func cursor(before place: Int, in entries: [RankingReport.Ranked]) -> String? {
    place > 0 ? "\(place) \(entries[place - 1].id) \(question)" : nil
  }
}

/// What candidates can be compared by.
private struct Fields {
  enum Field: Hashable {
    case rank, id
    case choice(String)
    case metric(String)
  }

  /// A text or a number.
  enum Value {
    case number(Double)
    case text(String)
    case missing

    var isMissing: Bool { if case .missing = self { true } else { false } }

    /// Numbers before texts.
    func precedes(_ other: Value) -> Bool {
      switch (self, other) {
      case (.number(let a), .number(let b)): a < b
      case (.text(let a), .text(let b)): a < b
      case (.number, .text): true
      default: false
      }
    }
  }

  let report: RankingReport

  init(_ report: RankingReport) { self.report = report }

  func field(_ name: String, of parameter: String) throws -> Field {
    if name == "rank" { return .rank }
    if name == "id" { return .id }
    let choices = report.choiceNames
    if choices.contains(name) { return .choice(name) }
    if let metric = report.metrics.first(where: { $0.name == name || $0.snakeCaseName == name }) {
      return .metric(metric.name)
    }
    let known = ["rank", "id"] + choices + report.metrics.map(\.snakeCaseName)
    throw Problem(
      .invalidRequest,
      "'\(parameter)' names '\(name)', which this ranking does not have; "
        + (nearestSpelling(to: name, among: known).map { "did you mean '\($0)'?" }
          ?? "expected one of \(known.joined(separator: ", "))"))
  }

  func value(_ field: Field, of entry: RankingReport.Ranked) -> Value {
    switch field {
    case .rank: .number(Double(entry.rank))
    case .id: .text(entry.id)
    case .metric(let name): entry.values[name].map { .number($0.value) } ?? .missing
    case .choice(let name):
      switch entry.choices[name] {
      case .integer(let value): .number(Double(value))
      case .real(let value): .number(value)
      case .none: .missing
      case .some(let value): .text(value.description)
      }
    }
  }
}

extension RankingQuery.Condition {
  /// Numbers are compared as numbers; what is missing passes no condition but `!=`.
  fileprivate func holds(for given: Fields.Value) -> Bool {
    switch given {
    case .missing: return comparison == .differs
    case .number(let number):
      guard let wanted = Double(value) else { return comparison == .differs }
      switch comparison {
      case .equals: return number == wanted
      case .differs: return number != wanted
      case .less: return number < wanted
      case .atMost: return number <= wanted
      case .more: return number > wanted
      case .atLeast: return number >= wanted
      }
    case .text(let text):
      switch comparison {
      case .equals: return text == value
      case .differs: return text != value
      case .less: return text < value
      case .atMost: return text <= value
      case .more: return text > value
      case .atLeast: return text >= value
      }
    }
  }
}
