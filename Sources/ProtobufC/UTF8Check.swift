/// The check of strings: strict UTF-8 without U+0000.
enum UTF8Check {
  /// Returns the fault of the string, or nil.
  @inline(__always)
  static func fault(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>)
    -> CodecError.Reason?
  {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var cursor = start
    // Eight bytes at a time: the high bit of a byte is set if it is not ASCII or if it is zero.
    while end - cursor >= 8 {
      let word = UnsafeRawPointer(cursor).loadUnaligned(as: UInt64.self)
      if (word | (word &- ones)) & highs != 0 { return slowFault(cursor, end) }
      cursor += 8
    }
    while cursor < end {
      if cursor.pointee &- 1 >= 0x7F { return slowFault(cursor, end) }
      cursor += 1
    }
    return nil
  }

  private static func slowFault(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>)
    -> CodecError.Reason?
  {
    var cursor = start
    while cursor < end {
      let lead = cursor.pointee
      if lead < 0x80 {
        if lead == 0 { return .embeddedNUL }
        cursor += 1
        continue
      }
      let length = sequenceLength(cursor, end - cursor)
      guard length > 0 else { return .invalidUTF8 }
      cursor += length
    }
    return nil
  }

  /// Returns the length of the multi-byte sequence at `bytes`, or 0 if it is not well-formed: table
  /// 3-7 of the Unicode standard.
  private static func sequenceLength(_ bytes: UnsafePointer<UInt8>, _ available: Int) -> Int {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch bytes[0] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard available >= length, second.contains(bytes[1]) else { return 0 }
    for index in 2..<max(length, 2) where !(0x80...0xBF).contains(bytes[index]) { return 0 }
    return length
  }
}
