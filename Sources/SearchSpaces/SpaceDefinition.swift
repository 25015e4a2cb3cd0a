import ArchitecturePlugins

extension SearchSpace {
  /// Lowercase hexadecimal SHA-256 of what the space means: two files have the same hash exactly when they differ at
  /// most in layout, comments, order of keys, spelled-out defaults, ways to write the same values, name and
  /// description. A parameter of the family that is fixed at its own default is no spelled-out default: it is among
  /// the choices of every candidate, and their identifiers are others. The order of choices counts, since it orders the candidates; so do dataset paths as written, but
  /// not the files' contents.
  public var definitionHash: String { CanonicalJSON.hash(canonicalDefinition) }

  /// The text behind `definitionHash`: canonical JSON.
  package var canonicalDefinition: String {
    CanonicalJSON.object([
      ("format", "1"),
      ("family", CanonicalJSON.text(family.name)),
      ("input", input.canonicalJSON),
      ("fixed", fixed.canonicalJSON),
      ("choices", CanonicalJSON.list(axes.map(\.canonicalJSON))),
      ("constraints", budgets.canonicalJSON(with: constraints)),
      ("scoring", scoring.canonicalJSON),
      ("ranking", ranking.canonicalJSON),
    ])
  }
}

extension ChoiceAxis {
  fileprivate var canonicalJSON: String {
    CanonicalJSON.list(
      [CanonicalJSON.text(name), CanonicalJSON.list(values.map(\.canonicalJSON))]
        + (condition.map { [CanonicalJSON.text($0.description)] } ?? []))
  }
}

extension InputDescription {
  fileprivate var canonicalJSON: String {
    var entries = [
      ("shape", CanonicalJSON.list(shape.dimensions.map(String.init))),
      ("outputs", String(outputs)),
      ("dataset", dataset.canonicalJSON),
      ("standardize", String(standardize)),
      ("samples", String(samples)),
      ("batch", CanonicalJSON.text(batch.rawValue)),
    ]
    if let resolution {
      entries.append(("resize", CanonicalJSON.list([String(resolution.height), String(resolution.width)])))
    }
    if isBalanced { entries.append(("balanced", "true")) }
    return CanonicalJSON.object(entries)
  }
}

extension DatasetDescription {
  fileprivate var canonicalJSON: String {
    var entries = [("kind", kind)]
    switch self {
    case .gaussian: break
    case .npy(let path, let labels), .mnist(let path, let labels):
      entries += [("path", path), ("labels", labels ?? "")]
    case .npz(let path, let inputs, let labels):
      entries += [("path", path), ("inputs", inputs ?? ""), ("labels", labels ?? "")]
    case .csv(let path, let label, let hasHeader, let ignored):
      entries += [
        ("path", path), ("label", label ?? ""), ("header", hasHeader.map(String.init) ?? ""),
        ("ignore", CanonicalJSON.list(ignored.map(CanonicalJSON.text))),
      ]
    case .cifar10(let path), .images(let path): entries += [("path", path)]
    case .cifar100(let path, let coarseLabels):
      entries += [("path", path), ("labels", coarseLabels ? "coarse" : "fine")]
    }
    return CanonicalJSON.object(entries.map { ($0.0, CanonicalJSON.text($0.1)) })
  }
}

extension Budgets {
  /// - Parameter constraints: between choices; their order says nothing.
  fileprivate func canonicalJSON(with constraints: [ChoiceExpression]) -> String {
    let budgets = Quantity.allCases.compactMap { quantity in
      self[quantity].map { bounds in
        let ends = [bounds.atLeast, bounds.atMost].map { $0.map(String.init) ?? "null" }
        return (quantity.rawValue, CanonicalJSON.list(ends))
      }
    }
    let texts = constraints.flatMap(\.conjuncts).map { CanonicalJSON.text($0.description) }.sorted()
    return CanonicalJSON.object(budgets + (texts.isEmpty ? [] : [("where", CanonicalJSON.list(texts))]))
  }
}

extension ScoringSettings {
  fileprivate var canonicalJSON: String {
    CanonicalJSON.object([
      ("metrics", CanonicalJSON.list(metrics.map(CanonicalJSON.text))),
      ("seeds", CanonicalJSON.list(seeds.map(String.init))),
      ("output_reduction", CanonicalJSON.text(outputReduction.rawValue)),
      ("batch_norm", CanonicalJSON.text(normalizationMode.rawValue)),
      ("parameters", CanonicalJSON.text(parameterFilter.rawValue)),
      ("parameterization", CanonicalJSON.text(parameterization.rawValue)),
      ("initialization", CanonicalJSON.text(initialization)),
      ("precision", CanonicalJSON.text(precision.rawValue)),
    ])
  }
}

extension RankingRule {
  fileprivate var canonicalJSON: String {
    switch self {
    case .metric(let name): CanonicalJSON.object([("by", CanonicalJSON.text(name))])
    case .rankSum(let names):
      CanonicalJSON.object([("rank_sum", CanonicalJSON.list(names.map(CanonicalJSON.text)))])
    }
  }
}
