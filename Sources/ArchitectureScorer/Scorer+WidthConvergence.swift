import Datasets
import InfiniteWidth
import LinearAlgebra
import NetworkGraph
import TangentKernel
import Trainability

/// How a network's kernel approaches that of infinite width as its hidden layers become wider.
public struct WidthConvergenceRequest: Sendable {
  /// As wide as it is; `factors` multiply its hidden layers.
  public var network: Network
  /// n samples of the network's input shape.
  public var inputs: SampleBatch
  /// At least two different ones, each at least 1.
  public var factors: [Int]
  /// One kernel of every width is drawn for each.
  public var seeds: [UInt64]
  /// With the reduction `trace`, whatever they say: that of which the limit is known for any number of outputs.
  public var settings: KernelSettings
  /// Threads, and a budget in bytes for each kernel.
  public var resources: Resources

  /// A request as described by the properties.
  public init(
    network: Network, inputs: SampleBatch, factors: [Int] = [1, 2, 4, 8], seeds: [UInt64] = Array(0..<8),
    settings: KernelSettings = KernelSettings(parameterization: .ntk), resources: Resources = Resources()
  ) {
    self.network = network
    self.inputs = inputs
    self.factors = factors
    self.seeds = seeds
    self.settings = settings
    self.resources = resources
  }
}

/// Deviations from the limit at several widths, and the law that they follow.
public struct WidthConvergenceResult: Sendable {
  /// One width.
  public struct Point: Hashable, Sendable {
    /// How many times as wide as the network that was given.
    public let factor: Int
    /// Parameters of the network of this width.
    public let parameters: Int
    /// ‖Θ̂ − Θ‖_F/‖Θ‖_F of each seed.
    public let deviations: [Double]
    /// The root of their mean square.
    public let deviation: Double
  }

  /// In the order of the factors.
  public let points: [Point]
  /// The slope of log deviation over log width.
  public let fit: WidthConvergence
}

extension Scorer {
  /// Draws a network at several widths and measures how far its tangent kernel is from that of infinite width
  /// (Jacot et al. 2018, theorem 1; by Arora et al. 2019, theorem 3.1, it falls as 1/√width).
  ///
  /// - Parameter progress: called with kernels done and all kernels.
  /// - Throws: `ScorerError` for a network without a limit, one that cannot be widened, and fewer than two widths.
  public func widthConvergence(
    _ request: WidthConvergenceRequest, progress: ((_ done: Int, _ all: Int) -> Void)? = nil
  ) throws(ScorerError) -> WidthConvergenceResult {
    guard Set(request.factors).count > 1, request.factors.allSatisfy({ $0 >= 1 }) else {
      throw .invalidRequest(
        "the factors of the width are \(request.factors); expected two different ones, from 1")
    }
    guard !request.seeds.isEmpty else { throw .invalidRequest("there are no seeds to draw weights from") }
    var settings = request.settings
    settings.outputReduction = .trace
    var (points, done) = ([WidthConvergenceResult.Point](), 0)
    for factor in request.factors {
      let network: Network
      do { network = try request.network.widened(by: factor) } catch {
        throw .invalidRequest("\(factor) times as wide the network does not fit together: \(error)")
      }
      func matrix(_ kind: KernelKind, _ seed: UInt64) throws(ScorerError) -> Matrix {
        let kernel = try kernel(
          KernelRequest(
            kind: kind, network: network, inputs: request.inputs, parameters: .drawn(seed: seed),
            settings: settings, resources: request.resources)
        ).kernel
        do {
          return try Matrix(rows: kernel.rows, columns: kernel.columns, values: kernel.values)
        } catch { throw .invalidRequest("\(error)") }
      }
      // In the standard parameterization the limit depends on the widths.
      let limit = try matrix(.ntk, 0)
      var deviations: [Double] = []
      for seed in request.seeds {
        let finite = try matrix(.empirical, seed)
        do { deviations.append(try Laziness.relativeChange(of: finite, from: limit)) } catch {
          throw .invalidRequest("\(factor) times as wide, seed \(seed): \(error)")
        }
        done += 1
        progress?(done, request.factors.count * request.seeds.count)
      }
      let squares = deviations.reduce(0) { $0 + $1 * $1 }
      points.append(
        .init(
          factor: factor, parameters: network.nodes.indices.reduce(0) { $0 + network.parameterCount(at: $1) },
          deviations: deviations, deviation: (squares / Double(deviations.count)).squareRoot()))
    }
    do {
      let fit = try WidthConvergence(
        widths: points.map { Double($0.factor) }, deviations: points.map(\.deviation))
      return WidthConvergenceResult(points: points, fit: fit)
    } catch { throw .invalidRequest("\(error)") }
  }
}
