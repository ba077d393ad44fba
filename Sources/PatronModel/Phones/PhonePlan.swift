internal import Synchronization

/// The telephone plan of a country or territory: the form of its numbers, and the ranges in use.
///
/// There are two levels of validity. A number that the plan *takes* has a length in use and begins
/// as the plan's numbers do: coarse enough that a range opened tomorrow passes. A number that the
/// plan *knows* lies in a range that was assigned when the table was made.
final class PhonePlan: Sendable {
  /// The ISO 3166-1 code, or `001` for numbers of no country.
  let region: String
  /// The calling code, as digit values.
  let code: [UInt8]
  /// The prefixes that precede national numbers, now or formerly, as digit values.
  let trunkPrefixes: [[UInt8]]
  /// The international prefix.
  private let international: DigitPattern?
  /// The prefix in front of the own digits.
  private let leading: DigitPattern?
  /// The replacement for the last group of `leading`: digits and `$1`.
  private let transform: [UInt8]
  /// The numbers of digits in use, as a bit set.
  private let lengths: UInt32
  private let general: DigitPattern
  private let assigned: Substring
  private let assignedPattern = Mutex<DigitPattern?>(nil)

  /// Reads a line of the table.
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

  /// Returns true if the plan has numbers like this one.
  func takes(_ number: [UInt8]) -> Bool {
    isPossible(number) && general.matchesWhole(number)
  }

  /// Returns true if the number lies in an assigned range.
  func knows(_ number: [UInt8]) -> Bool {
    guard takes(number) else { return false }
    return assignedPattern.withLock { pattern in
      let made = pattern ?? DigitPattern(assigned)
      pattern = made
      return made.matchesWhole(number)
    }
  }

  /// Returns true if it has more digits than any number of the plan.
  func isTooLong(_ number: [UInt8]) -> Bool {
    number.count >= UInt32.bitWidth - lengths.leadingZeroBitCount
  }

  /// Returns true if it begins as numbers of the plan do, regardless of its length.
  func isViable(_ number: [UInt8]) -> Bool { general.matchesWhole(number) }

  /// Returns the digits behind the international prefix, or nil without that prefix.
  func abroad(_ digits: [UInt8]) -> [UInt8]? {
    guard let end = international?.prefix(of: digits)?.end, end < digits.count, digits[end] != 0
    else { return nil }
    return Array(digits[end...])
  }

  /// Returns the own digits of a number, without a national prefix. A number that would become too
  /// short is returned unchanged.
  func significant(_ number: [UInt8]) -> [UInt8] {
    let stripped = withoutPrefix(number)
    if stripped.count == number.count { return stripped }
    return isPossible(stripped) || isTooLong(stripped) ? stripped : number
  }

  /// Returns the number without the national prefix, or unchanged if only that is a number.
  func withoutPrefix(_ number: [UInt8]) -> [UInt8] {
    guard let leading, let match = leading.prefix(of: number) else { return number }
    var stripped: [UInt8] = []
    if let group = match.groups.last, !group.isEmpty { stripped = transformed(number, match) }
    stripped += number[match.end...]
    return general.matchesWhole(number) && !general.matchesWhole(stripped) ? number : stripped
  }

  /// Applies the replacement, such as `9$1`.
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
