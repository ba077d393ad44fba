public import PatronProto

#if canImport(FoundationEssentials)
  public import struct FoundationEssentials.Date
#else
  public import struct Foundation.Date
#endif

extension GoogleProtobuf.Timestamp {
  /// The instant of a date, rounded to the microsecond, which is what Patron stores.
  ///
  /// A date outside the years 1 to 9999 makes a timestamp outside them, which the server rejects
  /// with `TIME_OUT_OF_RANGE`; so does one that is not a number.
  public init(_ date: Date) {
    let elapsed = date.timeIntervalSinceReferenceDate
    let known = elapsed.isNaN ? -Self.beyond : min(max(elapsed, -Self.beyond), Self.beyond)
    let whole = known.rounded(.down)
    let micros = Int64(((known - whole) * 1_000_000).rounded())
    self.init()
    seconds = Int64(whole) + Self.referenceDate + micros / 1_000_000
    nanos = Int32(micros % 1_000_000) * 1_000
  }

  /// The instant as a date of Foundation. Its precision is that of a `Double` of seconds: about
  /// 0.1 µs in this century.
  public var date: Date {
    // Numbers of a server may be anything: no integer is subtracted that could overflow.
    let whole = Double(seconds) - Double(Self.referenceDate)
    return Date(timeIntervalSinceReferenceDate: whole + Double(nanos) / 1_000_000_000)
  }

  /// Seconds from 1970 to Foundation's reference date, 2001-01-01T00:00:00Z.
  private static let referenceDate: Int64 = 978_307_200
  /// Seconds that lead out of the years 1 to 9999 in both directions, and fit `Int64`.
  private static let beyond = 1e15
}
