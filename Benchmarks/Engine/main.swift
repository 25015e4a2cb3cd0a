import TangentKernel
import NetworkGraph
import Datasets
import YAMLDocuments
let args = CommandLine.arguments
let file = try NetworkFile.read(SourceText(contentsOfFile: args[1]))
let net = try CanonicalNetwork(file.network)
let batch = try SampleBatch(try NumericArray(npy: args[2]), shape: file.network.inputShape, name: "x")
let threads = Int(args[3])!
let engine = TangentKernelEngine(threads: threads)
let ws = KernelWorkspace()
var s = KernelSettings(); s.parameterFilter = .weights
if args.count > 4 { s.outputReduction = OutputReduction(rawValue: args[4])! }
for _ in 0..<5 {
  let r = try engine.evaluate(net, parameters: .drawn(seed: 0), inputs: batch, settings: s, workspace: ws)
  let t = r.seconds
  print("init \(t.initialization) fwd \(t.forward) bwd \(t.backward) gram \(t.gram) total \(t.computation) GF/s \(2 * Double(r.cost.multiplyAdds) / t.computation * 1e-9) bytes \(r.cost.bytes >> 20)MB")
}
