import YAMLDocuments

/// A table for a terminal. It takes as many columns as the terminal has and no more: first titles are broken into
/// several lines and cells shortened, then columns of small importance are left out, then titles are cut as well, all from
/// the least important column on.
package struct TextTable: Sendable {
  package enum Alignment: Sendable {
    case left
    case right
  }

  package struct Column: Sendable {
    package let title: String
    package let alignment: Alignment
    /// Columns of small importance go first. Among equals, those further right.
    package let importance: Int
    /// Whether the table is useless without it.
    package let isEssential: Bool
    /// Cells may be shortened to so many characters; nil when a part of a cell says nothing (a number).
    package let shortestCell: Int?

    package init(
      _ title: String, _ alignment: Alignment, importance: Int, isEssential: Bool = false,
      shortestCell: Int? = nil
    ) {
      self.title = title
      self.alignment = alignment
      self.importance = importance
      self.isEssential = isEssential
      self.shortestCell = shortestCell
    }
  }

  package struct Rendering: Sendable {
    /// The header first, in as many lines as its tallest title needs. None is wider than was asked for.
    package let lines: [String]
    /// Titles of the columns that were left out, in their order.
    package let omitted: [String]
  }

  package let columns: [Column]
  /// One cell per column. Control characters appear as `�`.
  package let rows: [[String]]

  package init(_ columns: [Column], rows: [[String]]) {
    self.columns = columns
    self.rows = rows.map { row in
      columns.indices.map { $0 < row.count ? row[$0].withoutControlCharacters : "" }
    }
  }

  /// - Parameters:
  ///   - width: columns of the terminal; nil for no limit.
  ///   - style: the header's.
  ///
  /// Complexity: O(cells + columns²).
  package func rendered(width: Int?, style: TerminalStyle = .init(isColored: false)) -> Rendering {
    let widths = fittedWidths(total: width.map { max(1, $0) })
    let shown = columns.indices.filter { widths[$0] != nil }
    func line(_ cells: [String]) -> String {
      let text =
        shown
        .map { TextWidth.padded(cells[$0], to: widths[$0] ?? 0, alignment: columns[$0].alignment) }
        .joined(separator: Self.gap)
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    let titles = columns.indices.map { TextWidth.titleLines(columns[$0].title, to: widths[$0] ?? 0) }
    let height = shown.map { titles[$0].count }.max() ?? 1
    // Titles stand on the rows.
    let header = (0..<height).map { place in
      line(titles.map { lines in place < height - lines.count ? "" : lines[place - height + lines.count] })
    }
    return Rendering(
      lines: header.map { style($0, .strong) } + rows.map(line),
      omitted: columns.indices.filter { widths[$0] == nil }.map { columns[$0].title })
  }

  private static let gap = "  "
  /// A shortened title keeps at least so many characters.
  private static let shortestTitle = 6
  /// Columns up to this importance are left out before a title is cut.
  private static let dispensableImportance = 50

  /// The width of each column; nil for those left out.
  private func fittedWidths(total: Int?) -> [Int?] {
    let cellWidths = columns.indices.map { column in
      rows.reduce(0) { max($0, TextWidth.of($1[column])) }
    }
    let titleWidths = columns.map { TextWidth.of($0.title) }
    let natural = columns.indices.map { max(cellWidths[$0], titleWidths[$0]) }
    guard let total else { return natural }
    let shortCells = columns.indices.map { min(cellWidths[$0], columns[$0].shortestCell ?? .max) }
    let broken = columns.map { TextWidth.widestPart(ofTitle: $0.title) }
    let readable = columns.indices.map { max(shortCells[$0], broken[$0]) }
    let least = columns.indices.map { max(shortCells[$0], min(broken[$0], Self.shortestTitle)) }
    // From the least important: those further right before those further left.
    let order = columns.indices.sorted { (columns[$0].importance, -$0) < (columns[$1].importance, -$1) }

    var kept = Set(columns.indices)
    func sum(_ widths: [Int]) -> Int {
      kept.reduce(Self.gap.count * max(0, kept.count - 1)) { $0 + widths[$1] }
    }
    for column in order
    where !columns[column].isEssential && columns[column].importance <= Self.dispensableImportance
      && sum(readable) > total
    {
      kept.remove(column)
    }
    for column in order where !columns[column].isEssential && sum(least) > total { kept.remove(column) }

    var widths = natural
    for smallest in [readable, least, [Int](repeating: 1, count: columns.count)] {
      for column in order where kept.contains(column) {
        let excess = sum(widths) - total
        if excess > 0 { widths[column] = max(min(smallest[column], widths[column]), widths[column] - excess) }
      }
    }
    // In a terminal of a few characters even the essential columns do not fit.
    for column in order where sum(widths) > total && kept.count > 1 { kept.remove(column) }
    return columns.indices.map { kept.contains($0) ? widths[$0] : nil }
  }
}
