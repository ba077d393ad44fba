import PatronModel
import TestKit
import Testing

/// External ids of field data, from Tests/Field/external_ids.tsv.
@Suite struct PlaceholderTests {
  private struct Case {
    var isRefused: Bool
    var text: String
  }

  private static func cases() throws -> [Case] {
    try FieldFiles.rows("external_ids.tsv").map { cells in
      try #require(cells.count == 3 && ["refused", "taken"].contains(cells[0]), "\(cells)")
      return Case(isRefused: cells[0] == "refused", text: cells[1])
    }
  }

  @Test func whatIsNobodysIsRefusedAndNoIdentifierIs() throws {
    let cases = try Self.cases()
    #expect(cases.filter(\.isRefused).count > 150 && cases.filter { !$0.isRefused }.count > 60)
    for row in cases {
      let reason = RuleError.reason { () throws(RuleError) in try ExternalID(row.text) }
      #expect(reason == (row.isRefused ? "EXTERNAL_ID_PLACEHOLDER" : nil), "\(row.text)")
      #expect(try ExternalID(row.text, takesPlaceholders: true).value == row.text)
    }
  }

  @Test func spaceAndCaseDoNotMatter() throws {
    for row in try Self.cases() where row.isRefused {
      for text in [" \(row.text) ", "\u{A0}\(row.text)"] {
        #expect(
          RuleError.reason { () throws(RuleError) in try ExternalID(text) }
            == "EXTERNAL_ID_PLACEHOLDER",
          "\(text)"
        )
      }
      #expect(Placeholder.matches(row.text.lowercased()), "\(row.text)")
    }
  }

  @Test func anyNumberOrCodeOfAShopIsTaken() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let number = Int64.random(in: 1..<9_000_000_000_000, using: &random)
      let texts = [
        String(number), "c\(number)", "K-\(number)", "gid://shop/Customer/\(number)",
        "\(number).5", String(number, radix: 36), "0\(number)", "\(number)E",
      ]
      // The base 36 of a number may be a word, or end like an extreme integer of a database.
      for text in texts where text.contains(where: { "123456789".contains($0) }) {
        #expect(!Placeholder.matches(text) || Self.ends.contains(text), "\(text)")
      }
    }
  }

  /// The error about a converted number says which program converted it.
  @Test(arguments: ["42.0", "7210448301122,00", "7.21045E+12", "\u{FF11}.0"])
  func theErrorAboutAConvertedNumberSaysWhatToDo(_ text: String) {
    #expect(Placeholder.error(text).message.contains("Format the column as text"))
    #expect(Placeholder.error(text).reason == "EXTERNAL_ID_PLACEHOLDER")
    #expect(!Placeholder.error("null").message.contains("Format"))
  }

  private static let ends: Set<String> = ["2147483647", "4294967295"]
}
