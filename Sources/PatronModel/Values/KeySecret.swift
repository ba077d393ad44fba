internal import ProtoWire

/// The secret of an API key: 256 random bits. It is not comparable, because only its keyed hash may
/// be compared. Neither its description nor a dump of it shows the secret.
///
/// Its text is 43 digits of base 62 (`0-9 A-Z a-z`), the highest first. Each secret has exactly one
/// text.
package struct KeySecret: Sendable {
  /// The length of the text, in characters.
  static let textLength = 43

  private var high: UInt128 = 0
  private var low: UInt128 = 0

  /// Makes a secret of 256 bits that `random` draws.
  init(using random: inout some RandomNumberGenerator) {
    high = .random(in: .min ... .max, using: &random)
    low = .random(in: .min ... .max, using: &random)
  }

  /// Reads the text that begins at `start`; there are at least 43 bytes. Returns nil for characters
  /// that are no digits, and for numbers of more than 256 bits.
  init?(parsing text: RawSpan, at start: Int) {
    for offset in start..<start + Self.textLength {
      guard let digit = Base62.digit(text[offset]) else { return nil }
      let lower = low.multipliedFullWidth(by: Base62.base)
      let upper = high.multipliedFullWidth(by: Base62.base)
      let (sum, carriesIntoHigh) = lower.low.addingReportingOverflow(UInt128(digit))
      let carry = lower.high + (carriesIntoHigh ? 1 : 0)
      let (newHigh, isTooLarge) = upper.low.addingReportingOverflow(carry)
      guard upper.high == 0, !isTooLarge else { return nil }
      high = newHigh
      low = sum
    }
  }

  /// The secret in 32 bytes, the highest first. For its hash only.
  package var bytes: [UInt8] {
    [high, low].flatMap { half in
      stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> UInt128($0)) }
    }
  }

  func append(textTo bytes: inout [UInt8]) {
    var digits: [UInt8] = []
    var (high, low) = (high, low)
    for _ in 0..<Self.textLength {
      let upper = high.quotientAndRemainder(dividingBy: Base62.base)
      let lower = Base62.base.dividingFullWidth((upper.remainder, low))
      digits.append(Base62.character(Int(lower.remainder)))
      (high, low) = (upper.quotient, lower.quotient)
    }
    bytes += digits.reversed()
  }
}

extension KeySecret: CustomStringConvertible, CustomReflectable {
  /// A placeholder.
  package var description: String { "(secret)" }

  /// A mirror without content.
  package var customMirror: Mirror { Mirror(self, children: []) }
}
