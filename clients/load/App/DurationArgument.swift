import ArgumentParser

/// A duration on the command line: `10s`, `500ms`, `1.5s`, `1m30s`, or a number of seconds. At most
/// 10^17 ns (about 3 years) per part.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
  let duration: Duration

  init?(argument: String) {
    var rest = Substring(argument)
    var total = Duration.zero
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter || $0 == "µ" }
      rest = rest.dropFirst(unit.count)
      let isBare = unit.isEmpty && digits.count == argument.count
      guard let number = Double(digits), number.isFinite,
        let nanoseconds = isBare ? 1e9 : Self.units[String(unit)],
        number * nanoseconds < 1e17
      else { return nil }
      total += .nanoseconds(Int64((number * nanoseconds).rounded()))
    }
    duration = total
  }

  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 6e10, "h": 3.6e12,
  ]

  init(_ duration: Duration) { self.duration = duration }

  /// The duration in a form that ``init(argument:)`` accepts.
  var defaultValueDescription: String {
    let nanoseconds = duration.nanoseconds
    if nanoseconds % 1_000_000_000 == 0 { return "\(nanoseconds / 1_000_000_000)s" }
    return nanoseconds % 1_000_000 == 0 ? "\(nanoseconds / 1_000_000)ms" : "\(nanoseconds)ns"
  }
}
