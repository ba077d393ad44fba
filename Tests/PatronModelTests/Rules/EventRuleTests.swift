import PatronModel
import Testing

@Suite struct EventRuleTests {
  private func reason(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? RuleError)?.reason
    }
  }

  @Test func sourceNames() {
    func check(_ name: String, _ source: EventSource = .thirdParty) -> String? {
      reason { try EventRules.checkSourceName(name, of: source) }
    }
    for good in ["quizapp", "a", "helpdesk_2", "3pl", String(repeating: "x", count: 255)] {
      #expect(check(good) == nil, "\(good)")
    }
    for bad in ["Quizapp", "quiz app", "quiz-app", "_a", "a_", "a__b", "käse", " a"] {
      #expect(check(bad) == "NAME_NOT_SNAKE_CASE", "\(bad)")
    }
    #expect(check(String(repeating: "x", count: 256)) == "NAME_TOO_LONG")
    #expect(check("") == "SOURCE_NAME_REQUIRED")
    #expect(check("", .ecommerce) == nil && check("", .product) == nil)
    #expect(check("My Shop", .ecommerce) == "NAME_NOT_SNAKE_CASE")
  }

  @Test func types() {
    func check(_ type: String, _ source: EventSource) -> String? {
      reason { try EventRules.checkType(type, of: source) }
    }
    #expect(check("order_placed", .ecommerce) == nil)
    #expect(check("sms_sent", .product) == nil)
    #expect(check("sms_sent", .ecommerce) == "TYPE_UNKNOWN")
    #expect(check("dragon_fed", .thirdParty) == nil)
    #expect(check("dragon_fed", .product) == "TYPE_UNKNOWN")
    for source in EventSource.allCases {
      #expect(check("", source) == "TYPE_REQUIRED")
      #expect(check("OrderShipped", source) == "NAME_NOT_SNAKE_CASE")
      #expect(check(String(repeating: "x", count: 256), source) == "NAME_TOO_LONG")
    }
    #expect(check(String(repeating: "x", count: 255), .thirdParty) == nil)
    #expect(check(String(repeating: "x", count: 255), .product) == "TYPE_UNKNOWN")
  }

  @Test func unknownTypesSuggestSimilarNames() {
    func message(_ type: String, _ source: EventSource) -> String {
      do {
        try EventRules.checkType(type, of: source)
        return ""
      } catch {
        return error.message
      }
    }
    #expect(message("order_place", .ecommerce).contains("order_placed"))
    #expect(message("order_canceled", .ecommerce).contains("order_cancelled"))
    #expect(message("points_earnt", .product).contains("points_earned"))
    #expect(message("order_created", .ecommerce).contains("order_"))
    #expect(message("zzzz", .ecommerce).contains("ListEventTypes"))
    #expect(!message("zzzz", .ecommerce).contains("spelt alike"))
  }

  @Test func eventIDs() throws {
    func check(_ id: String) -> String? { reason { _ = try EventRules.parseEventID(id) } }
    #expect(try EventRules.parseEventID(" a b\n") == "a b")
    #expect(check(" \t") == "EVENT_ID_LENGTH")
    #expect(check("a") == nil && check("Ä 1/2") == nil)
    #expect(check(String(repeating: "ä", count: 255)) == nil)
    #expect(check("") == "EVENT_ID_LENGTH")
    #expect(check(String(repeating: "ä", count: 256)) == "EVENT_ID_LENGTH")
    #expect(check("a\nb") == "TEXT_HAS_CONTROL_CHARACTER")
  }

  @Test func properties() {
    func reasons(_ sizes: [PropertySize]) -> [String] {
      EventRules.checkProperties(sizes).map { "\($0.path) \($0.error.reason)" }
    }
    func many(_ count: Int, bytes: Int) -> [PropertySize] {
      (0..<count).map { PropertySize(name: "p\($0)", valueBytes: bytes) }
    }
    #expect(reasons([]) == [])
    #expect(reasons(many(400, bytes: 1)) == [])
    #expect(reasons(many(401, bytes: 1)) == ["properties TOO_MANY_PROPERTIES"])
    #expect(reasons([PropertySize(name: "a", valueBytes: 8192)]) == [])
    #expect(
      reasons([PropertySize(name: "a", valueBytes: 8193)]) == ["properties.a PROPERTY_TOO_LARGE"]
    )
    #expect(reasons(many(8, bytes: 8190)) == [])
    #expect(reasons(many(8, bytes: 8191)) == ["properties PROPERTIES_TOO_LARGE"])
    let name = String(repeating: "n", count: 64)
    #expect(reasons([PropertySize(name: name, valueBytes: 0)]) == [])
    #expect(
      reasons([PropertySize(name: "", valueBytes: 0)]) == ["properties. PROPERTY_NAME_LENGTH"]
    )
    #expect(EventRules.checkProperties([PropertySize(name: name + "n", valueBytes: 0)]).count == 1)
    #expect(
      EventRules.checkProperties([PropertySize(name: "a\u{0}", valueBytes: 0)]).first?.error.reason
        == "PROPERTY_NAME_CHARACTERS"
    )
    let twice = [PropertySize(name: "a", valueBytes: 0), PropertySize(name: "a", valueBytes: 9000)]
    #expect(
      reasons(twice) == ["properties.a PROPERTY_DUPLICATE", "properties.a PROPERTY_TOO_LARGE"]
    )
  }

  @Test func keysTellSourcesApart() {
    let one = EventKey(source: .thirdParty, sourceName: "a", eventID: "1")
    #expect(one == EventKey(source: .thirdParty, sourceName: "a", eventID: "1"))
    #expect(one != EventKey(source: .thirdParty, sourceName: "b", eventID: "1"))
    #expect(one != EventKey(source: .product, sourceName: "a", eventID: "1"))
  }
}
