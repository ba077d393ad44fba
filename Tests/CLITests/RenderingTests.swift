import Foundation
import PatronClient
import Testing

@testable import patron

/// Tests of text output.
struct RenderingTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("한", 2), ("😀", 2), ("👩‍👩‍👧", 2),
    ("ﾊ", 1), ("Ａ", 2), ("…", 1), ("─", 1),
  ])
  func measures(_ text: String, _ columns: Int) {
    #expect(TextWidth.columns(text) == columns)
  }

  @Test func cutsAndFills() {
    #expect(TextWidth.cut("abcdef", to: 6) == "abcdef")
    #expect(TextWidth.cut("abcdefg", to: 6) == "abcde…")
    #expect(TextWidth.cut("漢字漢字", to: 6) == "漢字…")
    #expect(TextWidth.fit("漢", to: 5) == "漢   ")
    #expect(TextWidth.fit("7", to: 3, right: true) == "  7")
    for width in 0...12 {
      #expect(TextWidth.columns(TextWidth.fit("漢字abc漢字", to: width)) == width)
    }
  }

  @Test func onlyATerminalHasAWidth() throws {
    let file = try TemporaryFile()
    let descriptor = open(file.path, O_RDONLY)
    defer { close(descriptor) }
    #expect(CLIEnvironment.columns(of: descriptor) == TextWidth.unlimited)
    for (given, expected) in [(20, 60), (60, 60), (200, 200), (0, 100)] {
      var (controller, terminal): (Int32, Int32) = (-1, -1)
      var size = winsize(ws_row: 24, ws_col: UInt16(given), ws_xpixel: 0, ws_ypixel: 0)
      try #require(openpty(&controller, &terminal, nil, nil, &size) == 0)
      #expect(CLIEnvironment.columns(of: terminal) == expected)
      close(controller)
      close(terminal)
    }
    var table = TextTable([.init(title: "A", least: 1), .init(title: "B", least: 1)])
    table.add([String(repeating: "a", count: 300), String(repeating: "b", count: 300)])
    let text = table.text(width: TextWidth.unlimited, style: Style(colors: false))
    #expect(!text.contains("…") && text.contains(String(repeating: "b", count: 300)))
  }

  @Test(arguments: [
    ("", "", "", ""), ("0a1b2c3d4e5f", "", "key 0a1b2c3d4e5f", "key 0a1b2c3d"),
    ("", "agent7", "agent7", "agent7"), ("0a1b", "agent7", "agent7, key 0a1b", "agent7"),
  ])
  func namesAuthors(_ key: String, _ somebody: String, _ long: String, _ short: String) {
    let author = Author.with {
      $0.keyID = key
      $0.onBehalfOf = somebody
    }
    #expect(ValueText.author(author) == long && ValueText.shortAuthor(author) == short)
    #expect(ValueText.author(nil).isEmpty && ValueText.shortAuthor(nil).isEmpty)
  }

  @Test func timelinesNameAuthorsBeforeTheProperties() {
    var timeline = TimelineText(width: 100, style: Style(colors: false))
    let event = Event.with {
      $0.title = "Ticket opened"
      $0.sourceName = "helpdesk"
      $0.author = .with { $0.onBehalfOf = "agent7" }
      $0.properties = ["stars": .with { $0.kind = .int64Value(5) }]
    }
    #expect(timeline.events([event]).contains("helpdesk · by agent7 · stars=5"))
  }

  @Test func tablesCutOnlyWhatMayBeCut() {
    var table = TextTable([
      .init(title: "ID"), .init(title: "NAME", least: 4), .init(title: "EMPTY"),
      .init(title: "SUM", right: true),
    ])
    table.add(["1", "a name that is too long", "", "5"])
    table.add(["22", "b\nc", "", "1,000"])
    #expect(
      table.text(width: 20, style: Style(colors: false)) == """
        ID  NAME         SUM
        1   a name t…      5
        22  b c        1,000

        """
    )
  }

  @Test func showsMoneyWithTheDecimalsOfTheCurrency() {
    #expect(ValueText.money(1699, "USD") == "16.99 USD")
    #expect(ValueText.money(-5, "USD") == "-0.05 USD")
    #expect(ValueText.money(100, "JPY") == "100 JPY")
    #expect(ValueText.money(1500, "KWD") == "1.500 KWD")
    #expect(ValueText.money(5, "???") == "5 minor units of ???")
    #expect(ValueText.count(1_234_567) == "1,234,567")
    #expect(ValueText.count(-1234) == "-1,234")
    #expect(ValueText.plural(1, "order") == "1 order")
    #expect(ValueText.enumeration(PaymentStatus.partiallyPaid) == "partially paid")
  }

  @Test func quotesCSV() {
    #expect(
      CSVText.line(["a,b", "say \"hi\"", "x\ny", "-1.5", "-x"])
        == "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\",-1.5,'-x\r\n"
    )
  }

  @Test func escapesJSON() {
    #expect(JSONText.string("a\"\\\n\u{1}é") == #""a\"\\\n\u0001é""#)
    #expect(JSONText.embedded(Array("{} {}".utf8)) == "\"{} {}\"")
    #expect(JSONText.embedded(Array(" [1] ".utf8)) == "[1]")
  }
}
