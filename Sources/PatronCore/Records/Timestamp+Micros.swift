package import PatronProto

extension GoogleProtobuf.Timestamp {
  /// Creates the instant from microseconds since 1970 UTC.
  package init(micros: Int64) {
    self.init()
    let (seconds, rest) = micros.quotientAndRemainder(dividingBy: 1_000_000)
    self.seconds = rest < 0 ? seconds - 1 : seconds
    nanos = Int32(rest < 0 ? rest + 1_000_000 : rest) * 1000
  }

  /// Microseconds since 1970 UTC; finer parts are truncated. The message must have been checked.
  package var micros: Int64 { seconds * 1_000_000 + Int64(nanos) / 1000 }
}
