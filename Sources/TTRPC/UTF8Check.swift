/// Returns true if `bytes` are well-formed UTF-8: no overlong forms, no surrogates, nothing above
/// U+10FFFF. Written by hand because it runs on every metadata value and must not allocate.
public func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var index = 0
  let count = bytes.count
  while index < count {
    if count - index >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 == 0 {
        index += 8
        continue
      }
    }
    let first = bytes[index]
    if first < 0x80 {
      index += 1
      continue
    }
    let length = sequenceLength(bytes, at: index)
    if length == 0 { return false }
    index += length
  }
  return true
}

/// Returns the length in bytes of the multi-byte sequence at `index`, or 0 if it is malformed (RFC
/// 3629, the table of section 4).
private func sequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
  let first = bytes[index]
  let length: Int
  var second: ClosedRange<UInt8> = 0x80...0xbf
  switch first {
  case 0xc2...0xdf: length = 2
  case 0xe0...0xef:
    length = 3
    if first == 0xe0 { second = 0xa0...0xbf }
    if first == 0xed { second = 0x80...0x9f }
  case 0xf0...0xf4:
    length = 4
    if first == 0xf0 { second = 0x90...0xbf }
    if first == 0xf4 { second = 0x80...0x8f }
  default: return 0
  }
  guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return 0 }
  for offset in 2..<max(length, 2) where bytes[index + offset] & 0xc0 != 0x80 { return 0 }
  return length
}
