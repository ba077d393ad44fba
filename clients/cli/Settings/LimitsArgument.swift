import ArgumentParser
import PatronClient

/// Limits of calls as users type them: `calls-per-second=100,concurrent-scans=2`. Limits that are
/// not named are those of the server. An empty text stands for no limits at all.
struct LimitsArgument: Sendable {
  /// The limits; nil for an empty text.
  let limits: CallLimits?

  private typealias Path = WritableKeyPath<CallLimits, Int32> & Sendable

  private static let bytes = "bytes-per-second"
  private static let counts: [(name: String, path: any Path)] = [
    ("calls-per-second", \.callsPerSecond), ("writes-per-second", \.writesPerSecond),
    ("concurrent-calls", \.concurrentCalls), ("concurrent-scans", \.concurrentScans),
  ]

  /// The names of the limits.
  static let names = counts.map(\.name) + [bytes]

  /// Reads the text of a flag. The server checks the range of each limit.
  init(_ text: String) throws {
    guard !text.isEmpty else {
      limits = nil
      return
    }
    var limits = CallLimits()
    var seen: Set<String> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = pair[0].trimmingSpace()
      guard Self.names.contains(name), pair.count == 2 else {
        throw ValidationError(
          "`\(part)` is not a limit; expected are "
            + "\(Self.names.map { "\($0)=" }.joined(separator: ", ")) with commas between them."
        )
      }
      guard seen.insert(name).inserted else { throw ValidationError("\(name)= is given twice.") }
      try Self.set(name, pair[1].trimmingSpace(), in: &limits)
    }
    self.limits = limits
  }

  private static func set(_ name: String, _ text: String, in limits: inout CallLimits) throws {
    if name == bytes, let value = Int64(text), value >= 0 {
      limits.bytesPerSecond = value
    } else if let count = counts.first(where: { $0.name == name }), let value = Int32(text),
      value >= 0
    {
      limits[keyPath: count.path] = value
    } else {
      throw ValidationError("\(name)=\(text) is not a limit; expected a whole number from 0.")
    }
  }

  /// Returns the limits that are set, as they are typed.
  static func text(_ limits: CallLimits?) -> String {
    let limits = limits ?? CallLimits()
    let values = counts.map { Int64(limits[keyPath: $0.path]) } + [limits.bytesPerSecond]
    let set = zip(names, values).filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }
    return set.isEmpty ? "those of the server" : set.joined(separator: ",")
  }
}
