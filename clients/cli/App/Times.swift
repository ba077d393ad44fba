import ArgumentParser
import PatronClient
import Synchronization

import struct PatronModel.ISO8601Time
import struct PatronModel.ReplyWords
import struct PatronModel.RuleError
import enum PatronModel.TimeEnd
import struct PatronModel.Timestamp
import struct PatronModel.ZoneRules

/// Turns times as people write them into instants. Those without a zone are of the zone that the
/// command names, else of the store's; which end is meant may be told by words of the store's own.
/// The store is only asked once such a time was met.
final class Times: Sendable {
  private struct State {
    var zone: ZoneRules?
    var words: ReplyWords?
    var isZoneMissed = false
    var areWordsMissed = false
    var intervals = 0
  }

  private let state: Mutex<State>

  /// Begins with the zone that is known; nil where it is the store's.
  init(zone: ZoneRules?) {
    state = Mutex(State(zone: zone))
  }

  /// True when a time was read as UTC because the store's zone was not known yet, or as if the
  /// store had no words of its own because they were not.
  var isStoreMissed: Bool { state.withLock { $0.isZoneMissed || $0.areWordsMissed } }

  /// True when no zone is known yet.
  var lacksZone: Bool { state.withLock { $0.zone == nil } }

  /// How many times were read that left open which instant they are.
  var intervals: Int { state.withLock { $0.intervals } }

  /// Takes the store's zone.
  func learn(_ zone: ZoneRules) {
    state.withLock { state in
      state.zone = zone
      state.isZoneMissed = false
    }
  }

  /// Takes the words by which customers of the store opt out and in.
  func learn(_ words: ReplyWords) {
    state.withLock { state in
      state.words = words
      state.areWordsMissed = false
    }
  }

  /// The words by which customers of the store opt out and in; those of every store where its own
  /// are not known yet.
  var words: ReplyWords {
    state.withLock { state in
      if state.words == nil { state.areWordsMissed = true }
      return state.words ?? .known
    }
  }

  /// The instant that a time means.
  func instant(_ time: ISO8601Time, _ end: TimeEnd) throws(RuleError) -> PatronModel.Timestamp {
    let zone = state.withLock { state in
      if time.isInterval { state.intervals += 1 }
      if time.lacksZone, state.zone == nil { state.isZoneMissed = true }
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

  /// The instant of an option of an event. Which end is meant matters where there are two.
  func timestamp(
    _ argument: TimeArgument,
    _ end: CautiousTimes.EventEnd
  ) throws -> GoogleProtobuf.Timestamp {
    let first = try timestamp(of: argument)
    let last = try timestamp(of: argument, .last)
    return first != last && end.resolved(by: self) == .last ? last : first
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
