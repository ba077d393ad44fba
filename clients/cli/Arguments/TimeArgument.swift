import ArgumentParser

import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError

/// A time as the user typed it. ``Times`` converts it to an instant, which depends on the zone and
/// on the meaning of the time.
struct TimeArgument: Sendable, Equatable {
  let time: ISO8601Time

  init(_ text: String) throws {
    do throws(RuleError) {
      time = try ISO8601Time(text)
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// Returns the help of an option; `what` describes the time.
  static func help(_ what: String, _ more: String = "") -> ArgumentHelp {
    ArgumentHelp(
      "\(what), ISO 8601; without a zone in --timezone.\(more.isEmpty ? "" : " " + more)",
      valueName: "time"
    )
  }
}
