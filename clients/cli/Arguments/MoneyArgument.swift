import ArgumentParser
import ProtobufC

import struct PatronModel.CurrencyCode
import struct PatronModel.Money
import struct PatronModel.RuleError
import struct PatronProto.Money

/// A decimal and a currency, as in `--total 16.99 --currency USD`. Never floating point.
enum MoneyArgument {
  static func money(_ amount: String, currency: String?, flag: String) throws -> PatronProto.Money {
    guard let currency else { throw ValidationError("\(flag) needs --currency, as in USD.") }
    do throws(RuleError) {
      // Old orders are in currencies of their time.
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
