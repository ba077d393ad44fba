import Foundation
import PatronModel
import Testing

/// Example numbers of every region as people write them, against what libphonenumber reads. The file
/// is made by dev/phone-tables.
@Suite("Phone numbers of the world") struct PhoneConformityTests {
  struct Row {
    var form: String
    var country: CountryCode
    var text: String
    /// The number that is meant.
    var meant: String
    /// What libphonenumber reads; nil where that is nothing valid.
    var oracle: String?

    /// Nothing may be read in what a spreadsheet made of a number.
    var isRefused: Bool { form == "decimal" || form == "scientific" }
  }

  struct Figures {
    var all = 0
    var valid = 0
    var equal = 0
    var refused = 0
    var wrong = 0
  }

  static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Field/phones.tsv").standardized

  static func rows() throws -> [Row] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard !line.hasPrefix("#"), fields.count == 5 else { return nil }
      // Regions that are no country to Patron: it cannot be told that they are the default one.
      guard let country = try? CountryCode(fields[1]) else { return nil }
      return Row(
        form: fields[0], country: country, text: fields[2], meant: fields[3],
        oracle: fields[4] == "-" ? nil : fields[4] == "=" ? fields[3] : fields[4])
    }
  }

  @Test func readsWhatIsMeantAndNothingElse() throws {
    var byForm: [String: Figures] = [:]
    var wrong: [String] = []
    for row in try Self.rows() {
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
    var sum = Figures()
    for (form, figures) in byForm.sorted(by: { $0.key < $1.key }) {
      print(
        "\(form): \(figures.all), valid \(figures.valid), equal \(figures.equal), "
          + "refused \(figures.refused), wrong \(figures.wrong)")
      sum.all += figures.all
      sum.valid += figures.valid
      sum.equal += figures.equal
      sum.refused += figures.refused
      sum.wrong += figures.wrong
    }
    print(
      "all forms: \(sum.all), valid \(sum.valid), equal \(sum.equal), refused \(sum.refused), "
        + "wrong \(sum.wrong)")
    #expect(wrong.isEmpty)
    #expect(sum.valid > 8000)
    // Asked for is 99 %; what remains are numbers with two good readings, which are refused.
    #expect(Double(sum.equal) >= 0.995 * Double(sum.valid))
  }

  /// Numbers of North America obey the same rules with `+` and without.
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

  /// Every country has a plan, and each pattern in it can be read.
  @Test func everyCountryHasAPlan() throws {
    for code in CountryCode.all {
      let country = try CountryCode(code)
      let found = reason { () throws(RuleError) in
        try PhoneNumber("\(country.callingCode)000000000", defaultCountry: country)
      }
      #expect(found == "PHONE_NOT_E164" || found == nil, "\(code)")
    }
  }
}
