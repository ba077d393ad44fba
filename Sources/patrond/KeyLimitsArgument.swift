import ArgumentParser
import PatronProto

/// The limits of a key on a command line: `calls-per-second=100,concurrent-scans=2`, as in `patron
/// settings set --limits`. The server checks the range of each.
struct KeyLimitsArgument {
  private(set) var limits = CallLimits()

  private static let bytes = "bytes-per-second"
  private typealias Path = WritableKeyPath<CallLimits, Int32> & Sendable
  private static let counts: [(name: String, path: any Path)] = [
    ("calls-per-second", \.callsPerSecond), ("writes-per-second", \.writesPerSecond),
    ("concurrent-calls", \.concurrentCalls), ("concurrent-scans", \.concurrentScans),
  ]

  init(_ text: String) throws {
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2, set(String(pair[0]), String(pair[1])) else {
        let names = Self.counts.map(\.name) + [Self.bytes]
        throw ValidationError(
          "`\(part.prefix(64))` is no limit; expected are \(names.joined(separator: ", ")), each "
            + "with `=` and a number, and commas between"
        )
      }
    }
  }

  /// Returns the limits that are set, in the form that is read; empty without any.
  static func text(of limits: CallLimits?) -> String {
    guard let limits else { return "" }
    var all = counts.map { ($0.name, Int64(limits[keyPath: $0.path])) }
    all.append((bytes, limits.bytesPerSecond))
    return all.filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
  }

  private mutating func set(_ name: String, _ text: String) -> Bool {
    if name == Self.bytes, let value = Int64(text) {
      limits.bytesPerSecond = value
    } else if let count = Self.counts.first(where: { $0.name == name }), let value = Int32(text) {
      limits[keyPath: count.path] = value
    } else {
      return false
    }
    return true
  }
}
