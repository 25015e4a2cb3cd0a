import ArchitecturePlugins
import CellBased
import Convolutional
import FullyConnected

/// The architecture families that are linked into the program, sorted by name. A new family is one more line here.
public let linkedFamilies: [any ArchitectureFamily] = [
  ConvolutionalFamily(),
  FullyConnectedFamily(),
  NASBench201Family(),
]
