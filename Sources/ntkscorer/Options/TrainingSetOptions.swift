import ArgumentParser

/// A kernel and labels to learn by: files of kernels, or a network and its inputs.
struct TrainingSetOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The network, a YAML or JSON file, when there is no --kernel.", valueName: "network.yaml"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var network: String?

  @Option(
    name: .long, help: ArgumentHelp("The kernel of the training inputs, n × n.", valueName: "k.npy"),
    completion: .file(extensions: ["npy"]))
  var kernel: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The kernel between other inputs and the training inputs, m × n.", valueName: "k*.npy"),
    completion: .file(extensions: ["npy"]))
  var testKernel: String?

  @Option(
    name: .long, help: ArgumentHelp("The training inputs of a network.", valueName: "x.npy"),
    completion: .file(extensions: ["npy"]))
  var inputs: String?

  @Option(
    name: .long, help: ArgumentHelp("Other inputs of a network, to be predicted.", valueName: "z.npy"),
    completion: .file(extensions: ["npy"]))
  var testInputs: String?

  @Option(
    name: .long, help: ArgumentHelp("n labels, or n × outputs.", valueName: "y.npy"),
    completion: .file(extensions: ["npy"]))
  var labels: String

  @Flag(name: .long, help: "Labels are classes 0, 1, …: learn one-hot vectors less their mean.")
  var oneHot = false

  @Option(name: .long, help: "Draws the weights of a network.")
  var seed: UInt64 = 0
}
