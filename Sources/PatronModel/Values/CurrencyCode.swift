/// A currency by its ISO 4217 code.
package struct CurrencyCode: Sendable, Hashable {
  /// Three upper-case letters, such as `USD`.
  package let code: String
  /// The number of decimal digits of an amount: 2 for USD, 0 for JPY, 3 for KWD.
  package let minorDigits: Int

  /// Accepts a code in any case.
  ///
  /// - Parameter allowHistoric: True to also accept codes withdrawn from ISO 4217 (DEM, HRK, …),
  ///   which old orders need.
  /// - Throws: `CURRENCY_UNKNOWN`, `CURRENCY_HISTORIC`, `CURRENCY_NOT_REAL` (metals, funds, tests).
  package init(_ text: String, allowHistoric: Bool = false) throws(RuleError) {
    let code = TextForm.trimmed(text).uppercased()
    if let digits = Self.current[code] {
      self.code = code
      minorDigits = digits
      return
    }
    if let digits = Self.historic[code] {
      guard allowHistoric else {
        throw RuleError(
          reason: "CURRENCY_HISTORIC",
          message: "The currency was withdrawn from ISO 4217. Expected is a current code.",
          given: text
        )
      }
      self.code = code
      minorDigits = digits
      return
    }
    if Self.notMoney[code] != nil {
      throw RuleError(
        reason: "CURRENCY_NOT_REAL",
        message: "The code stands for a metal, a fund, a unit of account or a test, and nobody "
          + "pays with it. Expected is a currency such as USD.",
        given: text
      )
    }
    throw RuleError(
      reason: "CURRENCY_UNKNOWN",
      message: "The currency is not in ISO 4217. Expected is a three-letter code such as USD.",
      given: text
    )
  }

  /// Takes the code of a stored record unchecked, so that records of earlier versions can be read.
  /// A code in no list is assumed to have two decimals.
  package init(stored code: String) {
    self.code = code
    minorDigits = Self.current[code] ?? Self.historic[code] ?? Self.notMoney[code] ?? 2
  }

  /// All codes that a stored record may have.
  package static var all: [String] { Array(current.keys) + Array(historic.keys) }

  /// The current codes of money (ISO 4217 list one), with their minor digits.
  static let current = table([(2, currentTwo), (0, currentNone), (3, currentThree)])
  /// The withdrawn codes of money (list three), with their former minor digits.
  static let historic = table([(2, historicTwo), (0, historicNone)])
  /// The codes of both lists that are not money: metals, funds, units of account, tests.
  static let notMoney = table([
    (2, "BOV CHE CHW COU ECV MXV USN USS XEU XFO XFU XRE"), (4, "CLF UYW"),
    (0, "UYI XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"),
  ])

  private static func table(_ parts: [(digits: Int, codes: String)]) -> [String: Int] {
    var table: [String: Int] = [:]
    for part in parts {
      for code in part.codes.split(whereSeparator: \.isWhitespace) {
        table[String(code)] = part.digits
      }
    }
    return table
  }

  private static let currentTwo = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
    LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW
    ZWG
    """
  private static let currentNone = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF
    """
  private static let currentThree = "BHD IQD JOD KWD LYD OMR TND"
  private static let historicTwo = """
    AFA ALK ANG AOK AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEL BGJ BGK BGL BOP BRB BRC BRE BRN
    BRR BUK CHC CSD CSJ CSK CUC CYP DDM DEM ECS EEK ESA ESB FIM FRF GEK GHC GHP GNE GNS GQE
    GWE GWP HRD HRK IEP ILP ILR ISJ LAJ LSM LTL LTT LUC LUL LVL LVR MLF MRO MTL MTP MVQ MXP MZE
    MZM NIC NLG PEH PEI PES PLZ RHD ROK ROL RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TMM UAK UGS
    UGW UYN UYP VEB VEF VNC YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWL ZWN
    ZWR
    """
  private static let historicNone = "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL"
}
