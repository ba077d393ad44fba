import TestKit
import Testing

@testable import PatronModel

struct CSVTests {
  private func line(_ cells: [String], _ safety: CSVSafety = .smart) throws -> String {
    var csv = CSVWriter(safety: safety)
    for cell in cells { try csv.cell(cell) }
    csv.endRow()
    return String(decoding: csv.take(), as: UTF8.self)
  }

  private func rows(_ text: String, chunk: Int = .max) throws -> [CSVRow] {
    var parser = CSVParser()
    var rest = Array(text.utf8)[...]
    var rows: [CSVRow] = []
    while !rest.isEmpty {
      parser.add(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
      while let row = try parser.next() { rows.append(row) }
    }
    parser.finish()
    while let row = try parser.next() { rows.append(row) }
    return rows
  }

  private func texts(_ row: CSVRow) -> [String] {
    row.cells.map { String(decoding: $0.dropFirst(CSVSafety.escapeCount($0)), as: UTF8.self) }
  }

  @Test func quotesOnlyWhereNeeded() throws {
    #expect(try line(["a", "b c", ""]) == "a,b c,\r\n")
    #expect(
      try line(["a,b", "say \"hi\"", "x\ny", "x\r\ny"])
        == "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\",\"x\r\ny\"\r\n"
    )
    #expect(try line([""]) == "\"\"\r\n")
    #expect(try line(["", ""]) == ",\r\n")
  }

  @Test(arguments: [
    ("=1+1", "'=1+1", "'=1+1"), ("@x", "'@x", "'@x"), ("-2+3", "'-2+3", "'-2+3"),
    ("+12025550143", "+12025550143", "'+12025550143"), ("-5.25", "-5.25", "'-5.25"),
    ("-", "'-", "'-"), ("+", "'+", "'+"), ("\tx", "'\tx", "'\tx"), ("'=x", "''=x", "''=x"),
    ("''=x", "'''=x", "'''=x"), ("''", "'''", "'''"), ("'", "'", "'"),
    ("'01234", "''01234", "''01234"), ("'12/5", "''12/5", "''12/5"), ("'90s", "'90s", "'90s"),
    ("'t Hooft", "'t Hooft", "'t Hooft"), ("'a@b.c", "''a@b.c", "''a@b.c"),
    ("'(0)30", "''(0)30", "''(0)30"), ("a@b.c", "a@b.c", "a@b.c"), ("a=b", "a=b", "a=b"),
    ("+1 202", "'+1 202", "'+1 202"),
  ])
  func marksFormulas(_ cell: String, smart: String, strict: String) throws {
    #expect(try line([cell], .smart) == smart + "\r\n")
    #expect(try line([cell], .strict) == strict + "\r\n")
    #expect(try line([cell], .off) == cell + "\r\n")
  }

  /// Removes the marks that spreadsheets put before and around digits that are text.
  @Test(arguments: [
    ("'7210448301122", "7210448301122"), ("'01234", "01234"), ("'+14155550100", "+14155550100"),
    ("'(0)30 12-34", "(0)30 12-34"), ("'030 12-34", "030 12-34"), ("'12a", "'12a"),
    ("'(415) 555-0102", "(415) 555-0102"), ("'+49 (30) 12", "+49 (30) 12"), ("'(a)", "'(a)"),
    ("'ada@example.com", "ada@example.com"), ("'o'brien@example.com", "o'brien@example.com"),
    ("''ada@example.com", "'ada@example.com"), ("'ada@example.com'", "'ada@example.com'"),
    ("'t me @ home", "'t me @ home"), ("'a,b@example.com", "'a,b@example.com"), ("'a@", "'a@"),
    ("=\"(415) 555-0102\"", "(415) 555-0102"),
    ("'90s", "'90s"), ("'", "'"), ("''7", "'7"), ("=\"01067\"", "01067"),
    ("=\"+49301234\"", "+49301234"), ("=\"a\"", "=\"a\""), ("=\"\"", "=\"\""),
    ("'=\"1\"", "=\"1\""),
    ("7", "7"), ("", ""),
  ])
  func removesMarks(_ cell: String, _ text: String) {
    #expect(String(decoding: CSVSafety.unmarked(Array(cell.utf8)), as: UTF8.self) == text)
  }

  @Test(arguments: [";", "\t", "|"])
  func anotherDelimiterMayReplaceTheComma(_ text: String) throws {
    var parser = CSVParser(delimiter: try #require(text.utf8.first))
    parser.add(Array("a\(text)\"b\(text)c\"\(text)d,e\n".utf8))
    parser.finish()
    #expect(try parser.next().map(texts) == ["a", "b\(text)c", "d,e"])
  }

  @Test func marksInsideQuotes() throws {
    #expect(try line(["=A1,B1"]) == "\"'=A1,B1\"\r\n")
    #expect(try line(["\rx"]) == "\"'\rx\"\r\n")
    #expect(try line(["\nx"]) == "\"'\nx\"\r\n")
  }

  @Test func refusesNUL() throws {
    let error = #expect(throws: RuleError.self) { try line(["a\0b"]) }
    #expect(error?.reason == "CSV_NUL")
  }

  @Test(arguments: [CSVSafety.smart, .strict])
  func everyTextSurvivesARoundTrip(_ safety: CSVSafety) throws {
    var random = SeededRandom()
    let seed = random.seed
    let pieces = [
      "=", "+", "-", "@", "\t", "'", "\"", ",", "\n", "\r\n", "\r", ";", " ", "a", "7", ".", "=1+1",
      "'=x", "''=x", "-2+3", "@x", "'a@b.c", "'(0)", "😀", "é", "👩‍👩‍👧", "\u{FEFF}", "+12025550143",
      "NULL",
    ]
    for round in 0..<300 {
      let width = Int.random(in: 1...5, using: &random)
      let table = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        (0..<width).map { _ in
          (0..<Int.random(in: 0...4, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
          }.joined()
        }
      }
      var csv = CSVWriter(safety: safety, byteOrderMark: round.isMultiple(of: 2))
      for row in table {
        for cell in row { try csv.cell(cell) }
        csv.endRow()
      }
      // The first cell may begin with the bytes of the mark: only a file with a real mark preserves
      // them.
      if table[0][0].hasPrefix("\u{FEFF}"), !round.isMultiple(of: 2) { continue }
      let text = String(decoding: csv.take(), as: UTF8.self)
      let chunk = [1, 2, 3, 7, 64, .max][round % 6]
      let read = try rows(text, chunk: chunk)
      #expect(
        read.map(texts).map { $0.map { Array($0.utf8) } }
          == table.map { $0.map { Array($0.utf8) } },
        "seed \(seed), round \(round), chunk \(chunk)"
      )
    }
  }

  @Test func readsBothLineBreaksAndCountsLines() throws {
    let text = "a,b\n\"x\ny\",2\r\n\r\n\nlast,"
    for chunk in [1, 2, 5, 100] {
      let read = try rows(text, chunk: chunk)
      #expect(read.map(\.line) == [1, 2, 6])
      #expect(read.map(texts) == [["a", "b"], ["x\ny", "2"], ["last", ""]])
      #expect(
        read.map { String(decoding: $0.raw, as: UTF8.self) } == ["a,b", "\"x\ny\",2", "last,"]
      )
    }
    #expect(try rows("\u{FEFF}a\r\n").map(texts) == [["a"]])
    #expect(try rows("").isEmpty && rows("\n\r\n").isEmpty)
    #expect(try rows("\"\"\n").map(texts) == [[""]])
  }

  @Test(arguments: [
    ("a\nb\"c\n", 2, CSVError.Problem.quoteInPlainCell), ("a\n\"b\"c\n", 2, .textAfterQuote),
    ("a\n\n\"b\nc", 3, .quoteNotClosed), ("a\rb", 1, .bareCarriageReturn),
    ("a\nb\r", 2, .bareCarriageReturn), ("a\n\"\n\0\"", 3, .nul), ("a\0", 1, .nul),
    ("\"a\"\rb", 1, .bareCarriageReturn),
  ])
  func errorsNameTheLine(_ text: String, _ line: Int, _ problem: CSVError.Problem) throws {
    for chunk in [1, 3, 100] {
      let error = #expect(throws: CSVError.self) { try rows(text, chunk: chunk) }
      #expect(error == CSVError(line: line, problem: problem), "chunk \(chunk)")
    }
  }

  @Test func refusesUTF16() {
    var parser = CSVParser()
    parser.add([0xFF, 0xFE, 0x61, 0x00])
    #expect(throws: CSVError(line: 1, problem: .utf16)) { try parser.next() }
  }

  @Test func enforcesItsLimits() throws {
    func read(_ text: String, _ limits: CSVLimits) throws -> CSVRow? {
      var parser = CSVParser(limits: limits)
      parser.add(Array(text.utf8))
      parser.finish()
      return try parser.next()
    }
    #expect(try read("a,b,c", CSVLimits(cells: 3))?.cells.count == 3)
    #expect(throws: CSVError(line: 1, problem: .tooManyCells(limit: 3))) {
      try read("a,b,c,d", CSVLimits(cells: 3))
    }
    #expect(try read("12345", CSVLimits(rowBytes: 5)) != nil)
    #expect(throws: CSVError(line: 1, problem: .rowTooLong(limit: 5))) {
      try read("123456", CSVLimits(rowBytes: 5))
    }
    // An unclosed quote does not collect the whole file.
    var parser = CSVParser(limits: CSVLimits(rowBytes: 100))
    parser.add(Array("\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 200))
    #expect(throws: CSVError(line: 1, problem: .rowTooLong(limit: 100))) { try parser.next() }
  }

  @Test func writesTimesAndNumbers() throws {
    for micros in [
      0, 1, -1, 1_700_000_000_123_456, 1_700_000_000_500_000, Timestamp.min.microseconds,
      Timestamp.max.microseconds, 951_782_400_000_000,
    ] as [Int64] {
      var csv = CSVWriter(safety: .smart)
      csv.time(micros)
      let text = String(decoding: csv.bytes, as: UTF8.self)
      #expect(try text == Timestamp(microseconds: micros).rfc3339)
    }
    var csv = CSVWriter(safety: .strict)
    csv.time(1_000_000, nanos: 7)
    for number in [0, 9, 10, 123, -45, .max, .min] as [Int64] { try csv.integer(number) }
    #expect(
      String(decoding: csv.bytes, as: UTF8.self)
        == "1970-01-01T00:00:01.000000007Z,0,9,10,123,'-45,\(Int64.max),'\(Int64.min)"
    )
  }
}

/// Columns of customer files, and lists in cells.
struct CustomerColumnTests {
  @Test func namesAreUniqueAndReadBack() {
    let columns = CustomerColumn.standard
    #expect(Set(columns.map(\.name)).count == columns.count)
    for column in columns { #expect(CustomerColumn(name: column.name) == column) }
    let loyalty = CustomerColumn.consent(.sms, .loyalty, .changedAt)
    #expect(loyalty.name == "sms_loyalty_consent_at")
    #expect(CustomerColumn(name: loyalty.name) == loyalty)
    #expect(CustomerColumn(name: "custom.size:int") == .property(name: "size", .int))
    #expect(CustomerColumn(name: "custom.size") == .property(name: "size", .string))
    for name in ["", "nope", "custom.", "custom.A:int", "custom.a:float", "Email"] {
      #expect(CustomerColumn(name: name) == nil, "\(name)")
    }
    #expect(CustomerColumn.nearest(to: "e_mail").first == "email")
    #expect(CustomerColumn.nearest(to: "orders").first == "order_count")
    #expect(CustomerColumn.nearest(to: "qqq").isEmpty)
  }

  @Test(arguments: [
    ("e-mail", "email"), ("E-Mail Address", "email"), ("mobile", "phone_number"),
    ("First Name", "first_name"), ("Telefon", "phone_number"), ("Prénom", "first_name"),
    ("PLZ", "zip"), ("Accepts Marketing", "accepts_email_marketing"),
    ("customer id", "external_id"), ("Country", "country_code"),
  ])
  func knowsSynonymsOfColumns(_ name: String, _ column: String) {
    #expect(CustomerColumn.nearest(to: name) == [column])
  }

  @Test(
    arguments: [
      ("vip, gold", ["vip", "gold"]), ("vip;gold", ["vip", "gold"]),
      ("vip | gold", ["vip", "gold"]),
      ("a;b, c", ["a;b", "c"]), ("\"VIP\",\"x y\"", ["VIP", "x y"]), ("\"a\"; b", ["a", "b"]),
      ("[\"a\", \"b\"]", ["a", "b"]), ("['a','b']", ["a", "b"]), ("[a, b]", ["a", "b"]),
      ("[B2B]", ["[B2B]"]), ("[A], [B]", ["[A]", "[B]"]), ("5\" disc, x", ["5\" disc", "x"]),
      ("\"a\"b, c", ["\"a\"b", "c"]), ("[]", []), ("", []), (" , ;", [";"]),
      ("\"say \"\"hi\"\"\"", ["say \"hi\""]), ("[\"a\\\"b\"]", ["a\"b"]),
      ("\"open", ["\"open"]),
    ] as [(String, [String])]
  )
  func readsListsOfTags(_ cell: String, _ tags: [String]) {
    #expect(TagCell.split(cell).tags == tags)
    #expect(!TagCell.split(cell).lostComma)
  }

  @Test func aCommaInATagBecomesASpace() {
    let read = TagCell.split("\"News, weekly\";\",\";\"a,b\"")
    #expect(read.tags == ["News weekly", "a b"] && read.lostComma)
  }

  @Test(arguments: [
    ["vip", "gold"], ["a;b"], ["a;b", "c"], ["a|b"], ["\"VIP\""], ["[x"], ["[\"a\"]"], ["5\" disc"],
    ["\"a", "b\""], [], ["[a", "b]"],
  ])
  func tagsSurviveARoundTrip(_ tags: [String]) {
    #expect(TagCell.split(TagCell.joined(tags)).tags == tags)
  }

  @Test func listsSurviveARoundTrip() {
    for items in [[], ["a"], ["a", "b"], ["a;b", "c\\d", "\\;"], ["", ""], ["x", ""]] {
      #expect(CellList.split(CellList.joined(items)) == items)
    }
  }
}
