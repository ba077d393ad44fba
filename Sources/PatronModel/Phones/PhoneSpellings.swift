/// Other spellings of a number that reach the same line. What was said of a line must be found
/// whichever of them it was said of; hashes of addresses cannot be rewritten, so they are looked up
/// under each.
package enum PhoneSpellings {
  /// The number without the 9 of Argentina's mobile phones, or with it; nil elsewhere. Both are
  /// numbers of their own to libphonenumber, but no two lines there differ in it alone, and
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

  /// The spellings that were accepted, and kept as they are, before numbers had one form: with a
  /// trunk prefix behind the calling code, and Argentina's 15 behind the area code. Of a number
  /// that is in no such form itself they are those of that form, and that form.
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

  /// Those of a number in its one form.
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
