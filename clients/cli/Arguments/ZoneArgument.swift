import ArgumentParser
import Foundation

import struct PatronModel.RuleError
import struct PatronModel.Timestamp
import enum PatronModel.ZoneName
import struct PatronModel.ZoneRules

/// A time zone named by its IANA name, with the rules that Foundation has for it.
struct ZoneArgument: Sendable {
  let rules: ZoneRules

  init(_ name: String) throws {
    guard ZoneName.isUsable(name), let zone = TimeZone(identifier: name) else {
      throw ValidationError(ZoneName.unknown(name).message)
    }
    rules = ZoneRules { seconds in
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
  }

  /// The current time by the clock of this machine.
  static var now: PatronModel.Timestamp {
    let micros = Int64(Date().timeIntervalSince1970 * 1_000_000)
    return (try? PatronModel.Timestamp(microseconds: micros)) ?? .max
  }
}
