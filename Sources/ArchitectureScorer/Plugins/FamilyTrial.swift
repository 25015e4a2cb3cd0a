import ArchitecturePlugins
import NetworkGraph
import PluginHosting
import RandomStreams

/// Asks a family for networks over the whole range of its parameters.
struct FamilyTrial {
  struct Sample {
    let choices: Choices
    let input: TensorShape
    let network: Network
  }

  static let outputs = 7
  private static let inputs: [TensorShape] = [
    .features(12), .maps(channels: 1, height: 8, width: 8), .maps(channels: 3, height: 32, width: 32),
  ]
  private static let randomSets = 64

  private let family: ExternalFamily
  private(set) var made: [Sample] = []
  /// The plugin's words where it makes no network.
  private(set) var refusals: [PluginFault] = []
  /// Of one answer each.
  private(set) var seconds: [Double] = []

  init(_ family: ExternalFamily) { self.family = family }

  /// A parameter that needs a value, of which none is known to be right; nil when there is none.
  var parameterWithoutValue: String? {
    family.parameters.first { !$0.isOptional && Self.values(of: $0).isEmpty }?.name
  }

  var summary: String {
    let asked = made.count + refusals.count
    let counted = "\(made.count) of \(asked) sets of choices and inputs make a network"
    guard let words = refusals.last?.message else { return counted }
    return counted + "; the others are refused in words such as: \(words)"
  }

  /// - Throws: the first fault that is no refusal, with the choices.
  mutating func run() throws(PluginFault) {
    let values = family.parameters.map(Self.values)
    for input in Self.inputs {
      let before = made.count
      try ask(choices(values.map(\.first)), input)
      // One input is enough where the family has no network for it at all.
      guard made.count > before || input == Self.inputs.last else { continue }
      for (index, parameter) in family.parameters.enumerated() {
        for value in values[index].dropFirst() {
          var set = values.map(\.first)
          set[index] = value
          if parameter.isOptional || value != nil { try ask(choices(set), input) }
        }
      }
      let stream = RandomStream(seed: 0, purpose: "plugin check", position: input.description)
      for set in 0..<Self.randomSets {
        try ask(
          choices(
            values.enumerated().map { index, values in
              values.isEmpty
                ? nil
                : values[
                  Int(stream.bounded(UInt64(values.count), at: UInt64(set * family.parameters.count + index)))
                ]
            }), input)
      }
    }
  }

  private func choices(_ values: [ParameterValue??]) -> Choices {
    var choices: Choices = [:]
    for (parameter, value) in zip(family.parameters, values) { choices[parameter.name] = value ?? nil }
    return choices
  }

  private mutating func ask(_ choices: Choices, _ input: TensorShape) throws(PluginFault) {
    let start = ContinuousClock.now
    defer { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
    do {
      let network = try family.network(for: choices, input: input, outputs: Self.outputs)
      made.append(Sample(choices: choices, input: input, network: network))
    } catch {
      guard error.kind == .refused else {
        throw PluginFault(
          plugin: error.plugin, kind: error.kind,
          message: "of \(choices.canonicalJSON) on \(input): \(error.message)", lastWords: error.lastWords)
      }
      refusals.append(error)
    }
  }

  /// The default, or nil for an optional parameter, then both ends of the range and some between.
  private static func values(of parameter: ParameterDescription) -> [ParameterValue?] {
    var values: [ParameterValue?] = parameter.isOptional ? [nil] : [parameter.defaultValue].compactMap(\.self)
    switch parameter.kind {
    case .integer(let range): values += integers(range).map { .integer($0) }
    case .integerOrList(let range):
      let integers = integers(range)
      values += integers.map { .integer($0) } + [.list(integers.prefix(3).map { .integer($0) })]
    case .real(let range):
      let low = range.lowerBound > -1e30 ? range.lowerBound : -1000
      let high = range.upperBound < 1e30 ? range.upperBound : max(1000, low + 1000)
      values += [low, low + (high - low) / 3, low + (high - low) / 2, high].map { .real($0) }
    case .boolean: values += [.boolean(false), .boolean(true)]
    case .choice(let names): values += names.map { .text($0) }
    // What a text may say only the family knows.
    case .text: break
    }
    return values
  }

  /// Of a range without an end, the start.
  private static func integers(_ range: ClosedRange<Int>) -> [Int] {
    let low = range.lowerBound == .min ? min(0, range.upperBound) : range.lowerBound
    let (far, overflow) = low.addingReportingOverflow(1000)
    let high = range.upperBound == .max ? (overflow ? .max : far) : range.upperBound
    guard low < high else { return [low] }
    // A product would overflow where a sum of halves does not.
    return Array(Set([low, low + 1, low / 2 + high / 2, high])).filter(range.contains).sorted()
  }
}
