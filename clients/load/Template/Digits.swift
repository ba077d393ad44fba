/// Encoders of numbers that write backwards, from the last byte to the first.
enum Digits {
  /// Writes the decimal digits of `value` so that they end before `end`, padded with zeros to
  /// `width` characters, and returns their beginning. Takes at most ``Placeholder/maxWidth`` bytes.
  @inline(__always)
  static func write(
    _ value: Int64,
    width: Int,
    endingAt end: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    var cursor = end
    var rest = value.magnitude
    repeat {
      cursor -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      cursor.pointee = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
    let digits = value < 0 ? width - 1 : width
    while end - cursor < digits {
      cursor -= 1
      cursor.pointee = UInt8(ascii: "0")
    }
    if value < 0 {
      cursor -= 1
      cursor.pointee = UInt8(ascii: "-")
    }
    return cursor
  }

  /// Writes `value` as a varint that ends before `end`, and returns its beginning. Takes at most 10
  /// bytes.
  @inline(__always)
  static func writeVarint(
    _ value: UInt64,
    endingAt end: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let size = (64 - (value | 1).leadingZeroBitCount + 6) / 7
    let start = end - size
    var rest = value
    for index in 0..<size - 1 {
      start[index] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
    }
    start[size - 1] = UInt8(truncatingIfNeeded: rest)
    return start
  }
}
