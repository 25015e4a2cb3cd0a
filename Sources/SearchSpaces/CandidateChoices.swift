import ArchitecturePlugins

/// Why some choices name no candidate of a search space.
public enum CandidateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A name or a value that the space does not have.
  case unknown(SpaceFilterError)
  /// An axis of several values without one of them, for a message.
  case missing(String, expected: String)
  /// A choice that has no part in a candidate with the others.
  case withoutPart(String, condition: String)
  /// Constraints, as they are written.
  case broken([String], space: String)

  /// What is wrong, and the nearest valid spelling.
  public var description: String {
    switch self {
    case .unknown(let error): error.description
    case .missing(let name, let expected): "no '\(name)' is given; expected one of \(expected)"
    case .withoutPart(let name, let condition):
      "'\(name)' has no part in this candidate; it has one when \(condition)"
    case .broken(let constraints, let space):
      "these choices break the constraint \(constraints.map { "'\($0)'" }.joined(separator: " and ")) of '\(space)'"
    }
  }
}

extension SearchSpace {
  /// The candidate with these choices: a value for every axis that has more than one and a part in the candidate.
  /// Parameters that are the same in all candidates may be given with that value.
  public func candidate(choices: Choices) throws(CandidateError) -> Candidate {
    for (name, value) in choices.sorted(by: { $0.key < $1.key }) {
      let isFixed = fixed[name].map { $0 == validated(value, for: name) } ?? false
      if isFixed { continue }
      do throws(SpaceFilterError) { _ = try axisPlace(name) } catch { throw .unknown(error) }
    }
    var chosen = fixed
    var positions: [Int?] = []
    for axis in axes {
      guard isActive(axis, given: chosen) else {
        if choices[axis.name] != nil, let condition = axis.condition {
          throw .withoutPart(axis.name, condition: "\(condition)")
        }
        positions.append(nil)
        continue
      }
      let value = try value(choices[axis.name], of: axis)
      chosen[axis.name] = value
      positions.append(axis.values.firstIndex(of: value))
    }
    if let candidate = candidate(positions: positions) { return candidate }
    throw .broken(constraints(brokenBy: chosen).map { "\($0)" }, space: name)
  }

  private func value(_ given: ParameterValue?, of axis: ChoiceAxis) throws(CandidateError) -> ParameterValue {
    guard let given else {
      if axis.values.count == 1 { return axis.values[0] }
      throw .missing(axis.name, expected: axis.shownValues)
    }
    do throws(SpaceFilterError) { return try value(given, on: axis) } catch { throw .unknown(error) }
  }

  /// In the form that the family receives; as it is when the family would refuse it.
  private func validated(_ value: ParameterValue, for name: String) -> ParameterValue {
    family.parameter(named: name).flatMap { try? $0.validated(value).get() } ?? value
  }
}
