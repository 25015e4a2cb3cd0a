import ArchitecturePlugins
import CellBased
import Foundation
import NetworkGraph

/// All six edges 3×3: the most expensive cell.
let heavy = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
/// Every operation but `none`.
let mid = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_1x1~2|"
/// One 1×1 convolution.
let light = "|skip_connect~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|skip_connect~2|"

/// One 3×3 convolution, read twice by the output: a cell of one class with the next.
let sharedConvolution = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|"
/// The sum of two 3×3 convolutions.
let twoConvolutions = "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|"
/// Zero: a cell of another class than the next.
let noPath = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
/// Zero too.
let noPathInTwoSums = "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|"

/// All 15,625 cells.
let allCells: [NASBench201Cell] = (0..<15625).map { number in
  var rest = number
  return NASBench201Cell { _ in
    defer { rest /= 5 }
    return CellOperation.allCases[rest % 5]
  }
}

func network(
  _ architecture: String, channels: Int, cellsPerStage: Int, size: Int = 32
) throws -> Network {
  try network(
    [
      "architecture": .text(architecture), "channels": .integer(channels),
      "cells_per_stage": .integer(cellsPerStage),
    ], size: size)
}

func network(_ choices: Choices, size: Int = 32) throws -> Network {
  try NASBench201Family().makeNetwork(
    choices, input: .maps(channels: 3, height: size, width: size), outputs: 10)
}

/// The hash of the smallest network of a cell.
func hash(_ architecture: String) throws -> String {
  try CanonicalNetwork(network(architecture, channels: 4, cellsPerStage: 1, size: 16)).hash
}
