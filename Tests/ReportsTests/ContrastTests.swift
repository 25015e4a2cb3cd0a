import Foundation
import Reports
import Testing

/// Text stands out from what is behind it by 4.5 : 1 at least, in light and in dark (WCAG 2.2, 1.4.3).
@Suite struct ContrastTests {
  /// Colours by name: of the light scheme, and of the dark one, which says only what is different.
  private static let schemes: [[String: String]] = {
    var light: [String: String] = [:]
    var dark: [String: String] = [:]
    var isDark = false
    for line in ReportStyle.text.split(separator: "\n") {
      if line.contains("prefers-color-scheme: dark") { isDark = true }
      for match in line.matches(of: /--(\w+): (#[0-9a-f]{6})/) {
        if isDark {
          dark[String(match.1)] = String(match.2)
        } else {
          light[String(match.1)] = String(match.2)
        }
      }
      // Ends of the rules stand at the ends of lines.
      if isDark, line.hasSuffix("} }") || line.trimmingCharacters(in: .whitespaces) == "}" { isDark = false }
    }
    return [light, light.merging(dark) { $1 }]
  }()

  private static func luminance(_ color: String) throws -> Double {
    let number = try #require(UInt32(color.dropFirst(), radix: 16))
    let linear = [16, 8, 0].map { shift -> Double in
      let value = Double(number >> shift & 0xFF) / 255
      return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  private static func ratio(_ a: String, _ b: String) throws -> Double {
    let both = [try luminance(a), try luminance(b)].sorted()
    return (both[1] + 0.05) / (both[0] + 0.05)
  }

  @Test func textStandsOutInBothSchemes() throws {
    #expect(Self.schemes[0]["paper"] == "#ffffff" && Self.schemes[1]["paper"] != "#ffffff")
    #expect(Self.schemes[0]["raised"] != Self.schemes[1]["raised"])
    for scheme in Self.schemes {
      for text in ["ink", "soft", "series0", "series1", "series2"] {
        for ground in ["paper", "raised"] {
          let ratio = try Self.ratio(try #require(scheme[text]), try #require(scheme[ground]))
          #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
        }
      }
      // Borders of what can be typed into (1.4.11).
      #expect(try Self.ratio(try #require(scheme["frame"]), try #require(scheme["paper"])) >= 3)
    }
  }
}
