import PatronClient

import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError
import enum PatronModel.TimeEnd

/// JSON from users. Times may have every form that options accept; those without a zone are in the
/// same zone.
struct TimedJSON: Sendable {
  let times: Times
  /// True if fields that a message does not have are ignored.
  var ignoresUnknownFields = false

  /// Encodes the message in `json`. It is parsed twice if a time names an interval whose end
  /// matters.
  func pack(_ type: MessageDescriptor, _ json: [UInt8]) throws(JSONError) -> [UInt8] {
    let before = times.intervals
    let first = try type.packJSON(json, options: options(.first))
    guard times.intervals > before, CautiousTimes.isConcerned(type.name) else { return first }
    let last = try type.packJSON(json, options: options(.last))
    return try CautiousTimes.joined(type.name, first, last, times)
  }

  private func options(_ end: TimeEnd) -> JSONReadOptions {
    let times = times
    return JSONReadOptions(
      ignoresUnknownFields: ignoresUnknownFields,
      resolve: Session.resolve,
      parseInstant: { text in
        do throws(RuleError) {
          let instant = try times.instant(try ISO8601Time(text), end)
          return JSONInstant(seconds: instant.seconds, nanoseconds: instant.nanos)
        } catch {
          return nil
        }
      }
    )
  }
}
