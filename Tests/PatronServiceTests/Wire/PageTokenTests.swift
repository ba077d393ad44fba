import PatronProto
import ProtoWire
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of page tokens without a server.
struct PageTokenTests {
  private func binding(
    _ list: PageBinding.List = .customers,
    _ store: String = "shop",
    filter: String = "f",
    order: String = "o"
  ) -> PageBinding {
    var binding = PageBinding(list, store: store)
    binding.bind(.filter, Fingerprint(filter))
    binding.bind(.order, Fingerprint(order))
    return binding
  }

  @Test(arguments: [[], [0], [1, -1], [Int64.min, Int64.max, 7]])
  func comesBackAsItWas(_ position: [Int64]) throws {
    let text = PageToken(position: position).text(boundTo: binding())
    let read = try PageToken(text, boundTo: binding(), count: position.count)
    #expect(read.position == position)
  }

  @Test func refusesEveryOtherText() {
    let good = PageToken(position: [42]).text(boundTo: binding())
    let bad = [
      "", "x", "ü", good + "A", String(good.dropLast()), good + "=", " " + good, good.uppercased(),
      PageToken(position: [42, 1]).text(boundTo: binding()), String(repeating: "A", count: 4000),
    ]
    for text in bad {
      #expect(throws: (any Error).self, "\(text)") {
        try PageToken(text, boundTo: binding(), count: 1)
      }
    }
  }

  @Test func saysWhatDoesNotFit() {
    let text = PageToken(position: [42]).text(boundTo: binding())
    let others: [(PageBinding, String)] = [
      (binding(.timeline), "is one of ListCustomers"), (binding(.customers, "shop2"), "store"),
      (binding(filter: "g"), "filter"), (binding(order: "p"), "order of the list"),
      (binding(.customers, "shop2", filter: "g", order: "p"), "another store"),
    ]
    for (other, expected) in others {
      do {
        _ = try PageToken(text, boundTo: other, count: 1)
        Issue.record("\(expected): the token was taken")
      } catch let refusal {
        let error = refusal.rpcError
        #expect(error.message.contains(expected + ":"), "\(error.message)")
        #expect(error.broken == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      }
    }
  }

  /// A list of a whole store has no other part, so the store's fingerprint takes all bits.
  @Test func aStoreAloneHasAllBits() throws {
    let text = PageToken(position: [42]).text(boundTo: PageBinding(.pendingParts, store: "shop"))
    let read = try PageToken(text, boundTo: PageBinding(.pendingParts, store: "shop"), count: 1)
    #expect(read.position == [42])
    #expect(throws: (any Error).self) {
      try PageToken(text, boundTo: PageBinding(.pendingParts, store: "shop2"), count: 1)
    }
    let value = Fingerprint("shop").value
    #expect(Fingerprint("shop").folded(to: 64) == value)
    #expect(Fingerprint("shop").folded(to: 1) == UInt64(value.nonzeroBitCount & 1))
  }

  @Test func noPartIsTakenForAnother() throws {
    // The number of requests of which a caller might hold tokens.
    var seen: [UInt64: String] = [:]
    for number in 0..<2000 {
      for text in ["filter \(number)", "\(number)"] {
        let folded = Fingerprint(text).folded(to: 32)
        let twin = seen.updateValue(text, forKey: folded)
        #expect(twin == nil, "\(text)")
        #expect(Fingerprint(text).folded(to: 21) < 1 << 21)
      }
    }
  }

  @Test func base64IsThatOfRFC4648() {
    let known: [(String, String)] = [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ]
    for (plain, encoded) in known {
      #expect(Base64.encode(Array(plain.utf8), as: .url) == encoded)
      #expect(Base64.decode(exactly: encoded, as: .url) == Array(plain.utf8))
    }
    #expect(Base64.encode([0xfb, 0xff], as: .url) == "-_8")
    #expect(Base64.decode(exactly: "-_9", as: .url) == nil, "bits that are not used must be zero")
  }

  @Test func partsOfAFingerprintDoNotRunTogether() {
    var left = Fingerprint("list")
    var right = Fingerprint("list")
    left.add("ab")
    left.add("c")
    right.add("a")
    right.add("bc")
    #expect(left.value != right.value)
    #expect(Fingerprint("shop").value != Fingerprint("shop2").value)
    #expect(Fingerprint(12).value != Fingerprint(21).value)
  }
}
