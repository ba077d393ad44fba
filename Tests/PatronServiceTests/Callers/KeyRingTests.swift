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
      #expect(ring.standing(of: lost, secret: lost.hash).refusal?.reason == "KEY_REVOKED")
      #expect(
        ring.standing(of: lost, boundTo: "DNS:a.example.com").refusal?.reason == "KEY_REVOKED"
      )
      #expect(
        ring.standing(of: other, boundTo: "DNS:b.example.com").refusal?.reason == "KEY_REVOKED"
      )
      #expect(ring.endings == endings + 3, "a loop looks for calls to end")
      let unbound = ring.standing(of: other, boundTo: "DNS:b.example.com").refusal
      #expect(unbound?.message.contains("was unbound") == true)
      // The key whose name was taken away is as good as before.
      #expect(ring.standing(of: other, secret: other.hash).refusal == nil)
      #expect(
        ring.standing(of: other, secret: other.hash)
          === ring.standing(of: other, secret: other.hash)
      )
    }
  }

  @Test func aRightEndsOnceForAllWhoUseIt() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let ring = KeyRing(of: shop.store, needsStores: false)
      let record = try #require(try ring.current().directory.keys[key.key.id])
      let standing = ring.standing(of: record, secret: record.hash)
      #expect(standing.refusal == nil)
      try await shop.revoke(key)
      ring.tick(at: 0)
      #expect(standing.refusal?.reason == "KEY_REVOKED")
      #expect(ring.endings == 1)
      ring.tick(at: 0)
      #expect(ring.endings == 1)
    }
  }

  /// The error says which of the ways it was.
  @Test func anEndHasItsCause() async throws {
    try await Shop.open { shop in
      let names = ["DNS:a.example.com", "DNS:b.example.com", "DNS:c.example.com"]
      var keys: [TestKey] = []
      for _ in names { keys.append(try await shop.key(of: "one")) }
      let ids = keys.map(\.key.id)
      try await shop.write { transaction in
        for (name, id) in zip(names, ids) { try KeyWriter(transaction).bind(name, to: id) }
      }
      let ring = KeyRing(of: shop.store, needsStores: false)
      let directory = try ring.current().directory
      var standings: [KeyStanding] = []
      for (name, id) in zip(names, ids) {
        let record = try #require(directory.keys[id])
        standings.append(ring.standing(of: record, boundTo: name))
      }
      try await shop.revoke(keys[0])
      try await shop.write { transaction in
        try KeyWriter(transaction).unbind(names[1])
        // A name that is bound to another key.
        try KeyWriter(transaction).bind(names[2], to: ids[1])
      }
      ring.tick(at: 0)
      let causes = ["The key was revoked.", "it was unbound", "or bound to another key"]
      for (standing, cause) in zip(standings, causes) {
        #expect(standing.refusal?.code == .unauthenticated)
        #expect(standing.refusal?.reason == "KEY_REVOKED")
        #expect(standing.refusal?.message.contains(cause) == true, "\(cause)")
      }
    }
  }

  /// A rotation keeps the rights of the new secret, and of the former one for the overlap.
  @Test func aFormerSecretEndsWithItsOverlap() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one")
      let ring = KeyRing(of: shop.store, needsStores: false)
      func record() throws -> KeyRecord {
        try #require(try ring.current().directory.keys[key.key.id])
      }
      let first = try record()
      let old = ring.standing(of: first, secret: first.hash)
      func rotate(to hash: UInt8, until: Int64?) async throws -> KeyStanding {
        try await shop.write { transaction in
          guard var next = try KeyReader(transaction.read).key(key.key.id) else { return }
          next.formerHash = until == nil ? nil : next.hash
          next.formerUntil = until
          next.hash = [UInt8](repeating: hash, count: 32)
          next.expiresAt = 1_000
          try KeyWriter(transaction).update(next)
        }
        let now = try record()
        return ring.standing(of: now, secret: now.hash)
      }
      let second = try await rotate(to: 2, until: 100)
      ring.tick(at: 99)
      #expect(old.refusal == nil && second.refusal == nil && old !== second)
      ring.tick(at: 100)
      #expect(old.refusal?.reason == "KEY_EXPIRED" && second.refusal == nil)
      // Without an overlap the former secret ends at once. The new end is nobody's revocation.
      let third = try await rotate(to: 3, until: nil)
      #expect(second.refusal?.reason == "KEY_REVOKED" && third.refusal == nil)
      #expect(second.refusal?.message.contains("the key was rotated") == true)
      ring.tick(at: 999)
      #expect(third.refusal == nil)
      ring.tick(at: 1_000)
      #expect(third.refusal?.reason == "KEY_EXPIRED")
    }
  }

  @Test func aNewEndKeepsTheRight() async throws {
    try await Shop.open { shop in
      let key = try await shop.key(of: "one", until: 100)
      let ring = KeyRing(of: shop.store, needsStores: false)
      let record = try #require(try ring.current().directory.keys[key.key.id])
      let standing = ring.standing(of: record, secret: record.hash)
      try await shop.write { transaction in
        var later = record
        later.expiresAt = 200
        try KeyWriter(transaction).update(later)
      }
      ring.tick(at: 150)
      #expect(standing.refusal == nil)
      ring.tick(at: 200)
      #expect(standing.refusal?.reason == "KEY_EXPIRED")
    }
  }
}
