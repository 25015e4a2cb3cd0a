import CLaneKernels
import Foundation
import LaneKernels
import RandomStreams
import Testing

/// Known answers of Random123's own `kat_vectors` for philox4x32, 10 rounds.
@Test(arguments: [
  (
    [0, 0, 0, 0] as [UInt32], [0, 0] as [UInt32],
    [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8] as [UInt32]
  ),
  (
    [.max, .max, .max, .max], [.max, .max],
    [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
  ),
  (
    [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
    [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
  ),
])
func philoxGivesTheKnownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
  var words = [UInt32](repeating: 0, count: 4)
  lanePhilox(counter, key, &words)
  #expect(words == expected)
}

@Test func normalsDoNotDependOnHowTheyAreAskedFor() {
  let stream = RandomStream(seed: 7, purpose: "weights", position: "n3.weight")
  let all = stream.normals(1_000)
  for (start, count) in [(0, 1), (1, 3), (5, 64), (63, 2), (130, 700)] {
    var part = [Float](repeating: 0, count: count)
    part.withUnsafeMutableBufferPointer { stream.fillNormals($0, startingAt: UInt64(start)) }
    #expect(part == Array(all[start..<start + count]))
  }
}

@Test func everyVariantGivesTheSameNormals() {
  let reference = LaneVariants.all.last!
  for variant in LaneVariants.all where variant.pointee.isSupported() {
    for seed: UInt64 in [0, 42, .max] {
      var expected = [Float](repeating: 0, count: 515)
      var actual = expected
      reference.pointee.fillNormals(seed, 9, 3, 515, &expected)
      variant.pointee.fillNormals(seed, 9, 3, 515, &actual)
      #expect(expected == actual, "\(LaneVariants.name(variant))")
    }
  }
}

@Test func normalsHaveTheMomentsOfTheNormalDistribution() {
  let count = 1_000_000
  let numbers = RandomStream(seed: 1, purpose: "weights").normals(count).map(Double.init)
  let moment = { (power: Double) in numbers.reduce(0) { $0 + pow($1, power) } / Double(count) }
  // Five standard errors of each sample moment.
  let error = 5 / Double(count).squareRoot()
  #expect(abs(moment(1)) < error)
  #expect(abs(moment(2) - 1) < error * 2.0.squareRoot())
  #expect(abs(moment(3)) < error * 15.0.squareRoot())
  #expect(abs(moment(4) - 3) < error * 96.0.squareRoot())
  let beyondTwo = numbers.count { $0 > 2 }
  #expect(abs(Double(beyondTwo) / Double(count) - 0.022750132) < error * 0.15)
}

@Test func purposesPositionsAndSeedsAreSeparate() {
  let streams = [
    RandomStream(seed: 0, purpose: "weights"), RandomStream(seed: 1, purpose: "weights"),
    RandomStream(seed: 0, purpose: "inputs"), RandomStream(seed: 0, purpose: "weights", position: "a"),
  ]
  #expect(Set(streams.map { $0.normals(4) }).count == streams.count)
}

@Test func boundedNumbersAreUniform() {
  let stream = RandomStream(seed: 3, purpose: "sampling")
  var counts = [Int](repeating: 0, count: 7)
  for index in 0..<70_000 { counts[Int(stream.bounded(7, at: UInt64(index)))] += 1 }
  let chiSquare = counts.reduce(0.0) { $0 + pow(Double($1) - 10_000, 2) / 10_000 }
  #expect(chiSquare < 22.5)  // 0.1 % point of χ² with six degrees of freedom
  #expect(stream.bounded(0, at: 1) == 0)
  #expect(stream.bounded(.max, at: 1) < .max)
}
