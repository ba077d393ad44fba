/// Numbers of JSON texts. Integers are read digit by digit, never through floating point.
enum JSONNumber {
  /// Returns the end of the number that begins at `start`, or nil if none begins there.
  static func end(of bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var cursor = start
    func digits() -> Int {
      let first = cursor
      while cursor < bytes.count, bytes[cursor] &- 0x30 < 10 { cursor += 1 }
      return cursor - first
    }
    if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "-") { cursor += 1 }
    let whole = cursor
    let count = digits()
    guard count > 0, count == 1 || bytes[whole] != UInt8(ascii: "0") else { return nil }
    if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
      cursor += 1
      guard digits() > 0 else { return nil }
    }
    if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
      cursor += 1
      if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "+") || bytes[cursor] == 0x2D {
        cursor += 1
      }
      guard digits() > 0 else { return nil }
    }
    return cursor
  }

  /// Returns the number at `range` as an integer, or nil if it has a fraction or does not fit.
  /// `1.0` and `2e3` are integers.
  static func integer<Value: FixedWidthInteger>(
    _ bytes: UnsafeBufferPointer<UInt8>,
    _ range: Range<Int>,
    as type: Value.Type
  ) -> Value? {
    let text = bytes[range]
    let isNegative = text.first == UInt8(ascii: "-")
    let magnitude = isNegative ? text.dropFirst() : text
    if magnitude.allSatisfy({ $0 &- 0x30 < 10 }) {
      return accumulate(magnitude, zeros: 0, isNegative)
    }
    return decimal(magnitude, isNegative)
  }

  /// Returns a number with a point or an exponent as an integer, or nil if it is not one or does
  /// not fit.
  private static func decimal<Value: FixedWidthInteger>(
    _ text: Slice<UnsafeBufferPointer<UInt8>>,
    _ isNegative: Bool
  ) -> Value? {
    let mantissa = text.prefix { $0 | 0x20 != UInt8(ascii: "e") }
    let parts = mantissa.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    var digits = parts.flatMap { Array($0) }
    var exponent = 0
    if mantissa.count < text.count {
      let written = String(decoding: text.dropFirst(mantissa.count + 1), as: UTF8.self)
      // An exponent that does not fit is clamped: the number is then zero or out of every range.
      exponent = Int(written) ?? (written.first == "-" ? -1_000_000 : 1_000_000)
      exponent = min(max(exponent, -1_000_000), 1_000_000)
    }
    exponent -= parts.count > 1 ? parts[1].count : 0
    if digits.allSatisfy({ $0 == 0x30 }) { return 0 }
    while exponent < 0, digits.last == 0x30 {
      digits.removeLast()
      exponent += 1
    }
    guard exponent >= 0, exponent <= 40 else { return nil }
    return accumulate(digits, zeros: exponent, isNegative)
  }

  private static func accumulate<Value: FixedWidthInteger>(
    _ digits: some Sequence<UInt8>,
    zeros: Int,
    _ isNegative: Bool
  ) -> Value? {
    var value: Value = 0
    func push(_ digit: UInt8) -> Bool {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let step = Value(digit)
      let (sum, overflow2) =
        isNegative
        ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
      value = sum
      return !overflow && !overflow2
    }
    for digit in digits where !push(digit &- 0x30) { return nil }
    for _ in 0..<zeros where !push(0) { return nil }
    return value
  }
}
