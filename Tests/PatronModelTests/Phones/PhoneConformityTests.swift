import Foundation
import TestKit
import Testing

@testable import PatronModel

/// Example numbers of every region, in the spellings that people use, compared with libphonenumber.
/// dev/phone-tables generates the file.
@Suite("Phone numbers of the world") struct PhoneConformityTests {
  struct Row {
    var form: String
    var country: CountryCode
    var text: String
    /// The intended number.
    var meant: String
    /// The number that libphonenumber reads; nil if it finds no valid one.
    var oracle: String?

    /// True for a number that a spreadsheet has converted, which must be refused.
    var isRefused: Bool { form == "decimal" || form == "scientific" }
  }

  struct Figures {
    var all = 0
    var valid = 0
    var equal = 0
    var refused = 0
    var wrong = 0

    static func + (one: Figures, other: Figures) -> Figures {
      Figures(
        all: one.all + other.all,
        valid: one.valid + other.valid,
        equal: one.equal + other.equal,
        refused: one.refused + other.refused,
        wrong: one.wrong + other.wrong
      )
    }

    /// Returns a row of the table in docs/phones.md.
    func row(_ form: String, share: String = "") -> String {
      let cells = [all, valid, equal, refused, wrong].map { number in
        let digits = String(number)
        return digits.count < 4 ? digits : "\(digits.dropLast(3)),\(digits.suffix(3))"
      }
      return "| \(form) | \(cells[0]) | \(cells[1]) | \(cells[2])\(share) | "
        + "\(cells[3]) | \(cells[4]) |"
    }
  }

  static func rows() -> [Row] {
    FieldFiles.lines("phones.tsv").compactMap { fields in
      guard fields.count == 5 else { return nil }
      // Patron cannot have these regions as default country, because they are not countries.
      guard let country = try? CountryCode(fields[1]) else { return nil }
      return Row(
        form: fields[0],
        country: country,
        text: fields[2],
        meant: fields[3],
        oracle: fields[4] == "-" ? nil : fields[4] == "=" ? fields[3] : fields[4]
      )
    }
  }

  @Test func readsWhatIsMeantAndNothingElse() throws {
    var byForm: [String: Figures] = [:]
    var wrong: [String] = []
    for row in Self.rows() {
      let read = (try? PhoneNumber(row.text, defaultCountry: row.country))?.e164
      byForm[row.form, default: Figures()].all += 1
      if let oracle = row.oracle {
        byForm[row.form, default: Figures()].valid += 1
        if read == oracle { byForm[row.form, default: Figures()].equal += 1 }
      }
      if read == nil {
        byForm[row.form, default: Figures()].refused += 1
      } else if read != row.meant || row.isRefused {
        byForm[row.form, default: Figures()].wrong += 1
        wrong.append("\(row.country.code) \(row.text)")
      }
    }
    let sum = byForm.values.reduce(Figures(), +)
    let share = Double(sum.equal * 1000 / sum.valid) / 10
    let table =
      byForm.sorted { $0.key < $1.key }.map { $0.value.row($0.key) }
      + [sum.row("all", share: " (\(share) %)")]
    print(table.joined(separator: "\n"))
    let docs = try String(contentsOfFile: FieldFiles.path("../../docs/phones.md"), encoding: .utf8)
    for row in table { #expect(docs.contains(row), "docs/phones.md lacks: \(row)") }
    #expect(wrong.isEmpty)
    #expect(sum.valid > 7500)
    // The requirement is 99 %. The rest are numbers with two equally good readings, which are
    // refused.
    #expect(Double(sum.equal) >= 0.995 * Double(sum.valid))
  }

  /// Numbers of North America follow the same rules with and without `+`.
  @Test func plusChangesNothingInNorthAmerica() throws {
    let country = try CountryCode("US")
    for area in ["055", "155", "211", "415", "684", "876", "911", "999"] {
      for rest in ["5550100", "0550100", "155010", "55501000"] {
        let own = area + rest
        let spellings = ["+1" + own, "1" + own, own, "+1 (\(area)) \(rest)"]
        let read = Set(spellings.map { (try? PhoneNumber($0, defaultCountry: country))?.e164 })
        #expect(read.count == 1, "\(own): \(read)")
      }
    }
  }

  @Test func everyCountryHasAPlan() throws {
    for code in CountryCode.all {
      #expect(PhonePlans.world.plan(of: try CountryCode(code)) != nil, "\(code)")
    }
  }

  /// Patterns are parsed when they are first needed; this test parses all.
  @Test func everyPlanCanBeRead() {
    let lines = PhonePlanTable.text.split(separator: "\n")
    #expect(lines.count > 240)
    for line in lines {
      let plan = PhonePlan(line)
      let assigned = DigitPattern(line.split(separator: " ")[8])
      #expect(!plan.code.isEmpty && !assigned.matchesWhole([]), "\(plan.region)")
    }
  }

  @Test func patternsMatchLikeRegularExpressions() {
    #expect(DigitPattern("1[2-4]\\d{2,3}").matchesWhole([1, 3, 9, 9]))
    #expect(!DigitPattern("1[2-4]\\d{2,3}").matchesWhole([1, 5, 9, 9]))
    #expect(!DigitPattern("1[2-4]\\d{2,3}").matchesWhole([1, 3, 9, 9, 9, 9]))
    #expect(DigitPattern("1(?:2|23)4?").matchesWhole([1, 2, 3, 4]))
    // The first alternative that leads to a match wins; counts are greedy.
    #expect(DigitPattern("(1|12)\\d?").prefix(of: [1, 2, 3])?.end == 2)
    #expect(DigitPattern("0(?:(1\\d)(2))?").prefix(of: [0, 1, 5, 2])?.groups == [1..<3, 3..<4])
    #expect(DigitPattern("0(?:(1\\d)(2))?").prefix(of: [0, 1, 5, 3])?.end == 1)
    #expect(DigitPattern("([47]\\d)$|1").prefix(of: [4, 1, 1]) == nil)
    #expect(DigitPattern("([47]\\d)$|1").prefix(of: [4, 1])?.groups == [0..<2])
  }
}
