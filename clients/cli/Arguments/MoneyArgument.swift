import ArgumentParser
import ProtobufC

import struct PatronModel.CurrencyCode
import struct PatronModel.Money
import struct PatronModel.RuleError
import struct PatronProto.Money

/// Amounts of money, as in `--total 16.99 --currency USD`. They are parsed as decimals, never as
/// floating point.
enum MoneyArgument {
  static func money(_ amount: String, currency: String?, flag: String) throws -> PatronProto.Money {
    guard let currency else { throw ValidationError("\(flag) requires --currency, such as USD.") }
    do throws(RuleError) {
      // Old orders may be in withdrawn currencies.
      let code = try CurrencyCode(currency, allowHistoric: true)
      let money = try PatronModel.Money(amount, currency: code)
      return .with {
        $0.currencyCode = code.code
        $0.minorUnits = money.minorUnits
      }
    } catch {
      throw ValidationError("\(flag) or --currency: \(error.message)")
    }
  }
}
