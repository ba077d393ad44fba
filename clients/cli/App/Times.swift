import ArgumentParser
import PatronClient
import Synchronization

import struct PatronModel.ISO8601Time
import struct PatronModel.ReplyWords
import struct PatronModel.RuleError
import enum PatronModel.TimeEnd
import struct PatronModel.Timestamp
import struct PatronModel.ZoneRules

/// Converts times as users write them to instants. A time without a zone is in the zone that the
/// command names, otherwise in the store's. The store's own opt-out words may decide which end of
/// an interval is meant. The store is fetched only after such a time was read.
final class Times: Sendable {
  private struct State {
    var zone: ZoneRules?
    var words: ReplyWords?
    var isZoneMissed = false
    var areWordsMissed = false
    var intervals = 0
  }

  private let state: Mutex<State>

  /// Creates a parser for times in `zone`; nil stands for the store's zone.
  init(zone: ZoneRules?) {
    state = Mutex(State(zone: zone))
  }

  /// True if a time was read before the store's zone or words that it needs were known. It was read
  /// as UTC, or with the default words.
  var isStoreMissed: Bool { state.withLock { $0.isZoneMissed || $0.areWordsMissed } }

  /// True if no zone is known yet.
  var lacksZone: Bool { state.withLock { $0.zone == nil } }

  /// Number of times read that name an interval instead of an instant.
  var intervals: Int { state.withLock { $0.intervals } }

  /// Sets the store's zone.
  func learn(_ zone: ZoneRules) {
    state.withLock { state in
      state.zone = zone
      state.isZoneMissed = false
    }
  }

  /// Sets the words with which customers of the store opt out and in.
  func learn(_ words: ReplyWords) {
    state.withLock { state in
      state.words = words
      state.areWordsMissed = false
    }
  }

  /// The words with which customers of the store opt out and in; the default words until the
  /// store's are known.
  var words: ReplyWords {
    state.withLock { state in
      if state.words == nil { state.areWordsMissed = true }
      return state.words ?? .known
    }
  }

  /// Returns the instant of a time, at `end` if it names an interval.
  func instant(_ time: ISO8601Time, _ end: TimeEnd) throws(RuleError) -> PatronModel.Timestamp {
    let zone = state.withLock { state in
      if time.isInterval { state.intervals += 1 }
      if time.lacksZone, state.zone == nil { state.isZoneMissed = true }
      return state.zone ?? .utc
    }
    return try time.instant(end, in: zone, now: ZoneArgument.now)
  }

  /// Returns the instant of an option, or nil if it was not given.
  func timestamp(
    _ argument: TimeArgument?,
    _ end: TimeEnd = .first
  ) throws -> GoogleProtobuf.Timestamp? {
    try argument.map { try timestamp(of: $0, end) }
  }

  /// Returns the instant of an event's option. `end` is resolved only if the time names an
  /// interval.
  func timestamp(
    _ argument: TimeArgument,
    _ end: CautiousTimes.EventEnd
  ) throws -> GoogleProtobuf.Timestamp {
    let first = try timestamp(of: argument)
    let last = try timestamp(of: argument, .last)
    return first != last && end.resolved(by: self) == .last ? last : first
  }

  /// Returns the instant of an argument.
  ///
  /// - Throws: a usage error if the time does not exist in the zone or is out of range.
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
