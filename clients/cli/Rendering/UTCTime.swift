import PatronClient

import struct PatronModel.CivilDate
import struct PatronModel.Timestamp

/// A timestamp of the wire, for display in UTC.
struct UTCTime {
  private let time: PatronModel.Timestamp

  /// Creates a time. A timestamp out of range, which servers never send, becomes 1970-01-01.
  init(_ timestamp: GoogleProtobuf.Timestamp) {
    time =
      (try? PatronModel.Timestamp(seconds: timestamp.seconds, nanos: timestamp.nanos)) ?? .epoch
  }

  /// The time as `1998-05-28T13:05:00Z`.
  var rfc3339: String { time.rfc3339 }

  /// The day as `1998-05-28`.
  var day: String { time.date.iso8601 }

  /// The time of day as `13:05`.
  var clock: String { String(rfc3339.dropFirst(11).prefix(5)) }

  /// The English name of the day of the week.
  var weekday: String {
    // Days are numbered from Monday, 1, as in ISO 8601.
    let names = [
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    return names[(time.date.weekday + 6) % 7]
  }
}
