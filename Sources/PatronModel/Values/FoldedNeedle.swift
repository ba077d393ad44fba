internal import ProtoWire

/// A fragment of text that is searched in texts without regard to case or Unicode normalization.
///
/// A search gives the same result as a search of the fragment's bytes in
/// ``CaseFolding/folded(_:)`` of the text, in time linear in the length of the text. It copies
/// nothing but the few characters around those that normalization may compose.
package struct FoldedNeedle: Sendable {
  /// The fragment in the form that is compared.
  package let text: String
  /// The bytes of `text`; not empty.
  package let bytes: [UInt8]
  /// For each count of matched bytes, the next lower count that the same bytes match.
  private let shorter: [Int]

  /// Returns nil for the empty fragment.
  package init?(_ text: String) {
    self.text = CaseFolding.folded(text)
    bytes = Array(self.text.utf8)
    if bytes.isEmpty { return nil }
    shorter = Self.shorterMatches(bytes)
  }

  /// Builds the table of Knuth, Morris and Pratt.
  private static func shorterMatches(_ bytes: [UInt8]) -> [Int] {
    var table = [0, 0]
    var matched = 0
    for byte in bytes.dropFirst() {
      while matched > 0, bytes[matched] != byte { matched = table[matched] }
      if bytes[matched] == byte { matched += 1 }
      table.append(matched)
    }
    return table
  }

  /// Returns true if the fragment occurs in a text. `text` is UTF-8; malformed bytes count as
  /// U+FFFD.
  package func occurs(in text: RawSpan) -> Bool {
    let matching = Matching(bytes: bytes.span, shorter: shorter.span)
    var offset = 0
    var matched = 0
    // The last scalar may be the first of a group that normalization composes: its start, and the
    // bytes that were matched before it.
    var lastStart = 0
    var matchedBefore = 0
    while offset < text.byteCount {
      let byte = text[offset]
      let length = byte < 0x80 ? 1 : FoldedScalars.length(in: text, at: offset)
      guard length > 0 else {
        // A match that ended with the last scalar does not count: the scalar may change.
        let end = FoldedScalars.endOfGroup(in: text, from: offset)
        let group = CaseFolding.folded(String(utf8: text.extracting(lastStart..<end)))
        matched = matchedBefore
        for byte in group.utf8 {
          matched = matching.advanced(matched, by: byte)
          if matched == bytes.count { return true }
        }
        offset = end
        lastStart = end
        matchedBefore = matched
        continue
      }
      if matched == bytes.count { return true }
      lastStart = offset
      matchedBefore = matched
      switch length {
      case 1: matched = matching.advanced(matched, by: FoldedScalars.folded(byte))
      case 2:
        let folded = FoldedScalars.folded(byte, text[offset + 1])
        matched = matching.advanced(matched, by: folded.0)
        matched = matching.advanced(matched, by: folded.1)
      default:
        for place in offset..<offset + length {
          matched = matching.advanced(matched, by: text[place])
        }
      }
      offset += length
    }
    return matched == bytes.count
  }

  /// The tables of a fragment during a search.
  private struct Matching: ~Escapable {
    let bytes: Span<UInt8>
    let shorter: Span<Int>

    @_lifetime(copy bytes, copy shorter)
    init(bytes: Span<UInt8>, shorter: Span<Int>) {
      self.bytes = bytes
      self.shorter = shorter
    }

    /// Returns the count of matched bytes after one more byte of a text. `matched` is less than the
    /// count of all.
    @inline(__always)
    func advanced(_ matched: Int, by byte: UInt8) -> Int {
      var matched = matched
      while bytes[matched] != byte {
        if matched == 0 { return 0 }
        matched = shorter[matched]
      }
      return matched + 1
    }
  }
}

/// The scalars that are folded alone: normalization neither changes them nor composes them with the
/// scalar before, and their lower case is one scalar of the same kind and length in UTF-8.
///
/// They are most letters of two bytes, and of the longer ones some scripts without case. All others
/// are folded in groups, from the scalar before them to the next scalar that is folded alone.
enum FoldedScalars {
  /// Letters, dashes, quotes, currencies, kana, ideographs, Hangul and pictographs, all without
  /// case.
  static let caseless: [ClosedRange<UInt32>] = [
    0x2010...0x2027, 0x20A0...0x20BF, 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FFF,
    0xAC00...0xD7A3, 0x1F300...0x1FAFF,
  ]

  /// The lower case of each scalar of two bytes, from U+0080 on; 0 for a scalar that is not folded
  /// alone.
  static let lowerCase: [UInt16] = (0x80..<0x800).map { value in
    guard isStable(value), let scalar = Unicode.Scalar(UInt32(value)) else { return 0 }
    let folded = Array(CaseFolding.folded(String(scalar)).unicodeScalars)
    guard folded.count == 1, 0x80..<0x800 ~= folded[0].value, isStable(Int(folded[0].value)) else {
      return 0
    }
    return UInt16(folded[0].value)
  }

  /// Returns true if normalization leaves a scalar below U+0800 alone, in any text. Up to there, a
  /// scalar that composes with the one before it has a combining class.
  private static func isStable(_ value: Int) -> Bool {
    guard let scalar = Unicode.Scalar(UInt32(value)) else { return false }
    return scalar.properties.canonicalCombiningClass == .notReordered
      && Array(TextForm.nfc(String(scalar)).unicodeScalars) == [scalar]
  }

  /// Returns the lower case of an ASCII byte.
  @inline(__always)
  static func folded(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Returns the folded form of a scalar of two bytes that is folded alone.
  @inline(__always)
  static func folded(_ first: UInt8, _ second: UInt8) -> (UInt8, UInt8) {
    let lower = lowerCase[index(first, second)]
    return (0xC0 | UInt8(truncatingIfNeeded: lower >> 6), 0x80 | UInt8(lower & 0x3F))
  }

  /// Returns the length in bytes of the scalar at `offset`, which is not ASCII. Returns 0 if it is
  /// not folded alone, or is malformed.
  @inline(__always)
  static func length(in text: RawSpan, at offset: Int) -> Int {
    let first = text[offset]
    if first >= 0xC2, first < 0xE0, offset + 1 < text.byteCount, text[offset + 1] & 0xC0 == 0x80 {
      return lowerCase[index(first, text[offset + 1])] != 0 ? 2 : 0
    }
    return longLength(in: text, at: offset)
  }

  private static func longLength(in text: RawSpan, at offset: Int) -> Int {
    let first = text[offset]
    let length = first < 0xE0 ? 0 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
    guard length > 0, offset + length <= text.byteCount else { return 0 }
    var value = UInt32(first) & (length == 3 ? 0x0F : 0x07)
    for place in offset + 1..<offset + length {
      guard text[place] & 0xC0 == 0x80 else { return 0 }
      value = value << 6 | UInt32(text[place] & 0x3F)
    }
    return caseless.contains { $0.contains(value) } ? length : 0
  }

  /// The scalars between two groups. Groups that are closer are folded as one: a group has a price
  /// of its own.
  private static let gap = 8

  /// Returns the end of the group in which the scalar at `offset` is: the next place where enough
  /// scalars are folded alone, or the end of the text.
  static func endOfGroup(in text: RawSpan, from offset: Int) -> Int {
    var offset = offset + 1
    var end = offset
    var count = 0
    while offset < text.byteCount {
      let length = text[offset] < 0x80 ? 1 : length(in: text, at: offset)
      count = length > 0 ? count + 1 : 0
      offset += max(1, length)
      if count == 0 { end = offset }
      if count == gap { return end }
    }
    return end
  }

  private static func index(_ first: UInt8, _ second: UInt8) -> Int {
    (Int(first & 0x1F) << 6 | Int(second & 0x3F)) - 0x80
  }
}
