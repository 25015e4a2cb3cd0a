/// What stands on an edge of a NAS-Bench-201 cell (Dong and Yang 2020, §2.1). Raw values are the benchmark's
/// names. Every operation keeps the shape of its maps.
public enum CellOperation: String, CaseIterable, Hashable, Sendable {
  /// Zeros: the edge is not there.
  case zeroize = "none"
  case skipConnection = "skip_connect"
  /// ReLU, 1×1 convolution without bias, batch norm.
  case convolution1x1 = "nor_conv_1x1"
  /// ReLU, 3×3 convolution without bias, batch norm.
  case convolution3x3 = "nor_conv_3x3"
  /// 3×3, stride 1, padding 1, which the average does not count.
  case averagePooling3x3 = "avg_pool_3x3"

  /// The benchmark's names.
  public static let names = allCases.map(\.rawValue)
}
