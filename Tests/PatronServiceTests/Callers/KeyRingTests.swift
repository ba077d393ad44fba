import PatronModel
import PatronStore
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// The rights of keys while the keys in memory change.
struct KeyRingTests {
  /// A caller may have found its key just before another thread read the keys anew. Without a
  /// further change nothing would end the calls of such a caller.
  @Test func aRightThatEndedMeanwhileDoesNotBeginAgain() async throws {
    try await Shop.open { shop in
      let (key, kept) = (try await shop.key(of: "one"), try await shop.key(of: "one"))
      try await shop.write { transaction in
        try KeyWriter(transaction).bind("DNS:a.example.com", to: key.key.id)
        try KeyWriter(transaction).bind("DNS:b.example.com", to: kept.key.id)
      }
      let ring = KeyRing(of: shop.store, needsStores: false)
      let before = try ring.current().directory
      let (lost, other) = (
        try #require(before.keys[key.key.id]), try #require(before.keys[kept.key.id])
      )
      try await shop.revoke(key)
      try await shop.write { try KeyWriter($0).unbind("DNS:b.example.com") }
      _ = try ring.current()
      let endings = ring.endings
      #expect(ring.standing(of: lost).refusal?.reason == "KEY_REVOKED")
      #expect(
        ring.standing(of: lost, boundTo: "DNS:a.example.com").refusal?.reason == "KEY_REVOKED"
      )
      #expect(
        ring.standing(of: other, boundTo: "DNS:b.example.com").refusal?.reason == "KEY_REVOKED"
      )
      #expect(ring.endings == endings + 3, "a loop looks for calls to end")
      // The key whose name was taken away is as good as before.
      #expect(ring.standing(of: other).refusal == nil)
      #expect(ring.standing(of: other) === ring.standing(of: other))
    }
  }

  @Test func aRightEndsOnceForAllWhoUseIt() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let ring = KeyRing(of: shop.store, needsStores: false)
      let record = try #require(try ring.current().directory.keys[key.key.id])
      let standing = ring.standing(of: record)
      #expect(standing.refusal == nil)
      try await shop.revoke(key)
      ring.tick(at: 0)
      #expect(standing.refusal?.reason == "KEY_REVOKED")
      #expect(ring.endings == 1)
      ring.tick(at: 0)
      #expect(ring.endings == 1)
    }
  }
}
