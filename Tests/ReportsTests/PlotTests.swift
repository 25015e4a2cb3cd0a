import Foundation
import FoundationXML
import MeanField
import Reports
import Testing

/// Whether a text is XML, and the elements it has.
private final class Elements: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]

  static func of(_ text: String) -> [String: Int]? {
    let elements = Elements()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = elements
    return parser.parse() ? elements.counts : nil
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) { counts[name, default: 0] += 1 }
}

@Suite struct PlotAxisTests {
  @Test func linearTicksAreRoundNumbers() {
    let labels = { (low: Double, high: Double) in PlotAxis("", range: low...high).ticks.map(\.label) }
    #expect(labels(0, 1) == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(labels(-1, 2) == ["−1", "0", "1", "2"])
    #expect(labels(0.4, 4) == ["1", "2", "3", "4"])
    #expect(labels(0, 300_000) == ["0", "100000", "200000", "300000"])
    #expect(labels(0, 3e6) == ["0", "1.0·10⁶", "2.0·10⁶", "3.0·10⁶"])
    #expect(labels(0, 0) == ["0"])
  }

  @Test func logarithmicTicksArePowersOfTen() {
    let axis = PlotAxis("", .logarithmic, range: 1e-4...100)
    #expect(
      axis.ticks.map(\.label).filter { !$0.isEmpty } == ["10⁻⁴", "10⁻³", "10⁻²", "0.1", "1", "10", "100"])
    let long = PlotAxis("", .logarithmic, range: 1e-40...1).ticks
    #expect(long.count < 12 && long.allSatisfy { !$0.label.isEmpty })
    let short = PlotAxis("", .logarithmic, range: 1...10).ticks.map(\.label).filter { !$0.isEmpty }
    #expect(short == ["1", "2", "5", "10"])
    // Between 1, 2 and 5 there is no tick.
    #expect(PlotAxis("", .logarithmic, range: 105...180).ticks.map(\.label) == ["120", "140", "160", "180"])
    #expect(PlotAxis("", .logarithmic, range: 2.1e6...4.5e6).ticks.count { !$0.label.isEmpty } > 1)
  }
}

@Suite struct LinePlotTests {
  private func plot(_ points: [PlotPoint], _ y: PlotAxis = PlotAxis("y")) -> LinePlot {
    LinePlot(title: "a < b & \"c\"", x: PlotAxis("x"), y: y, series: [.init("s_1 σ_w", points)])
  }

  @Test func picturesAreXML() throws {
    let band = LinePlot.Band(
      "b", lower: [PlotPoint(0, 1), PlotPoint(1, 2)], upper: [PlotPoint(0, 3), PlotPoint(1, 4)], color: 1)
    let text = LinePlot(
      title: "a < b & \"c\"\u{1}", subtitle: "d", x: PlotAxis("x"), y: PlotAxis("y"), bands: [band],
      series: [.init("one", [PlotPoint(0, 1), PlotPoint(1, 2)], stroke: .dashed)]
    ).svg()
    let elements = try #require(Elements.of(text))
    #expect(elements["svg"] == 1 && elements["path"] == 3)
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(text.contains("a &lt; b &amp; &quot;c&quot;"))
  }

  @Test func whatCannotBeShownInterruptsACurve() throws {
    let points = [1, 0.1, 0, .nan, 0.01, .infinity, 1e-3, 1e-4].enumerated().map {
      PlotPoint(Double($0.offset), $0.element)
    }
    let text = plot(points, PlotAxis("y", .logarithmic)).svg()
    let path = try #require(
      text.split(separator: "\"").first { $0.hasPrefix("M") && $0.filter { $0 == "M" }.count > 1 })
    #expect(path.filter { $0 == "M" }.count == 3)
    #expect(!text.contains("nan") && !text.contains("inf"))
  }

  @Test func nothingIsAPictureToo() throws {
    for points in [
      [], [PlotPoint(1, 1)], [PlotPoint(.nan, .nan)], [PlotPoint(1e300, -1e300), PlotPoint(2e300, 1e300)],
    ] {
      for axis in [PlotAxis("y"), PlotAxis("y", .logarithmic)] {
        let text = plot(points, axis).svg(width: 1, height: 1)
        #expect(Elements.of(text) != nil && !text.contains("nan"))
      }
    }
  }

  @Test func axesHoldWhatTheyAreFittedToAlone() {
    func text(isFitted: Bool) -> String {
      LinePlot(
        title: "t", x: PlotAxis("x"), y: PlotAxis("y"),
        series: [
          .init("a", [PlotPoint(0, 0), PlotPoint(1, 1)]),
          .init("b", [PlotPoint(0, 0), PlotPoint(1, 50)], isFitted: isFitted),
        ]
      ).svg()
    }
    #expect(text(isFitted: true).contains(">40<") && !text(isFitted: false).contains(">40<"))
    #expect(text(isFitted: false).contains(">b<"))
    // A logarithmic axis does not show the moment 0, so what is there stretches no other axis.
    let dynamics = LinePlot(
      title: "t", x: PlotAxis("x", .logarithmic), y: PlotAxis("y"),
      series: [.init("a", [PlotPoint(0, 50), PlotPoint(1, 1), PlotPoint(100, 0)])]
    ).svg()
    #expect(!dynamics.contains(">40<") && dynamics.contains(">1.0<"))
  }

  @Test func straightLinesNeedTwoPoints() {
    let text = plot((0...1000).map { PlotPoint(Double($0), 3 * Double($0)) }).svg()
    #expect(text.count < 5000)
  }

  @Test func subscriptsFollowGreekLettersAlone() {
    let text = plot([PlotPoint(0, 0), PlotPoint(1, 1)]).svg()
    #expect(text.contains("s_1 σ<tspan"))
  }
}

@Suite struct RegionPlotTests {
  @Test func regionsHaveTheAreaOfTheirFunction() throws {
    // x² + y² on [−1, 1]²: a disc of radius r is not in the region above r².
    let count = 201
    let values = (0..<count).map { row in
      (0..<count).map { column in
        let (x, y) = (Double(column) / 100 - 1, Double(row) / 100 - 1)
        return x * x + y * y
      }
    }
    let plot = RegionPlot(
      title: "disc", x: PlotAxis("x", range: -1...1), y: PlotAxis("y", range: -1...1), values: values,
      bands: [.init(from: -.infinity, color: "#000000"), .init(from: 0.49, color: "#ffffff", label: "r")],
      scaleTitle: "r")
    let text = plot.svg()
    #expect(Elements.of(text) != nil)
    let fill = try #require(text.split(separator: "<path").first { $0.contains("fill=\"#ffffff\"") })
    let path = try #require(fill.split(separator: "\"").dropFirst().first)
    // The shoelace formula over all loops, in units of the frame.
    var area = 0.0
    for loop in path.split(separator: "Z") {
      let points = loop.dropFirst().split(separator: "L").map {
        $0.split(separator: " ").compactMap { Double($0) }
      }
      for (a, b) in zip(points, points.dropFirst() + [points[0]]) { area += (a[0] * b[1] - b[0] * a[1]) / 2 }
    }
    let frame = (820.0 - 72 - 138) * (540.0 - 40 - 58)
    #expect(abs(abs(area) / frame - (1 - Double.pi * 0.49 / 4)) < 1e-3)
  }

  @Test func phaseDiagramsAreSmallPictures() throws {
    let diagram = try PhaseDiagram(.erf, weightVariances: 0.5...3, biasVariances: 0...0.5, resolution: 30)
    let analysis = try MeanFieldAnalysis(
      try WideNetworkMaps(activation: .erf, weightVariance: 1, biasVariance: 0.1))
    let text = diagram.plot(marking: analysis).svg()
    let elements = try #require(Elements.of(text))
    #expect(elements["circle"] == 2 && text.contains(">chaotic</text>") && text.count < 30_000)
    // The line separates what the grid calls ordered and chaotic.
    for point in diagram.criticalLine.dropFirst(8) {
      let row = Int((point.y / 0.5 * 29).rounded(.down))
      let column = (point.x - 0.5) / 2.5 * 29
      #expect(diagram.logarithmicGains[row][min(29, Int(column) + 2)] > 0)
      #expect(diagram.logarithmicGains[row][max(0, Int(column) - 2)] < 0)
    }
    #expect(throws: MeanFieldError.self) {
      try PhaseDiagram(.erf, weightVariances: 0.5...3, biasVariances: 0...0.5, resolution: 1)
    }
  }
}
