import PatronModel
import Testing

@Suite struct ValuesTagAndPropertyTests {
  @Test(arguments: [
    ("vip, gold", ["vip", "gold"]), ("", []), (" , ,", []), ("a,,b,", ["a", "b"]),
    ("VIP,vip,Vip,gold", ["VIP", "gold"]), ("b,a,b", ["b", "a"]),
    ("\u{A0}x\u{2003}, y z ", ["x", "y z"]),
    ("caf\u{E9},cafe\u{301},CAF\u{C9}", ["caf\u{E9}"]), ("e\u{301}", ["\u{E9}"]),
  ])
  func tags(given: String, expected: [String]) throws {
    let tags = try TagSet(commaSeparated: given).tags
    #expect(tags.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    #expect(try TagSet(commaSeparated: TagSet(tags).commaSeparated).tags == tags)
  }

  @Test func tagLimits() throws {
    let many = (1...250).map { "t\($0)" }
    #expect(try TagSet(many).tags == many)
    #expect(
      RuleError.reason { () throws(RuleError) in try TagSet(many + ["x"]) } == "TAGS_TOO_MANY"
    )
    #expect(try TagSet(many + ["T1", ""]).tags.count == 250)
    #expect(try TagSet([String.letters(255)]).tags.count == 1)
    #expect(
      RuleError.reason { () throws(RuleError) in try TagSet([String.letters(256)]) }
        == "TAG_TOO_LONG"
    )
    #expect(RuleError.reason { () throws(RuleError) in try TagSet(["a,b"]) } == "TAG_HAS_COMMA")
    #expect(
      RuleError.reason { () throws(RuleError) in try TagSet(commaSeparated: "a,b\u{7}c") }
        == "TAG_HAS_CONTROL_CHARACTER"
    )
  }

  @Test func tagKeysIgnoreCase() {
    #expect(TagSet.key(" VIP ") == TagSet.key("vip"))
    #expect(TagSet.key("vip") != TagSet.key("vips"))
  }

  @Test(arguments: ["a", "shoe_size", "2nd", "_", String.letters(32)])
  func propertyNames(name: String) {
    #expect(RuleError.reason { () throws(RuleError) in try CustomProperty.checkName(name) } == nil)
  }

  @Test(arguments: [
    ("", "PROPERTY_NAME_MALFORMED"), ("Shoe", "PROPERTY_NAME_MALFORMED"),
    ("shoe size", "PROPERTY_NAME_MALFORMED"), ("gr\u{F6}sse", "PROPERTY_NAME_MALFORMED"),
    ("a-b", "PROPERTY_NAME_MALFORMED"), (String.letters(33), "PROPERTY_NAME_TOO_LONG"),
  ])
  func rejectedPropertyNames(name: String, expected: String) {
    #expect(
      RuleError.reason { () throws(RuleError) in try CustomProperty.checkName(name) } == expected
    )
  }

  @Test(arguments: [
    PropertyValue.string(""), .string(String.letters(255)), .string(" a\nb "), .bool(false),
    .int(.min), .double(-0.5), .double(.greatestFiniteMagnitude), .timestamp(.max),
  ])
  func propertyValues(value: PropertyValue) {
    #expect(RuleError.reason { () throws(RuleError) in try value.check() } == nil)
    #expect(value.removes == (value == .string("")))
  }

  @Test(arguments: [
    (PropertyValue.string(String.letters(256)), "TEXT_TOO_LONG"),
    (.string("a\u{0}"), "TEXT_HAS_CONTROL_CHARACTER"),
    (.double(.infinity), "PROPERTY_NOT_FINITE"), (.double(.nan), "PROPERTY_NOT_FINITE"),
  ])
  func rejectedPropertyValues(value: PropertyValue, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try value.check() } == expected)
  }

  @Test func numberOfProperties() {
    #expect(RuleError.reason { () throws(RuleError) in try CustomProperty.checkCount(100) } == nil)
    #expect(
      RuleError.reason { () throws(RuleError) in try CustomProperty.checkCount(101) }
        == "PROPERTIES_TOO_MANY"
    )
  }
}
