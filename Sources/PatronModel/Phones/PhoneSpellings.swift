/// Alternative spellings of a number that reach the same line. A record about a line must be found
/// by each of them. Hashes of addresses cannot be rewritten, so they are looked up under each
/// spelling.
package enum PhoneSpellings {
  /// Returns the number without the 9 of Argentina's mobile phones, or with it; nil elsewhere. To
  /// libphonenumber both are separate numbers, but no two lines there differ only in it, and
  /// gateways leave it out.
  package static func twin(of e164: String) -> String? {
    guard e164.hasPrefix("+54") else { return nil }
    let own = e164.dropFirst(3)
    switch own.utf8.count {
    case 10: return "+549" + own
    case 11 where own.hasPrefix("9"): return "+54" + own.dropFirst()
    default: return nil
    }
  }

  /// Returns the spellings that earlier versions accepted and stored unchanged: with a trunk prefix
  /// behind the calling code, and with Argentina's 15 behind the area code. For a number that is
  /// not in canonical form, returns the canonical form and its spellings.
  package static func former(of numbers: [String]) -> [String] {
    var found: [String] = []
    for number in numbers {
      let canonical = (try? PhoneNumber(number))?.e164 ?? number
      for spelling in [canonical] + former(of: canonical)
      where !numbers.contains(spelling) && !found.contains(spelling) {
        found.append(spelling)
      }
    }
    return found
  }

  /// Returns the former spellings of a number in canonical form.
  package static func former(of e164: String) -> [String] {
    let digits = e164.utf8.dropFirst().map { $0 &- UInt8(ascii: "0") }
    guard let (plans, codeLength) = PhonePlans.world.plans(of: digits) else { return [] }
    let code = Array(digits[..<codeLength])
    let own = Array(digits[codeLength...])
    let prefixes = plans.main.trunkPrefixes
    var spellings = prefixes.map { code + $0 + own }
    if code == [5, 4], own.first == 9 {
      for area in 2...4 where own.count > area + 1 {
        let mobile = own.dropFirst().prefix(area) + [1, 5] + own.dropFirst(area + 1)
        spellings.append(code + mobile)
        spellings += prefixes.map { code + $0 + mobile }
      }
    }
    return spellings.map(PhoneNumber.text).filter { spelling in
      PhoneNumber.digitCount.contains(spelling.utf8.count - 1)
        && (try? PhoneNumber(spelling))?.e164 == e164
    }
  }
}
