import ArgumentParser
import PatronClient
import Synchronization

import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError
import enum PatronModel.TimeEnd
import struct PatronModel.Timestamp
import struct PatronModel.ZoneRules

/// Turns times as people write them into instants. Those without a zone are of the zone that the
/// command names, else of the store's: that is only asked for once such a time was met.
final class Times: Sendable {
  private struct State {
    var zone: ZoneRules?
    var isMissed = false
    var intervals = 0
  }

  private let state: Mutex<State>

  /// Begins with the zone that is known; nil where it is the store's.
  init(zone: ZoneRules?) {
    state = Mutex(State(zone: zone))
  }

  /// True when a time was read as UTC because the store's zone was not known yet.
  var isZoneMissed: Bool { state.withLock { $0.isMissed } }

  /// How many times were read that left open which instant they are.
  var intervals: Int { state.withLock { $0.intervals } }

  /// Takes the store's zone.
  func learn(_ zone: ZoneRules) {
    state.withLock { state in
      state.zone = zone
      state.isMissed = false
    }
  }

  /// The instant that a time means.
  func instant(_ time: ISO8601Time, _ end: TimeEnd) throws(RuleError) -> PatronModel.Timestamp {
    let zone = state.withLock { state in
      if time.isInterval { state.intervals += 1 }
      if time.lacksZone, state.zone == nil { state.isMissed = true }
      return state.zone ?? .utc
    }
    return try time.instant(end, in: zone, now: ZoneArgument.now)
  }

  /// The instant of an option; nil where it is not given.
  func timestamp(
    _ argument: TimeArgument?,
    _ end: TimeEnd = .first
  ) throws -> GoogleProtobuf.Timestamp? {
    try argument.map { try timestamp(of: $0, end) }
  }

  /// The instant of a time as it was typed.
  func timestamp(
    of argument: TimeArgument,
    _ end: TimeEnd = .first
  ) throws -> GoogleProtobuf.Timestamp {
    do throws(RuleError) {
      let instant = try instant(argument.time, end)
      return .with {
        $0.seconds = instant.seconds
        $0.nanos = instant.nanos
      }
    } catch {
      throw ValidationError(error.message)
    }
  }
}
