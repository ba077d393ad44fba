import PatronModel
import Testing

@testable import PatronCore

/// Tests of the fields of requests about keys, on both sides of every limit.
struct KeyFieldTests {
  private func scopes(_ names: String...) -> (scopes: ScopeSet, reasons: [String]) {
    var violations = Violations()
    let scopes = KeyFields.scopes(names, &violations)
    return (scopes, violations.errors.map { "\($0.path) \($0.error.reason)" })
  }

  private func reason<Value>(_ body: () throws(RuleError) -> Value) -> String? {
    do throws(RuleError) {
      _ = try body()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func scopesAreNamedOnce() {
    #expect(scopes("customers:read", "watch").scopes == ScopeSet([.watch, .customersRead]))
    #expect(scopes("customers:read").reasons == [])
    #expect(scopes().reasons == ["scopes SCOPES_MISSING"])
    #expect(scopes("watch", "erase", "watch").reasons == ["scopes[2] SCOPE_REPEATED"])
    #expect(
      scopes("customers", "", "Watch", "*").reasons == (0..<4).map { "scopes[\($0)] SCOPE_UNKNOWN" }
    )
    var violations = Violations()
    let names = [String](repeating: "x", count: 10_000)
    _ = KeyFields.scopes(names, &violations)
    #expect(violations.errors.count < 20)
    var none = Violations()
    let all = KeyFields.scopes(Scope.allCases.map(\.rawValue), &none)
    #expect(all == .all && none.isEmpty)
  }

  @Test func descriptionsAreShort() throws {
    let most = String(repeating: "ü", count: KeyFields.maxDescriptionLength)
    #expect(try KeyFields.description(" \(most) ") == most)
    #expect(try KeyFields.description("") == "")
    #expect(
      reason { () throws(RuleError) in try KeyFields.description(most + "x") } == "TEXT_TOO_LONG"
    )
    #expect(
      reason { () throws(RuleError) in try KeyFields.description("a\u{1B}[0m") }
        == "TEXT_HAS_CONTROL_CHARACTER"
    )
  }

  @Test func endsAreInTheFuture() throws {
    #expect(try KeyFields.end(101, at: 100) == 101)
    for end: Int64 in [100, 99, .min] {
      #expect(
        reason { () throws(RuleError) in try KeyFields.end(end, at: 100) } == "EXPIRES_TOO_EARLY"
      )
    }
  }

  @Test func overlapsAreAtMostThirtyDays() throws {
    #expect(try KeyFields.overlap(seconds: nil) == 86_400_000_000)
    #expect(try KeyFields.overlap(seconds: 0) == 0)
    #expect(try KeyFields.overlap(seconds: 2_592_000) == 2_592_000_000_000)
    for seconds: Int32 in [-1, 2_592_001, .max, .min] {
      #expect(
        reason { () throws(RuleError) in try KeyFields.overlap(seconds: seconds) }
          == "OVERLAP_OUT_OF_RANGE"
      )
    }
  }

  @Test func idsAreWholeIDs() throws {
    let id = APIKey.random().id
    #expect(try KeyFields.id(id.text) == id)
    for text in ["", "*", String(id.text.dropLast()), id.text + "0", "patron_" + id.text] {
      #expect(reason { () throws(RuleError) in try KeyFields.id(text) } == "KEY_ID_MALFORMED")
    }
  }
}
