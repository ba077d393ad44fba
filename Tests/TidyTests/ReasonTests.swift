import Testing

/// Tests that the contract names every reason of an error, because it is their reference manual.
@Suite("Reasons")
struct ReasonTests {
  /// Reasons that callers cannot get: of values that no field of the contract carries, and of calls
  /// that the server retries itself. Reasons of the health service are here too.
  private static let unheard: Set<String> = [
    "BUDGET_EXCEEDED", "CSV_NUL", "MONEY_MALFORMED", "MONEY_OUT_OF_RANGE",
    "MONEY_TOO_PRECISE", "SEARCH_TOO_LONG", "SERVICE_UNKNOWN", "TAG_HAS_COMMA", "TIME_MALFORMED",
    "TIME_NOT_IN_CALENDAR", "TIME_ZONE_NAME",
  ]

  @Test("Every reason that a caller can get stands in the contract")
  func reasonsAreInTheContract() {
    var known: Set<Substring> = []
    for file in Repository.files(ending: ".proto", under: ["proto/patron"]) {
      for line in file.lines {
        known.formUnion(line.split { !($0.isLetter || $0.isNumber || $0 == "_") })
      }
    }
    var seen: Set<String> = []
    let folders = [
      "Sources/PatronCore", "Sources/PatronFiles", "Sources/PatronServer", "Sources/PatronService",
      "Sources/PatronModel",
    ]
    for file in Repository.files(ending: ".swift", under: folders) {
      for (index, line) in file.lines.enumerated() {
        for match in line.matches(of: /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/) {
          let reason = String(match.1)
          seen.insert(reason)
          #expect(
            known.contains(match.1) != Self.unheard.contains(reason),
            "\(file):\(index + 1): say in proto/patron where callers get \(reason)"
          )
        }
      }
    }
    #expect(Self.unheard.isSubset(of: seen), "an exception is left that nothing needs")
    #expect(seen.count > 100)
  }
}
