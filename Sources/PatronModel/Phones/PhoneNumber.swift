/// A telephone number in E.164, in the canonical form of its line: `+` and 7 to 15 digits.
///
/// Every spelling becomes the form that libphonenumber returns by the plans in ``PhonePlanTable``:
/// without the trunk prefix (`+44 (0)20 …`), with the 9 of Argentina's mobile phones, without the
/// former 1 of Mexico's.
package struct PhoneNumber: Sendable, Hashable {
  /// The number with its `+`, such as `+14155550100`.
  package let e164: String
  /// The number without its `+`, as searches compare it.
  package var digits: String { String(e164.dropFirst()) }
  /// True if the text had an extension, which was left out.
  package let hadExtension: Bool

  /// The allowed numbers of digits.
  package static let digitCount = 7...15
  /// The reason of the error for a number without a country.
  package static let countryMissing = "PHONE_COUNTRY_MISSING"

  /// Reads a number as people write it: drops white space and punctuation, accepts digits of any
  /// script, reads `00` as `+`, and leaves an extension out. With a default country it also accepts
  /// national spelling, that country's international prefix, and its calling code without `+`.
  ///
  /// - Parameter defaultCountry: The country of a number without `+`. Without it such a number is
  ///   rejected: nothing is guessed.
  /// - Throws: `PHONE_EMPTY`, `PHONE_HAS_EXTENSION`, `PHONE_COUNTRY_MISSING`, `PHONE_NOT_E164`,
  ///   `PHONE_AMBIGUOUS`.
  package init(_ text: String, defaultCountry: CountryCode? = nil) throws(RuleError) {
    let written = try WrittenPhone(text)
    let reading = try Self.reading(written, defaultCountry, given: text)
    self.init(reading.digits, hadExtension: written.hasExtension)
  }

  /// Reads a number by which a stored number is looked up. In addition to
  /// ``init(_:defaultCountry:)`` it accepts digits behind a `+` that no plan has, and takes them
  /// unchanged, so that an opt-out does not depend on a newer table.
  ///
  /// - Throws: The errors of ``init(_:defaultCountry:)``.
  package init(naming text: String, in country: CountryCode? = nil) throws(RuleError) {
    do throws(RuleError) {
      try self.init(text, defaultCountry: country)
    } catch {
      guard let written = try? WrittenPhone(text), written.isInternational,
        Self.digitCount.contains(written.digits.count), written.digits[0] != 0
      else { throw error }
      self.init(written.digits, hadExtension: written.hasExtension)
    }
  }

  private init(_ digits: [UInt8], hadExtension: Bool) {
    e164 = Self.text(digits)
    self.hadExtension = hadExtension
  }

  /// Compares the numbers alone.
  package static func == (left: Self, right: Self) -> Bool { left.e164 == right.e164 }

  /// Hashes the number alone.
  package func hash(into hasher: inout Hasher) { hasher.combine(e164) }

  /// The warning about an accepted number; nil for an ordinary one.
  package var warning: RuleError? {
    guard hadExtension else { return nil }
    return RuleError(
      reason: "PHONE_EXTENSION_DROPPED",
      message: "The phone number has an extension, which was left out: messages reach a number "
        + "without one."
    )
  }

  static func text(_ digits: [UInt8]) -> String {
    var bytes = [UInt8(ascii: "+")]
    bytes.reserveCapacity(digits.count + 1)
    for digit in digits { bytes.append(UInt8(ascii: "0") + digit) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

// MARK: - Reading

extension PhoneNumber {
  private static func reading(
    _ written: WrittenPhone,
    _ country: CountryCode?,
    given text: String
  ) throws(RuleError) -> PhoneReading {
    var decision = decide(written.digits, written, country)
    // A `(0)` behind a calling code is not dialled, even if the plan does not say so.
    if case .none = decision, let digits = written.withoutBracketedZero {
      decision = decide(digits, written, country)
    }
    switch decision {
    case .one(let reading): return reading
    case .several: throw ambiguous(text)
    case .none:
      throw written.isInternational || written.isHopeless || country != nil
        ? impossible(text) : lacksCountry(text)
    }
  }

  private static func decide(
    _ digits: [UInt8],
    _ written: WrittenPhone,
    _ country: CountryCode?
  ) -> PhoneReadings.Decision {
    guard written.isInternational else {
      return PhoneReadings.decide(digits, in: country)
    }
    guard let reading = PhoneReading(international: digits), reading.isTaken else { return .none }
    return .one(reading)
  }

  private static func lacksCountry(_ text: String) -> RuleError {
    RuleError(
      reason: countryMissing,
      message: """
        The phone number has no country. Expected is E.164, e.g. +14155550100: begin it with \
        + and the calling code, or give a default country.
        """,
      given: text
    )
  }

  private static func impossible(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_NOT_E164",
      message: """
        No country has such a phone number: check its digits and the calling code. Expected is \
        E.164, e.g. +14155550100.
        """,
      given: text
    )
  }

  private static func ambiguous(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_AMBIGUOUS",
      message: """
        The phone number can be read with its calling code and as one without. Begin it with + \
        and the calling code.
        """,
      given: text
    )
  }
}
