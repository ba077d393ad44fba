/// An amount of money in the smallest unit of its currency. It is never a floating-point number.
package struct Money: Sendable, Hashable {
  /// The amount in minor units, such as cents. Negative if it is owed to the customer.
  package let minorUnits: Int64
  package let currency: CurrencyCode

  package init(minorUnits: Int64, currency: CurrencyCode) {
    self.minorUnits = minorUnits
    self.currency = currency
  }

  /// Reads a decimal such as `16.99`, `-5` or `+0.50`. Surrounding white space is ignored.
  ///
  /// Decimals beyond the currency's must be zeros. Thousands separators, exponents and a decimal
  /// comma are rejected.
  ///
  /// - Throws: `MONEY_MALFORMED`, `MONEY_TOO_PRECISE`, `MONEY_OUT_OF_RANGE`.
  package init(_ text: String, currency: CurrencyCode) throws(RuleError) {
    var rest = Array(TextForm.trimmed(text).utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let parts = rest.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let wellFormed = parts.allSatisfy { part in
      !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard wellFormed, (1...2).contains(parts.count) else {
      throw RuleError(
        reason: "MONEY_MALFORMED",
        message: "The amount is not a decimal. Expected are digits and one point, e.g. 16.99.",
        given: text
      )
    }
    let decimals = parts.count == 2 ? parts[1] : []
    guard decimals.dropFirst(currency.minorDigits).allSatisfy({ $0 == UInt8(ascii: "0") }) else {
      throw RuleError(
        reason: "MONEY_TOO_PRECISE",
        message: """
          The amount has more decimals than \(currency.code) has (\(currency.minorDigits)). \
          Round it first.
          """,
        given: text
      )
    }
    let kept = decimals.prefix(currency.minorDigits)
    let padding = repeatElement(UInt8(ascii: "0"), count: currency.minorDigits - kept.count)
    guard let units = Self.integer(parts[0] + kept + padding, isNegative: isNegative) else {
      throw RuleError(
        reason: "MONEY_OUT_OF_RANGE",
        message: """
          The amount is too large. Expected is at most 9223372036854775807 in the currency's \
          smallest unit.
          """,
        given: text
      )
    }
    self.init(minorUnits: units, currency: currency)
  }

  /// Returns the value of ASCII digits, or nil on overflow. It counts downwards for negative
  /// numbers, so that `Int64.min` can be reached.
  private static func integer(_ digits: some Sequence<UInt8>, isNegative: Bool) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      let step = Int64(digit) - 0x30
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowToo) =
        isNegative
        ? scaled.subtractingReportingOverflow(step) : scaled.addingReportingOverflow(step)
      if overflow || overflowToo { return nil }
      value = next
    }
    return value
  }

  /// The decimal with all of the currency's digits, such as `-0.05`, `100` (JPY), `1.500` (KWD).
  package var decimal: String {
    let digits = Array(String(minorUnits.magnitude).utf8)
    let places = currency.minorDigits
    let sign = minorUnits < 0 ? "-" : ""
    guard places > 0 else { return sign + String(decoding: digits, as: UTF8.self) }
    let missing = max(0, places + 1 - digits.count)
    let padded = Array(repeating: UInt8(ascii: "0"), count: missing) + digits
    let whole = String(decoding: padded.dropLast(places), as: UTF8.self)
    return sign + whole + "." + String(decoding: padded.suffix(places), as: UTF8.self)
  }
}
