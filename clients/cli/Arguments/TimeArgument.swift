import ArgumentParser

import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError

/// A time as it was typed. Which instant it is depends on the zone, and on what happened then:
/// ``Times`` knows.
struct TimeArgument: Sendable, Equatable {
  let time: ISO8601Time

  init(_ text: String) throws {
    do throws(RuleError) {
      time = try ISO8601Time(text)
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// The help of an option: `what` it is, and how it is written.
  static func help(_ what: String, _ more: String = "") -> ArgumentHelp {
    ArgumentHelp(
      "\(what), ISO 8601; without a zone it is one of --timezone.\(more.isEmpty ? "" : " " + more)",
      valueName: "time"
    )
  }
}
