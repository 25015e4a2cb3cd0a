import Foundation
import MachineMeasurement
import Reports

/// What `bench` prints.
enum BenchDocument {
  static func table(_ profile: MachineProfile) -> String {
    let head =
      "\(profile.variant) · OpenBLAS \(profile.openBLASCore) · \(NumberText.counted(profile.threads, "thread"))"
    let table = TextTable(columns, rows: rows(profile))
    let lines = table.rendered(width: Terminal.outputWidth, style: Terminal.outputStyle).lines
    return ([head, ""] + lines).joined(separator: "\n") + "\n"
  }

  static func csv(_ profile: MachineProfile) -> String {
    CSVText.record(columns.map(\.title)) + rows(profile).map(CSVText.record).joined()
  }

  static func markdown(_ profile: MachineProfile) -> String { MarkdownText.table(columns, rows(profile)) }

  static func json(_ profile: MachineProfile) -> String {
    JSONValue.object([
      ("variant", .text(profile.variant)),
      ("variants", .array(MachineProfile.variants.map(JSONValue.text))),
      ("openBLASCore", .text(profile.openBLASCore)),
      ("threads", .integer(profile.threads)),
      ("secondsPerMeasurement", .number(profile.seconds)),
      (
        "peak",
        .object([
          ("singleGigaflops", .number(profile.singlePeak)), ("doubleGigaflops", .number(profile.doublePeak)),
        ])
      ),
      (
        "readBandwidth",
        .array(
          profile.readBandwidths.map {
            .object([
              ("bytes", .integer($0.bytes)), ("gigabytesPerSecond", .number($0.gigabytesPerSecond)),
            ])
          })
      ),
      ("kernels", .array(profile.kernels.map(object))),
    ]).indented + "\n"
  }

  private static func object(_ kernel: MachineProfile.KernelRate) -> JSONValue {
    .object([
      ("name", .text(kernel.name)),
      ("channels", kernel.channels.map(JSONValue.integer) ?? .null),
      ("side", kernel.side.map(JSONValue.integer) ?? .null),
      ("rate", .number(kernel.rate)),
      ("unit", .text(unit(kernel.limit))),
      ("limit", .text(kernel.limit.rawValue)),
      ("share", .number(kernel.share)),
      ("workingSetBytes", .integer(kernel.workingSetBytes)),
    ])
  }

  private static let columns: [TextTable.Column] = [
    .init("measured", .left, importance: 9, isEssential: true), .init("channels", .right, importance: 6),
    .init("map", .right, importance: 4), .init("touches", .right, importance: 3),
    .init("rate", .right, importance: 8, isEssential: true), .init("unit", .left, importance: 7),
    .init("share", .right, importance: 5), .init("of", .left, importance: 2),
  ]

  private static func rows(_ profile: MachineProfile) -> [[String]] {
    let peaks = [("FMA peak, float32", profile.singlePeak), ("FMA peak, float64", profile.doublePeak)].map {
      [$0.0, "", "", "", rate($0.1), unit(.multiplyAdds), "", ""]
    }
    let bandwidths = profile.readBandwidths.map {
      ["read", "", "", NumberText.bytes($0.bytes), rate($0.gigabytesPerSecond), unit(.bandwidth), "", ""]
    }
    let kernels = profile.kernels.map { kernel in
      [
        kernel.name, kernel.channels.map(String.init) ?? "", kernel.side.map { "\($0)×\($0)" } ?? "",
        NumberText.bytes(kernel.workingSetBytes), rate(kernel.rate), unit(kernel.limit),
        String(format: "%.0f %%", 100 * kernel.share), kernel.limit.rawValue,
      ]
    }
    return peaks + bandwidths + kernels
  }

  private static func rate(_ value: Double) -> String { NumberText.significant(value, digits: 3) }

  private static func unit(_ limit: MachineProfile.Limit) -> String {
    switch limit {
    case .multiplyAdds: "GFLOP/s"
    case .bandwidth: "GB/s"
    }
  }
}
