import NetworkGraph
import YAMLDocuments

/// A family of architectures: what its parameters are, and how a set of choices becomes a network.
///
/// A conformance must be a pure function of its arguments: the same choices give the same network, always.
public protocol ArchitectureFamily: Sendable {
  /// The name used in search spaces, `snake_case`.
  var name: String { get }
  /// Enters the score identity; change it whenever the same choices give another network.
  var version: String { get }
  /// One sentence for `plugins list`.
  var summary: String { get }
  /// Every parameter, in the order in which documentation shows them.
  var parameters: [ParameterDescription] { get }

  /// What is wrong with a text parameter's value; nil when nothing is.
  ///
  /// - Parameter parameter: one of `parameters`, of kind `text`.
  func problem(with text: String, of parameter: ParameterDescription) -> ParameterProblem?

  /// What is wrong with giving just these parameters, whatever their values: some that exclude one another, or
  /// some without which others mean nothing. Missing ones that are not optional are reported without this.
  ///
  /// - Parameter names: those that the user gave, all of them names of `parameters`.
  func problems(amongGiven names: Set<String>) -> [ParameterProblem]

  /// The network for one set of choices.
  ///
  /// - Parameters:
  ///   - choices: validated against `parameters`, defaults filled in: every parameter is present except
  ///     optional ones that were left out.
  ///   - input: shape of one sample.
  ///   - outputs: number of outputs (classes).
  /// - Throws: `NetworkError`, `PluginError` or any error that says why these choices make no network (a map
  ///   pooled to nothing, say): the candidate is reported as failed with that text, and the run goes on.
  func makeNetwork(_ choices: Choices, input: TensorShape, outputs: Int) throws -> Network
}

extension ArchitectureFamily {
  /// No text is wrong: for families without parameters in a form of their own.
  public func problem(with text: String, of parameter: ParameterDescription) -> ParameterProblem? { nil }

  /// No parameters exclude each other.
  public func problems(amongGiven names: Set<String>) -> [ParameterProblem] { [] }

  /// The description of a parameter; nil for a name that the family does not have.
  public func parameter(named name: String) -> ParameterDescription? { parameters.first { $0.name == name } }

  /// Choices in the form that `makeNetwork` receives: every value checked, defaults filled in.
  ///
  /// - Throws: `PluginError.invalidChoices` with all mistakes: unknown names (with the nearest valid one),
  ///   values out of range, missing parameters, and those that exclude one another.
  public func validated(_ choices: Choices) throws(PluginError) -> Choices {
    let parameters = parameters
    var result = Choices(minimumCapacity: parameters.count)
    var given = Set<String>(minimumCapacity: choices.count)
    var problems: [ParameterProblem] = []
    for parameter in parameters where choices[parameter.name] != nil { given.insert(parameter.name) }
    if given.count < choices.count {
      problems += choices.keys.filter { !given.contains($0) }.sorted().map(unknown)
    }
    for parameter in parameters {
      guard let value = choices[parameter.name] else {
        if let defaultValue = parameter.defaultValue {
          result[parameter.name] = defaultValue
        } else if !parameter.isOptional {
          problems.append(
            .init(
              parameter: parameter.name,
              message: "'\(parameter.name)' is missing; expected \(parameter.expectation)"))
        }
        continue
      }
      switch parameter.validated(value) {
      case .success(let accepted):
        result[parameter.name] = accepted
        if case .text = parameter.kind, case .text(let text) = accepted,
          let problem = problem(with: text, of: parameter)
        {
          problems.append(problem)
        }
      case .failure(let problem): problems.append(problem)
      }
    }
    problems += self.problems(amongGiven: given)
    guard problems.isEmpty else { throw .invalidChoices(family: name, problems: problems) }
    return result
  }

  /// The problem with a name that is no parameter of this family.
  public func unknown(_ parameter: String) -> ParameterProblem {
    let names = parameters.map(\.name)
    let suggestion = nearestSpelling(to: parameter, among: names)
    let expected = suggestion == nil ? "; expected one of \(names.joined(separator: ", "))" : ""
    return .init(
      parameter: parameter, message: "\(name) has no parameter '\(parameter)'\(expected)",
      suggestion: suggestion)
  }

  /// The error for one parameter whose value is valid alone but does not fit the others or the input.
  public func invalid(_ parameter: String, _ message: String) -> PluginError {
    .invalidChoices(family: name, problems: [.init(parameter: parameter, message: message)])
  }
}
