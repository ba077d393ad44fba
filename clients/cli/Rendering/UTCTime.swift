import PatronClient

import struct PatronModel.CivilDate
import struct PatronModel.Timestamp

/// An instant of the wire as it is shown: in UTC.
struct UTCTime {
  private let time: PatronModel.Timestamp

  /// A timestamp out of range, which no server sends, counts as 1970.
  init(_ timestamp: GoogleProtobuf.Timestamp) {
    time =
      (try? PatronModel.Timestamp(seconds: timestamp.seconds, nanos: timestamp.nanos)) ?? .epoch
  }

  /// `1998-05-28T13:05:00Z`.
  var rfc3339: String { time.rfc3339 }

  /// `1998-05-28`.
  var day: String { time.date.iso8601 }

  /// `13:05`.
  var clock: String { String(rfc3339.dropFirst(11).prefix(5)) }

  /// `Thursday`.
  var weekday: String {
    // 1 is Monday, as ISO 8601 counts.
    let names = [
      "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    return names[(time.date.weekday + 6) % 7]
  }
}
