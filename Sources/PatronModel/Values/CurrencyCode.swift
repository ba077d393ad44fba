/// A currency by its ISO 4217 code.
public struct CurrencyCode: Sendable, Hashable {
  /// Three upper-case letters, e.g. `USD`.
  public let code: String
  /// Decimal digits of an amount: 2 for USD, 0 for JPY, 3 for KWD. Currencies for which ISO 4217
  /// names no minor unit (gold, special drawing rights, …) have 0.
  public let minorDigits: Int

  /// Accepts a code in any case.
  ///
  /// - Parameter allowHistoric: whether codes withdrawn from ISO 4217 (DEM, HRK, …) are accepted
  ///   too, as orders of their time need them.
  /// - Throws: `CURRENCY_UNKNOWN`, `CURRENCY_HISTORIC`, `CURRENCY_NOT_REAL` (XTS and XXX).
  public init(_ text: String, allowHistoric: Bool = false) throws(RuleError) {
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
    if code == "XTS" || code == "XXX" {
      throw RuleError(
        reason: "CURRENCY_NOT_REAL",
        message: "XTS and XXX stand for tests and for no currency. Expected is a real currency.",
        given: text
      )
    }
    throw RuleError(
      reason: "CURRENCY_UNKNOWN",
      message: "The currency is not in ISO 4217. Expected is a three-letter code such as USD.",
      given: text
    )
  }

  /// Current codes (ISO 4217 list one) with their minor digits; neither XTS nor XXX.
  static let current = table([(2, currentTwo), (0, currentNone), (3, currentThree), (4, "CLF UYW")])
  /// Withdrawn codes (list three) with the minor digits they had.
  static let historic = table([(2, historicTwo), (0, historicNone)])

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
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
    CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
    LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW
    ZWG
    """
  private static let currentNone = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
    XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA
    """
  private static let currentThree = "BHD IQD JOD KWD LYD OMR TND"
  private static let historicTwo = """
    AFA ALK ANG AOK AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEL BGJ BGK BGL BOP BRB BRC BRE BRN
    BRR BUK CHC CSD CSJ CSK CUC CYP DDM DEM ECS ECV EEK ESA ESB FIM FRF GEK GHC GHP GNE GNS GQE
    GWE GWP HRD HRK IEP ILP ILR ISJ LAJ LSM LTL LTT LUC LUL LVL LVR MLF MRO MTL MTP MVQ MXP MZE
    MZM NIC NLG PEH PEI PES PLZ RHD ROK ROL RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TMM UAK UGS
    UGW USS UYN UYP VEB VEF VNC XEU XFO XFU XRE YDD YUD YUM YUN ZAL ZMK ZRN ZRZ ZWC ZWD ZWL ZWN
    ZWR
    """
  private static let historicNone = "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL"
}
