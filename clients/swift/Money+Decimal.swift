public import PatronProto

internal import struct PatronModel.CurrencyCode
internal import struct PatronModel.Money

#if canImport(FoundationEssentials)
  public import struct FoundationEssentials.Decimal
#else
  public import struct Foundation.Decimal
#endif

extension PatronProto.Money {
  /// The amount as a decimal number of the currency's major unit: 16.99 for 1,699 minor units of
  /// USD, 1699 for as many of JPY. nil for a currency that this version does not know, as its minor
  /// unit is not known then.
  public var decimal: Decimal? {
    guard let currency = try? CurrencyCode(currencyCode, allowHistoric: true) else { return nil }
    return Decimal(string: PatronModel.Money(minorUnits: minorUnits, currency: currency).decimal)
  }

  /// An amount in the currency's major unit, or nil where minor units cannot express it: it has
  /// more decimals than the currency, does not fit 64 bits, or the currency is unknown.
  ///
  /// Make the decimal from text (`Decimal(string: "16.99")`): a literal such as `16.99` is a
  /// `Double` first, and not exact.
  ///
  /// - Parameters:
  ///   - amount: The amount; round it first where it has more decimals than the currency.
  ///   - currency: The ISO 4217 code, in any case; withdrawn ones are known too.
  public init?(exactly amount: Decimal, currency: String) {
    // A decimal's description has all digits and a point, never an exponent.
    guard let code = try? CurrencyCode(currency, allowHistoric: true),
      let money = try? PatronModel.Money(amount.description, currency: code)
    else { return nil }
    self.init()
    currencyCode = code.code
    minorUnits = money.minorUnits
  }
}
