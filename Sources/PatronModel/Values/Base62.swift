/// The digits of base 62: `0-9 A-Z a-z`. A text of them is one word for editors and terminals.
enum Base62 {
  static let base: UInt128 = 62

  private static let alphabet = Array(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
  )

  static func character(_ digit: Int) -> UInt8 { alphabet[digit] }

  /// Returns the digit of a character, or nil if it is none.
  static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 36
    default: nil
    }
  }
}
