import ArgumentParser
import TangentKernel

struct NTKScorerCommand: ParsableCommand {
  /// Of the program. Scores depend on the engine's version instead, which is shown beside it.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "ntkscorer",
    abstract: "Ranks neural-network architectures before training, by their neural tangent kernels.",
    discussion: """
      A search space is a YAML file that names a family of architectures and what may vary. Every \
      candidate is initialized at random, its tangent kernel is computed on one batch, and candidates are \
      ranked by what the kernel's eigenvalues say about training. The headline is the condition number: \
      the smaller, the more evenly the network learns.

      Scores are kept in a store, so that a command that is repeated or resumed computes nothing twice.

      EXAMPLES
        ntkscorer rank search-spaces/tiny.yaml   rank a search space
        ntkscorer report --output report.html    show a run in a browser
        ntkscorer validate space.yaml            find every mistake in a file
        ntkscorer enumerate space.yaml --count   count its candidates
        ntkscorer plugins list                   what can be varied
        ntkscorer plugins check ./mine.py        what is wrong with a plugin of yours
        ntkscorer metrics list                   what can be ranked by
        ntkscorer explain condition_number       what a metric means
        ntkscorer schema > space.schema.json     for editors
        ntkscorer kernel net.yaml --inputs x.npy --output k.npy
        ntkscorer dynamics --kernel k.npy --labels y.npy
        ntkscorer regress net.yaml --kind ntk --inputs x.npy --labels y.npy --test-inputs z.npy
        ntkscorer convergence net.yaml --inputs x.npy
        ntkscorer meanfield --activation tanh --weight-variance 1.5
        ntkscorer activation gelu
        ntkscorer bench                          what this machine can do

      EXIT CODES
        0    done (failed candidates are counted on standard error)
        1    nothing could be ranked, or reading or writing failed
        2    invalid file or input
        64   wrong usage
        130  interrupted; the same command resumes
      """,
    version: "ntkscorer \(version) (engine \(TangentKernelEngine.version))",
    subcommands: [
      RankCommand.self, ScoreCommand.self, KernelCommand.self, ValidateCommand.self, EnumerateCommand.self,
      DynamicsCommand.self, RegressCommand.self, ConvergenceCommand.self, MeanFieldCommand.self,
      ActivationCommand.self, PluginsCommand.self, MetricsCommand.self,
      ExplainCommand.self, SchemaCommand.self, StoreCommand.self, ReportCommand.self, ServeCommand.self,
      BenchCommand.self,
      PluginHostCommand.self,
    ])
}
