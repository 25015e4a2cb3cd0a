import ArgumentParser

/// An amount of memory as people type it: `8G`, `512MB`, `1.5 GiB`, or plain bytes. Units are binary.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let text = argument.lowercased()
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    let shift: Int
    switch unit {
    case "", "b": shift = 0
    case "k", "kb", "kib": shift = 10
    case "m", "mb", "mib": shift = 20
    case "g", "gb", "gib": shift = 30
    case "t", "tb", "tib": shift = 40
    default: return nil
    }
    guard let amount = Double(number), let bytes = Int(exactly: (amount * Double(1 << shift)).rounded()),
      bytes > 0
    else { return nil }
    self.bytes = bytes
  }
}
