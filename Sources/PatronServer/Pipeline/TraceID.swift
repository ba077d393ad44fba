package import TTRPC

/// The id of the trace that a call belongs to, from the metadata `traceparent` as W3C Trace Context
/// defines it. Texts of callers never get any further than this: it is 16 bytes.
package struct TraceID: Sendable, Hashable {
  private let high: UInt64
  private let low: UInt64

  /// The metadata key.
  private static let key: StaticString = "traceparent"
  /// `00-`, the ids of trace and parent with a hyphen behind each, and two digits of flags.
  private static let length = 55

  /// Reads the metadata of a call. Nil without `traceparent`, with several, and with one that is
  /// not of version 00, or malformed.
  package init?(in metadata: MetadataView) {
    guard case .one(let value) = metadata.match(Self.key), value.count == Self.length else {
      return nil
    }
    self.init(traceparent: value.copy)
  }

  /// Reads the value of `traceparent`.
  init?(traceparent text: [UInt8]) {
    let hyphen = UInt8(ascii: "-")
    guard text.count == Self.length, text[0] == UInt8(ascii: "0"), text[1] == UInt8(ascii: "0"),
      text[2] == hyphen, text[35] == hyphen, text[52] == hyphen,
      let high = Self.number(text[3..<19]), let low = Self.number(text[19..<35]),
      let parent = Self.number(text[36..<52]), Self.number(text[53..<55]) != nil,
      high | low != 0, parent != 0
    else { return nil }
    self.high = high
    self.low = low
  }

  /// Returns the number that lower-case hexadecimal digits stand for.
  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
  }
}

extension TraceID: CustomStringConvertible {
  /// The id as 32 hexadecimal digits.
  package var description: String { CallID(high).description + CallID(low).description }
}
