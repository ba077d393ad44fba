enum NumberText {
  /// Formats a number with thousands separators: `1,234,567`.
  static func grouped(_ value: UInt64) -> String {
    var text = ""
    let digits = Array(String(value))
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// Formats a number with a fixed number of decimals: `1,234.5`. Negative, infinite and huge
  /// numbers give `-`.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value >= 0, value < 1e15 else { return "-" }
    var scale: UInt64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = UInt64((value * Double(scale)).rounded())
    let whole = grouped(scaled / scale)
    if decimals == 0 { return whole }
    let rest = String(scaled % scale)
    return whole + "." + String(repeating: "0", count: decimals - rest.count) + rest
  }

  /// Formats nanoseconds with three or four digits: `18.3 µs`, `1.24 ms`, `2.50 s`.
  static func time(_ nanoseconds: Double) -> String {
    let units: [(size: Double, name: String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")]
    for unit in units where nanoseconds >= unit.size * 0.9995 {
      let value = nanoseconds / unit.size
      return fixed(value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2) + " " + unit.name
    }
    return fixed(nanoseconds, 0) + " ns"
  }

  /// Formats bytes in units of powers of 1,000: `12.3 MB`.
  static func bytes(_ count: UInt64) -> String {
    let units: [(size: Double, name: String)] = [
      (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"),
    ]
    for unit in units where Double(count) >= unit.size {
      return fixed(Double(count) / unit.size, 1) + " " + unit.name
    }
    return "\(count) B"
  }

  /// Formats the name of a percentile: `50`, `99.9`.
  static func percentile(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }

  /// Pads `text` with leading spaces.
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// Pads `text` with trailing spaces.
  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
