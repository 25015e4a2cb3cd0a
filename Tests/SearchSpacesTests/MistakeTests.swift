import SearchSpaces
import Testing

@Suite struct MistakeTests {
  @Test func severalMistakesAreReportedInOneGo() {
    let found = mistakes(
      """
      family: stack
      input:
        shape: [3, 32]
        outputs: 0
        sampels: 4
      fixed:
        bais: true
        width: 0
      choices:
        depth: {from: 8, to: 1}
        activation: [relu, gelu, tahn]
        width: []
      constraints:
        parametres: {at_most: 10}
      scoring:
        metrics: [conditon_number]
        seeds: 0
      """)
    #expect(
      found == [
        "3:10 'shape' is a list of 2; expected a list of one number of features, or of channels, height and width",
        "4:12 'outputs' is '0'; expected an integer from 1 to 1000000",
        "5:3 unknown key 'sampels' in 'input' [samples]",
        "7:3 the family 'stack' has no parameter 'bais' [bias]",
        "8:10 'width' is '0'; expected an integer from 1 to 1000000",
        "10:11 the range of 'depth' is upside down: 'from' is 8, 'to' is 1",
        "11:22 value 2 of 'activation' is 'gelu'; expected one of relu, tanh, erf [relu]",
        "11:28 value 3 of 'activation' is 'tahn'; expected one of relu, tanh, erf [tanh]",
        "12:3 'width' is a choice here and fixed at 8:3; expected one of the two",
        "12:10 the choice 'width' is an empty list; expected at least one value",
        "14:3 unknown key 'parametres' in 'constraints' [parameters]",
        "16:13 a metric is 'conditon_number'; expected the name of a metric [condition_number]",
        "17:10 'seeds' is '0'; expected an integer from 1 to 10000",
      ])
  }

  @Test(arguments: [
    ("[1, 2, 1]", "3:25 value 3 of 'depth' repeats 1, which stands already at 3:19"),
    ("[1, 2.5]", "3:22 value 2 of 'depth' is '2.5'; expected an integer from 1 to 64"),
    ("[1, 100]", "3:22 value 2 of 'depth' is '100'; expected an integer from 1 to 64"),
    ("[1, .inf]", "3:22 value 2 of 'depth' is '.inf'; expected an integer from 1 to 64"),
    ("[1, ~]", "3:22 value 2 of 'depth' is '~'; expected an integer from 1 to 64"),
    ("[1, [2]]", "3:22 value 2 of 'depth' is a list of 1; expected an integer from 1 to 64"),
    ("[1, '2']", "3:22 value 2 of 'depth' is the text \"2\"; expected an integer from 1 to 64"),
    (
      "4",
      "3:18 the choice 'depth' is '4'; expected a list of values or a range such as {from: 1, to: 8} "
        + "(a single value belongs under 'fixed')"
    ),
    ("{from: 0, to: 4}", "3:25 'from' is '0'; expected an integer from 1 to 64"),
    ("{from: 1, to: 65}", "3:32 'to' is '65'; expected an integer from 1 to 64"),
    ("{from: 1}", "3:18 the range of 'depth' lacks the key 'to'"),
    ("{from: 1, to: 4, step: 0}", "3:41 'step' is '0'; expected an integer of at least 1"),
    ("{from: 1, to: 4, count: 0}", "3:42 'count' is '0'; expected an integer from 1 to 1000000"),
    ("{from: 1, to: 4, count: 1}", "3:35 a 'count' of 1 needs 'from' equal to 'to'"),
    ("{from: 4, to: 4, count: 2}", "3:35 'from' equals 'to', which makes one value; 'count' asks for 2"),
    (
      "{from: 1, to: 4, step: 1, count: 2}",
      "3:44 the range of 'depth' has both 'step' and 'count'; expected one of them"
    ),
    (
      "{from: 1, to: 4, scale: log}",
      "3:42 'scale' is 'log'; expected one of linear, logarithmic [logarithmic]"
    ),
    (
      "{from: 1, to: 4, scale: logarithmic}",
      "3:18 the range of 'depth' is logarithmic and needs 'factor' or 'count'"
    ),
    (
      "{from: 1, to: 4, factor: 1}",
      "3:43 'factor' is '1'; expected a finite number above 1"
    ),
    (
      "{from: 1, to: 4, scale: linear, factor: 2}",
      "3:50 a linear range goes by 'step' or 'count', not by 'factor'"
    ),
    ("{form: 1, to: 4}", "3:19 unknown key 'form' in the range of 'depth' [from]"),
  ])
  func wrongChoiceIsReportedAtItsPlace(choice: String, expected: String) {
    let found = mistakes(spaceText(choices: "{depth: \(choice), width: [8]}"))
    #expect(found.contains(expected), "\(found)")
  }

  @Test func wrongElementOfAListValueIsReportedAtItsOwnPlace() {
    #expect(
      mistakes(spaceText(choices: "{depth: [2], width: [8, [8, 0], []]}")) == [
        "3:38 value 2 of value 2 of 'width' is '0'; expected an integer from 1 to 1000000",
        "3:42 value 3 of 'width' is an empty list; expected an integer or a list of integers",
      ])
  }

  @Test func realRangeNeedsACount() {
    #expect(
      mistakes(spaceText(choices: "{depth: [1], width: [8], weight_variance: {from: 1, to: 2}}")) == [
        "3:52 the range of 'weight_variance' is one of real numbers and needs 'count' or 'step'"
      ])
    #expect(
      mistakes(
        spaceText(
          choices: "{depth: [1], width: [8], weight_variance: {from: 0, to: 2, count: 3, scale: logarithmic}}"
        )
      ) == ["3:53 a logarithmic range starts above 0"])
  }

  @Test func rangeOfTooManyValuesIsRefusedWithoutMakingThem() {
    for choice in [
      "{from: 0, to: 9223372036854775807}", "{from: 0, to: 1000000}",
      "{from: 1, to: 1e18, factor: 1.00000000001}",
    ] {
      #expect(
        mistakes(spaceText(choices: "{depth: [1], width: [8], tag: \(choice)}")) == [
          "3:40 the range of 'tag' has more than 1000000 values; take a larger step or a 'count'"
        ])
    }
    #expect(mistakes(spaceText(choices: "{depth: [1], width: [8], tag: {from: 1, to: 1000000}}")).isEmpty)
  }

  @Test func onlyNumbersHaveRanges() {
    #expect(
      mistakes(spaceText(choices: "{depth: [1], width: [8], bias: {from: 0, to: 1}}")) == [
        "3:41 the choice 'bias' is a mapping, and only numbers have ranges; expected a list of values"
      ])
  }

  @Test func missingRequiredParameterIsReportedAtTheFamily() {
    #expect(
      mistakes(spaceText(choices: "{depth: [1]}")) == [
        "1:9 the family 'stack' needs 'width' under 'fixed' or 'choices': Units of the hidden layers."
      ])
  }

  @Test func unknownFamilyIsReportedWithTheNearest() {
    #expect(
      mistakes("family: stak\ninput: {shape: [4], outputs: 2}\n") == [
        "1:9 'family' is 'stak'; expected one of stack [stack]"
      ])
  }

  @Test(arguments: [
    ("scoring: {initialization: orthogonol}", "initialization", "[orthogonal]"),
    ("scoring: {batch_norm: frozn}", "batch_norm", "[frozen]"),
    ("scoring: {metrics: [lambda_max, lambdaMax]}", "repeats what stands already at 4:21", ""),
    ("scoring: {metrics: lambda_max}", "'metrics' is 'lambda_max'; expected a list of metric names", ""),
    ("scoring: {seeds: [1, 1]}", "repeats what stands already at 4:19", ""),
    ("scoring: {seeds: []}", "'seeds' is an empty list", ""),
    ("scoring: {seeds: [-1]}", "a seed is '-1'; expected an integer from 0 to 18446744073709551615", ""),
    ("scoring: 5", "'scoring' must be a mapping of keys to values, not '5'", ""),
    ("ranking: {by: lambda_max, rank_sum: [lambda_max, parameters]}", "both 'by' and 'rank_sum'", ""),
    ("ranking: {}", "'ranking' says nothing; expected 'by' or 'rank_sum'", ""),
    ("ranking: {rank_sum: [parameters]}", "'rank_sum' needs at least two metrics", ""),
    ("constraints: {parameters: 1e6}", "the constraint on 'parameters' must be a mapping", ""),
    ("constraints: {depth: {at_least: 5, at_most: 4}}", "upside down: at least 5, at most 4", ""),
    ("constraints: {depth: {}}", "the constraint on 'depth' bounds nothing", ""),
    ("constraints: {depth: {at_most: -1}}", "'at_most' is '-1'; expected an integer of at least 0", ""),
    ("constriants: {}", "unknown key 'constriants' in the search space", "[constraints]"),
  ])
  func wrongSettingIsReported(section: String, message: String, suggestion: String) {
    let found = mistakes(spaceText(section))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("4:") == true, "\(found)")
    #expect(found.first?.contains(message) == true, "\(found)")
    #expect(found.first?.hasSuffix(suggestion) == true, "\(found)")
  }

  @Test(arguments: [
    (
      "{kind: npx, path: a}",
      "'kind' is 'npx'; expected one of gaussian, npy, npz, csv, cifar10, cifar100, mnist, fashion_mnist, images [npy]"
    ),
    (
      "{kind: cifar100, path: a, labels: corse}", "'labels' is 'corse'; expected one of fine, coarse [coarse]"
    ),
    ("{kind: images, path: a, resize: 16}", "'resize' is '16'; expected a list of a height and a width"),
    (
      "{kind: images, path: a, resize: [16]}",
      "'resize' is a list of 1; expected a list of a height and a width"
    ),
    (
      "{kind: images, path: a, resize: [0, 16]}",
      "a size in 'resize' is '0'; expected an integer from 1 to 65536"
    ),
    ("{kind: csv, path: a, resize: [8, 8]}", "unknown key 'resize' in the dataset"),
    ("{kind: gaussian, balanced: true}", "unknown key 'balanced' in the dataset"),
    ("{kind: csv, path: a, balanced: yes}", "'balanced' is 'yes'; expected true or false"),
    ("{path: a}", "the dataset lacks the key 'kind'"),
    ("{kind: npy}", "the dataset lacks the key 'path'"),
    ("{kind: gaussian, path: a}", "unknown key 'path' in the dataset"),
    ("gaussian", "the dataset must be a mapping of keys to values, not 'gaussian'"),
  ])
  func wrongDatasetIsReported(dataset: String, message: String) {
    let found = mistakes(
      "family: stack\ninput: {shape: [4], outputs: 2, dataset: \(dataset)}\nfixed: {depth: 1, width: 2}\n")
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test func shapesThatNothingCanHoldAreRefused() {
    let found = mistakes(
      "family: stack\ninput: {shape: [1000000, 1000000, 1000000], outputs: 2}\nfixed: {depth: 1, width: 2}\n")
    #expect(found.count == 1)
    #expect(found.first?.contains("at most 1073741824 are allowed") == true)
  }

  @Test func fileThatIsNoMappingIsReported() {
    #expect(
      mistakes("- a\n- b\n") == ["1:1 the search space must be a mapping of keys to values, not a list of 2"])
  }
}
