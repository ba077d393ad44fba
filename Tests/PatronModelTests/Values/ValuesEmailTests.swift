import Testing

@testable import PatronModel

@Suite struct ValuesEmailTests {
  @Test(arguments: [
    ("Ada@Example.COM", "Ada@Example.COM", "ada@example.com"),
    ("  a@b.co\n", "a@b.co", "a@b.co"),
    ("a.b+tag@x-y.example", "a.b+tag@x-y.example", "a.b+tag@x-y.example"),
    ("!#$%&'*+/=?^_`{|}~-@example.com", nil, "!#$%&'*+/=?^_`{|}~-@example.com"),
    ("info@M\u{FC}nchen.de", "info@M\u{FC}nchen.de", "info@xn--mnchen-3ya.de"),
    ("info@Mu\u{308}nchen.de", "info@M\u{FC}nchen.de", "info@xn--mnchen-3ya.de"),
    ("info@XN--mnchen-3ya.de", nil, "info@xn--mnchen-3ya.de"),
    ("a@\u{4F8B}\u{3048}\u{3002}jp", nil, "a@xn--r8jz45g.jp"),
    ("a@EXAMPLE.\u{FF23}\u{FF2F}\u{FF2D}", nil, "a@example.com"),
    ("a@\u{FF45}\u{FF58}\u{FF0D}1\u{FF0E}jp", nil, "a@ex-1.jp"),
    ("Jose\u{301}@example.com", "Jos\u{E9}@example.com", "jos\u{E9}@example.com"),
    ("a@1.example", nil, "a@1.example"),
  ])
  func accepts(given: String, display: String?, key: String) throws {
    let email = try EmailAddress(given)
    #expect(email.key.utf8.elementsEqual(key.utf8), "\(email.key)")
    #expect(email.display.utf8.elementsEqual((display ?? given).utf8))
  }

  @Test(arguments: [
    ("", "EMAIL_EMPTY"), (" \t", "EMAIL_EMPTY"),
    ("plain", "EMAIL_MALFORMED"), ("a@b@c.de", "EMAIL_MALFORMED"),
    ("@example.com", "EMAIL_MALFORMED"), ("a b@example.com", "EMAIL_MALFORMED"),
    (".a@example.com", "EMAIL_MALFORMED"), ("a.@example.com", "EMAIL_MALFORMED"),
    ("a..b@example.com", "EMAIL_MALFORMED"), ("\"a\"@example.com", "EMAIL_MALFORMED"),
    ("a\u{0}b@example.com", "EMAIL_MALFORMED"), ("a\u{200B}@example.com", "EMAIL_MALFORMED"),
    ("A <a@example.com>", "EMAIL_MALFORMED"),
    ("a@", "EMAIL_DOMAIN_MALFORMED"), ("a@localhost", "EMAIL_DOMAIN_MALFORMED"),
    ("a@.com", "EMAIL_DOMAIN_MALFORMED"), ("a@example.", "EMAIL_DOMAIN_MALFORMED"),
    ("a@ex..com", "EMAIL_DOMAIN_MALFORMED"), ("a@-x.com", "EMAIL_DOMAIN_MALFORMED"),
    ("a@x-.com", "EMAIL_DOMAIN_MALFORMED"), ("a@ex_ample.com", "EMAIL_DOMAIN_MALFORMED"),
    ("a@ex ample.com", "EMAIL_DOMAIN_MALFORMED"), ("a@[127.0.0.1]", "EMAIL_DOMAIN_MALFORMED"),
  ])
  func rejects(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try EmailAddress(given) } == expected)
  }

  /// Returns a domain of exactly `length` octets.
  private static func domain(_ length: Int) -> String {
    var labels: [String] = []
    var rest = length
    while rest > 0 {
      let label = rest == 64 ? 62 : min(63, rest)
      labels.append(String.letters(label))
      rest -= label + 1
    }
    return labels.joined(separator: ".")
  }

  @Test(arguments: [
    (64, 20, nil), (65, 20, "EMAIL_LOCAL_TOO_LONG"),
    (1, 252, nil), (1, 253, "EMAIL_TOO_LONG"),
    (64, 189, nil), (64, 190, "EMAIL_TOO_LONG"),
    (1, 255, "EMAIL_TOO_LONG"), (1, 256, "EMAIL_DOMAIN_TOO_LONG"),
  ])
  func limits(local: Int, domain: Int, expected: String?) {
    var host = Self.domain(domain)
    if !host.contains(".") { host = String.letters(domain - 3) + ".de" }
    #expect(host.utf8.count == domain)
    let address = String.letters(local) + "@" + host
    #expect(RuleError.reason { () throws(RuleError) in try EmailAddress(address) } == expected)
  }

  @Test func labelsHaveAtMost63Octets() {
    let fits = "a@\(String.letters(63)).de"
    let tooLong = "a@\(String.letters(64)).de"
    #expect(RuleError.reason { () throws(RuleError) in try EmailAddress(fits) } == nil)
    #expect(
      RuleError.reason { () throws(RuleError) in try EmailAddress(tooLong) }
        == "EMAIL_DOMAIN_MALFORMED"
    )
  }

  @Test func localLimitCountsOctets() {
    let fits = String(repeating: "\u{E9}", count: 32) + "@example.com"
    let tooLong = String(repeating: "\u{E9}", count: 33) + "@example.com"
    #expect(RuleError.reason { () throws(RuleError) in try EmailAddress(fits) } == nil)
    #expect(
      RuleError.reason { () throws(RuleError) in try EmailAddress(tooLong) }
        == "EMAIL_LOCAL_TOO_LONG"
    )
  }

  @Test func spellingsOfOneAddressAreEqual() throws {
    let plain = try EmailAddress("info@m\u{FC}nchen.de")
    #expect(try EmailAddress("INFO@xn--mnchen-3ya.DE") == plain)
    #expect(try Set([EmailAddress("Info@M\u{DC}NCHEN.de"), plain]).count == 1)
    #expect(try EmailAddress("in.fo@m\u{FC}nchen.de") != plain)
  }

  /// RFC 3492 section 7.1, samples A, B, D, E (lower-cased), I, J, K, L, P, R and S.
  @Test(arguments: [
    (
      [
        0x644, 0x64A, 0x647, 0x645, 0x627, 0x628, 0x62A, 0x643, 0x644, 0x645, 0x648, 0x634, 0x639,
        0x631, 0x628, 0x64A, 0x61F,
      ], "egbpdaj6bu4bxfgehfvwxn"
    ),
    (
      [0x4ED6, 0x4EEC, 0x4E3A, 0x4EC0, 0x4E48, 0x4E0D, 0x8BF4, 0x4E2D, 0x6587],
      "ihqwcrb4cv8a8dqg056pqjye"
    ),
    (
      [
        0x5DC, 0x5DE, 0x5D4, 0x5D4, 0x5DD, 0x5E4, 0x5E9, 0x5D5, 0x5D8, 0x5DC, 0x5D0, 0x5DE, 0x5D3,
        0x5D1, 0x5E8, 0x5D9, 0x5DD, 0x5E2, 0x5D1, 0x5E8, 0x5D9, 0x5EA,
      ], "4dbcagdahymbxekheh6e0a7fei0b"
    ),
    ([0x33, 0x5E74, 0x42, 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F], "3B-ww4c5e180e575a65lsy2b"),
    (
      [0x4D, 0x61, 0x6A, 0x69, 0x3067, 0x4B, 0x6F, 0x69, 0x3059, 0x308B, 0x35, 0x79D2, 0x524D],
      "MajiKoi5-783gue6qz075azm5e"
    ),
    ([0x305D, 0x306E, 0x30B9, 0x30D4, 0x30FC, 0x30C9, 0x3067], "d9juau41awczczp"),
    ([0x2D, 0x3E, 0x20, 0x24, 0x31, 0x2E, 0x30, 0x30, 0x20, 0x3C, 0x2D], "-> $1.00 <--"),
    ([0x6D, 0xFC, 0x6E, 0x63, 0x68, 0x65, 0x6E], "mnchen-3ya"),
    ([0x1F600], "e28h"),
  ])
  func punycode(scalars: [UInt32], encoded: String) {
    let text = scalars.compactMap(Unicode.Scalar.init)
    #expect(Punycode.encode(text) == encoded)
    #expect(Punycode.decode(encoded.utf8) == text)
  }

  @Test(arguments: ["3ya\u{7F}", "99999999", "a\u{E9}-3ya", "mnchen-3y"])
  func invalidPunycode(label: String) {
    #expect(Punycode.decode(label.utf8) == nil)
  }
}
