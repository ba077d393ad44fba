internal import Synchronization

/// The telephone plan of one country or territory: how its numbers are written there, and which
/// there are.
///
/// Two rules tell what a number is. What a plan *takes* has a length that it uses and begins as its
/// numbers do: so coarse that a range which is opened tomorrow passes. What is *known* lies in a
/// range that was assigned when the table was made.
final class PhonePlan: Sendable {
  /// ISO 3166-1, or `001` for the numbers of no country.
  let region: String
  /// The calling code, digit by digit.
  let code: [UInt8]
  /// What numbers are written with inside the country, or were, in front of their own digits.
  let trunkPrefixes: [[UInt8]]
  /// What calls abroad begin with.
  private let international: DigitPattern?
  /// What the own digits are found behind.
  private let leading: DigitPattern?
  /// What becomes of the last group of `leading`: `$1` among digits.
  private let transform: [UInt8]
  /// Numbers of digits, as bits.
  private let lengths: UInt32
  private let general: DigitPattern
  private let assigned: Substring
  private let assignedPattern = Mutex<DigitPattern?>(nil)

  /// Reads one line of the table.
  init(_ line: Substring) {
    let fields = line.split(separator: " ")
    precondition(fields.count == 9, "the table of telephone plans has a line of another form")
    func digits(_ text: Substring) -> [UInt8] { text.utf8.map { $0 &- UInt8(ascii: "0") } }
    func present(_ text: Substring) -> Substring? { text == "-" ? nil : text }
    region = String(fields[0])
    code = digits(fields[1])
    trunkPrefixes = present(fields[2])?.split(separator: ",").map(digits) ?? []
    international = present(fields[3]).map(DigitPattern.init)
    leading = present(fields[4]).map(DigitPattern.init)
    transform = Array((present(fields[5]) ?? "").utf8)
    lengths = UInt32(fields[6], radix: 16) ?? 0
    general = DigitPattern(fields[7])
    assigned = fields[8]
  }

  /// True when the plan has numbers like this one.
  func takes(_ number: [UInt8]) -> Bool {
    isPossible(number) && general.matchesWhole(number)
  }

  /// True when the number lies in a range that is assigned.
  func knows(_ number: [UInt8]) -> Bool {
    guard takes(number) else { return false }
    return assignedPattern.withLock { pattern in
      let made = pattern ?? DigitPattern(assigned)
      pattern = made
      return made.matchesWhole(number)
    }
  }

  /// True when it has more digits than any number of the plan.
  func isTooLong(_ number: [UInt8]) -> Bool {
    number.count >= UInt32.bitWidth - lengths.leadingZeroBitCount
  }

  /// True when it begins as numbers of the plan do, whatever its length.
  func isViable(_ number: [UInt8]) -> Bool { general.matchesWhole(number) }

  /// The digits behind the prefix of a call abroad; nil where there is none.
  func abroad(_ digits: [UInt8]) -> [UInt8]? {
    guard let end = international?.prefix(of: digits)?.end, end < digits.count, digits[end] != 0
    else { return nil }
    return Array(digits[end...])
  }

  /// A number as its own digits alone, where it is written with a prefix of the country's; what
  /// that makes too short is taken as it stands.
  func significant(_ number: [UInt8]) -> [UInt8] {
    let stripped = withoutPrefix(number)
    if stripped.count == number.count { return stripped }
    return isPossible(stripped) || isTooLong(stripped) ? stripped : number
  }

  /// The number without the prefix of the country's; with it where only that is a number.
  func withoutPrefix(_ number: [UInt8]) -> [UInt8] {
    guard let leading, let match = leading.prefix(of: number) else { return number }
    var stripped: [UInt8] = []
    if let group = match.groups.last, !group.isEmpty { stripped = transformed(number, match) }
    stripped += number[match.end...]
    return general.matchesWhole(number) && !general.matchesWhole(stripped) ? number : stripped
  }

  /// What the rule makes of what was found: `9$1`, for example.
  private func transformed(_ number: [UInt8], _ match: DigitPattern.Match) -> [UInt8] {
    var result: [UInt8] = []
    var isReference = false
    for byte in transform {
      guard byte != UInt8(ascii: "$") else {
        isReference = true
        continue
      }
      let digit = byte - UInt8(ascii: "0")
      if isReference {
        result += number[match.groups[Int(digit) - 1]]
      } else {
        result.append(digit)
      }
      isReference = false
    }
    return result
  }

  private func isPossible(_ number: [UInt8]) -> Bool {
    number.count < 32 && lengths & 1 << UInt32(number.count) != 0
  }
}
