/// Encoders of numbers that write backwards, from the last byte to the first.
enum Digits {
  /// Writes the decimal digits of `value` so that they end before `end`, padded with zeros to
  /// `width` characters, and returns their beginning. Takes at most ``Placeholder/maxWidth`` bytes.
  @inline(__always)
  static func write(
    _ value: Int64,
    width: Int,
    to target: inout MutableRawSpan,
    endingAt end: Int
  ) -> Int {
    precondition(end >= Placeholder.maxWidth && end <= target.byteCount)
    var cursor = end
    func put(_ byte: UInt8) {
      cursor -= 1
      target.storeBytes(of: byte, toUncheckedByteOffset: cursor, as: UInt8.self)
    }
    var rest = value.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      put(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit))
      rest = quotient
    } while rest > 0
    let digits = value < 0 ? width - 1 : width
    while end - cursor < digits { put(UInt8(ascii: "0")) }
    if value < 0 { put(UInt8(ascii: "-")) }
    return cursor
  }
}
