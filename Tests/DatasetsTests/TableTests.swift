import Datasets
import NetworkGraph
import Testing

@Suite struct TableTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func open(
    _ text: String, label: String? = nil, header: Bool? = nil, ignored: [String] = []
  ) throws -> Dataset {
    let path = try folder.write("t.csv", Array(text.utf8))
    return try Dataset.open(
      .csv(path: path, options: .init(label: label, hasHeader: header, ignored: ignored)))
  }

  private func message(_ text: String, label: String? = nil, header: Bool? = nil, ignored: [String] = [])
    -> String?
  {
    datasetError { _ = try open(text, label: label, header: header, ignored: ignored) }?.description
      .replacing(folder.path + "/", with: "")
  }

  /// All rows in the order of the file, and their labels.
  private func rows(_ dataset: Dataset) throws -> [([Float], Int?)] {
    let count = try #require(dataset.sampleCount)
    let batch = try dataset.batch(count: count, seed: 0)
    let width = dataset.sampleShape.elementCount
    let rows: [([Float], Int?)] = (0..<count).map {
      (Array(batch.values[$0 * width..<($0 + 1) * width]), batch.labels?[$0])
    }
    return rows.sorted { $0.0[0] < $1.0[0] }
  }

  @Test func aHeaderIsSeenAndTheLabelFoundByName() throws {
    let dataset = try open("a,b,species\n1,2.5,setosa\n3,-4e-1,virginica\n5,6,setosa\n", label: "species")
    #expect(dataset.sampleShape == .features(2))
    #expect(dataset.sampleCount == 3)
    let rows = try rows(dataset)
    #expect(rows.map(\.0) == [[1, 2.5], [3, -0.4], [5, 6]])
    // Names are numbered in the order of their characters.
    #expect(rows.map(\.1) == [0, 1, 0])
  }

  @Test func withoutAHeaderColumnsAreNumbered() throws {
    let dataset = try open("1,2.5,setosa\n3,4,virginica\n", label: "3")
    #expect(dataset.sampleCount == 2)
    #expect(try rows(dataset).map(\.0) == [[1, 2.5], [3, 4]])
    #expect(
      message("1,2\n3,4\n", label: "c")
        == "t.csv: no column is called 'c'; the table has no header; name a column by its number, 1 to 2")
  }

  /// Nobody calls a column `NA`: a sample would be lost without a word.
  @Test(arguments: ["", "NA", "?", "nan"]) func aMissingValueIsNoName(missing: String) throws {
    let place = "t.csv: line 1: row 0: column '2': the value is missing; "
    #expect(message("1,\(missing),0\n2,3,1\n")?.hasPrefix(place) == true)
    #expect(message("1,\(missing)\n")?.hasPrefix(place) == true)
    #expect(try open("x,\(missing),y\n2,3,1\n").sampleCount == 1)
  }

  @Test func numbersAsNamesNeedTheHeaderToBeStated() throws {
    let text = "2019,2020\n1,2\n3,4\n"
    #expect(try open(text).sampleCount == 3)
    #expect(try open(text, header: true).sampleCount == 2)
    #expect(try rows(try open(text, label: "2020", header: true)).map(\.1) == [2, 4])
  }

  @Test func everyWayOfWritingTheSameTableHasTheSameContent() throws {
    let plain = try open("a,b,y\n1,2,0\n3,4,1\n", label: "y").contentHash
    for text in [
      "a;b;y\n1;2;0\n3;4;1\n", "a\tb\ty\r\n1\t2\t0\r\n\r\n3\t4\t1",
      "\u{FEFF}\"a\",\"b\",\"y\"\n\"1\",2,0\n3, 4 ,1\n",
      "a,b,y\r1,2.0,0\r3e0,4,1.0\r",
    ] {
      #expect(try open(text, label: "y").contentHash == plain, "\(text)")
    }
    #expect(try open("a,b,y\n1,2,1\n3,4,0\n", label: "y").contentHash != plain)
    #expect(try open("a,b,y\n1,2,0\n3,4,1\n", ignored: ["y"]).contentHash != plain)
  }

  @Test func quotesHoldSeparatorsQuotesAndLineBreaks() throws {
    let text = "a,\"say \"\"b\"\", twice\",y\n1,2,\"x, \"\"y\"\"\nz\"\n3,4,x\n"
    let dataset = try open(text, label: "y")
    #expect(try rows(dataset).map(\.1) == [1, 0])
    #expect(try open(text, label: "y", ignored: ["say \"b\", twice"]).sampleShape == .features(1))
    // Lines count on after a break within quotes.
    #expect(
      message(text + "5,,x\n", label: "y")
        == "t.csv: line 5: row 2: column 'say \"b\", twice': the value is missing; fill it in, or leave out the row or the column"
    )
  }

  @Test(arguments: [
    ("a,b\n1,2\n3,\n", "line 3: row 1: column 'b': the value is missing"),
    ("a,b\n1,2\nNA,4\n", "line 3: row 1: column 'a': the value is missing"),
    ("a,b\n1,2\n3,nan\n", "line 3: row 1: column 'b': the value is missing"),
    ("a,b\n1,2\n3,inf\n", "line 3: row 1: column 'b': 'inf' is not a number"),
    ("a,b\n1,2\n3,0x10\n", "line 3: row 1: column 'b': '0x10' is not a number"),
    ("a,b\n1,2\n3,1e999\n", "line 3: row 1: column 'b': '1e999' is not a number"),
    ("a;b\n1;2\n3;4,5\n", "line 3: row 1: column 'b': '4,5' is not a number; the decimal sign is a point"),
    ("1,2\n3,red\n", "line 2: row 1: column '2': 'red' is not a number; features are numbers"),
    ("a,b\n1,2\n3\n", "line 3: row 1: 1 fields where the first record has 2"),
    ("a,b\n1,2\n3,4,5\n", "line 3: row 1: 3 fields where the first record has 2"),
    ("a,b\n1,\"2\n3,4\n", "byte 6: line 2: a quote that is never closed"),
    ("a,b\n1,\"2\"3\n", "byte 9: line 2: text after a closing quote"),
    ("", "byte 0: the file is empty"),
    ("\n\n", "byte 0: the file holds no record"),
    ("a,b\n", "line 1: no record follows the header"),
  ])
  func whatIsNoTableOfNumbersIsNamedWithItsPlace(text: String, words: String) {
    #expect(message(text)?.hasPrefix("t.csv: " + words) == true, "\(message(text) ?? "nothing")")
  }

  @Test func labelsThatAreNoClassesAreNamed() {
    #expect(
      message("a,y\n1,0\n2,0.5\n", label: "y")
        == "t.csv: line 3: row 1: column 'y': the label 0.5 is not a class; expected whole numbers or names")
    #expect(
      message("a,y\n1,0\n2,\n", label: "y")?.contains("line 3: row 1: column 'y': the value is missing")
        == true)
    #expect(message("a,species\n1,0\n", label: "specie")?.hasSuffix("did you mean 'species'?") == true)
    #expect(message("a,a\n1,0\n", label: "a")?.hasSuffix("2 columns are called 'a'") == true)
    #expect(message("a,y\n1,0\n", label: "y", ignored: ["a"]) == "t.csv: no column is a feature")
    #expect(message("a,y\n1,0\n", label: "y", ignored: ["y"])?.contains("also to be ignored") == true)
  }

  @Test func aBrokenTableIsNeverACrash() throws {
    var state: UInt64 = 7
    for _ in 0..<3000 {
      var bytes: [UInt8] = []
      for _ in 0..<(state % 40) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(Array("12.a,;\t\"\n\r \u{0}-e".utf8)[Int(state >> 33) % 14])
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let path = try folder.write("fuzz.csv", bytes)
      if let dataset = try? Dataset.open(.csv(path: path, options: .init(label: state % 2 == 0 ? "1" : nil)))
      {
        #expect(try #require(dataset.sampleCount) > 0)
      }
    }
  }
}
