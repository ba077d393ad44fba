/// One result of `patrond doctor`.
struct Finding: Encodable, Equatable, Sendable {
  /// The weight of a finding.
  enum Level: String, Encodable, Comparable, Sendable {
    case ok
    case warn
    case fail

    private var rank: Int {
      switch self {
      case .ok: 0
      case .warn: 1
      case .fail: 2
      }
    }

    static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
  }

  /// The name of the check, as `open files`.
  let check: String
  let level: Level
  /// The measured or found, and what to do unless all is well.
  let text: String

  init(_ check: String, _ level: Level, _ text: String) {
    self.check = check
    self.level = level
    self.text = text
  }
}

/// Sizes as text.
enum SizeText {
  /// Returns bytes in MiB, or in GiB from 10 of them on.
  static func of(_ bytes: Int) -> String {
    bytes >= 10 << 30 ? "\(bytes >> 30) GiB" : "\(bytes >> 20) MiB"
  }
}
