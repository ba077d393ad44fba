import PatronModel
import Testing

struct KeyNameTests {
  @Test(arguments: [
    ("URI:spiffe://shop/agent", "URI:spiffe://shop/agent"), ("URI:A", "URI:A"),
    ("DNS:Agent.Example.COM", "DNS:agent.example.com"), ("DNS:*.example.com", "DNS:*.example.com"),
    ("DNS:a:b", "DNS:a:b"), ("UID:0", "UID:0"), ("UID:1000", "UID:1000"),
    ("UID:4294967294", "UID:4294967294"),
    ("URI:" + String.letters(251), "URI:" + String.letters(251)),
  ])
  func acceptsNames(given: String, expected: String) throws {
    #expect(try KeyName(given).value == expected)
  }

  @Test(arguments: [
    "", "URI", "URI:", "DNS:", "UID:", "uri:a", "IP:10.0.0.1", ":a", "URI: a", "URI:a b", "URI:é",
    "DNS:a\n", "URI:a\u{7F}", "UID:-1", "UID:+1", "UID:01", "UID:4294967295", "UID:4294967296",
    "UID:root", "URI:" + String.letters(252),
  ])
  func rejectsOthers(given: String) {
    let reason = RuleError.reason { () throws(RuleError) in try KeyName(given) }
    #expect(reason == "KEY_NAME_MALFORMED")
  }
}
