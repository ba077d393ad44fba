import ArgumentParser
import Foundation

import struct PatronModel.RuleError
import struct PatronModel.Timestamp
import enum PatronModel.ZoneName
import struct PatronModel.ZoneRules

/// The name of a time zone, and what Foundation knows of it.
struct ZoneArgument: Sendable {
  /// IANA's name.
  let name: String
  let rules: ZoneRules

  init(_ name: String) throws {
    guard ZoneName.isUsable(name), let zone = TimeZone(identifier: name) else {
      throw ValidationError(ZoneName.unknown(name).message)
    }
    self.name = name
    rules = ZoneRules { seconds in
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
  }

  /// The instant by the clock of this machine.
  static var now: PatronModel.Timestamp {
    let micros = Int64(Date().timeIntervalSince1970 * 1_000_000)
    return (try? PatronModel.Timestamp(microseconds: micros)) ?? .max
  }
}
