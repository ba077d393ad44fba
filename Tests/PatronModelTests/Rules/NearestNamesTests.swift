import TestKit
import Testing

@testable import PatronModel

/// Tests of the search for the name that a typing error meant.
struct NearestNamesTests {
  private let names = ["default", "shop-berlin", "shop-bern", "shop-ber", "a", "eu", "us"]

  @Test(arguments: [
    ("defualt", "default"), ("defaul", "default"), ("deffault", "default"), ("Default", "default"),
    ("shop-berlim", "shop-berlin"), ("shop-bernn", "shop-bern"), ("sop-berlin", "shop-berlin"),
    ("e", "a"), ("eu-", "eu"), ("uu", "eu"),
  ])
  func findsTheNameThatWasMeant(_ given: String, _ expected: String) {
    #expect(NearestNames.misspelled(given, among: names) == expected)
    #expect(NearestNames.misspelled(given, among: names.reversed()) == expected)
  }

  /// Three steps are too many, for a short name two are.
  @Test(arguments: ["", "dfalt-", "production", "xy", "shop-be", "zzz"])
  func findsNothingElse(_ given: String) {
    let near = ["default", "shop-berlin", "eu"]
    #expect(NearestNames.misspelled(given, among: near) == nil)
  }

  @Test func longNamesAreComparedUpToTheLimit() {
    let longest = String.letters(64)
    #expect(NearestNames.misspelled("x" + longest.dropFirst(), among: [longest]) == longest)
    #expect(NearestNames.misspelled(longest + "x", among: [longest]) == nil)
    #expect(NearestNames.misspelled(longest, among: [longest + "x"]) == nil)
  }

  /// The quick look at lengths and letters leaves out no name that is near.
  @Test(arguments: SeededRandom.seeds(1...5))
  func findsWhatEveryComparisonFinds(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func name() -> String {
      String((0..<1 + random.below(6)).map { _ in "ab-1".randomElement(using: &random) ?? "a" })
    }
    for _ in 0..<300 {
      let names = (0..<8).map { _ in name() }
      let given = name()
      let limit = given.utf8.count <= 3 ? 1 : 2
      let expected = names.map { (NearestNames.distance(Array(given.utf8), Array($0.utf8)), $0) }
        .filter { $0.0 <= limit }.min { $0 < $1 }?.1
      #expect(NearestNames.misspelled(given, among: names) == expected, "\(given) of \(names)")
    }
  }
}
