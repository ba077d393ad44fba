import Foundation
import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Table of keys")
struct KeyTableTests {
  private let store = StoreID("shop")

  private func open() throws -> LaneStore { try LaneStore { $0.migrations = Migration.all } }

  /// Returns a record whose times are small numbers.
  private func record(
    _ lane: LaneStore,
    _ key: APIKey = .random(),
    of store: StoreID? = StoreID("shop"),
    at createdAt: Int64 = 10,
    until expiresAt: Int64? = nil
  ) throws -> KeyRecord {
    KeyRecord(
      id: key.id,
      store: store,
      scopes: [],
      hash: try lane.store.keyDirectory().pepper.hash(key),
      description: "till 4",
      createdAt: createdAt,
      expiresAt: expiresAt
    )
  }

  private func change(
    _ lane: LaneStore,
    _ body: @escaping @Sendable (KeyWriter) throws -> Void
  ) throws {
    try lane.write { transaction in
      try body(KeyWriter(transaction))
      return []
    }
  }

  private func read<Result>(
    _ lane: LaneStore,
    _ body: (KeyReader) throws -> Result
  ) throws -> Result {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { try body(KeyReader($0)) }
  }

  @Test func aKeyComesBackAsItWas() throws {
    let lane = try open()
    let plain = try record(lane, of: nil)
    var full = try record(lane, until: 99)
    full.scopes = ScopeSet(rawValue: .max)
    full.formerHash = [1, 2]
    full.formerUntil = 50
    full.revokedAt = 60
    full.lastUsedAt = 0
    full.limits = []
    full.description = "Kasse – Süd"
    let rows = [plain, full]
    try change(lane) { keys in for row in rows { try keys.insert(row) } }
    #expect(try read(lane) { try $0.key(plain.id) } == plain)
    #expect(try read(lane) { try $0.key(full.id) } == full)
    #expect(try read(lane) { try $0.key(APIKey.random().id) } == nil)
    #expect(try read(lane) { try $0.keys() }.count == 2)
  }

  @Test func pagesHaveEveryKeyOnceTheOldestFirst() throws {
    let lane = try open()
    // Several keys have the same time, and more than one store has keys.
    var rows: [KeyRecord] = []
    for number in 0..<23 {
      rows.append(
        try record(lane, of: number % 3 == 0 ? nil : store, at: Int64(number / 5))
      )
    }
    let all = rows
    try change(lane) { keys in for row in all { try keys.insert(row) } }
    for owner in [nil, KeyOwner.everyStore, KeyOwner(store)] {
      var found: [KeyRecord] = []
      var place = KeyPlace.beginning
      while true {
        let page = try read(lane) { try $0.keys(of: owner, after: place, limit: 4) }
        guard let last = page.last else { break }
        found += page
        place = KeyPlace(createdAt: last.createdAt, id: last.id)
      }
      let expected = all.filter { owner == nil || KeyOwner($0.store) == owner }
        .sorted { ($0.createdAt, $0.id.value) < ($1.createdAt, $1.id.value) }
      #expect(found.map(\.id) == expected.map(\.id))
      #expect(try read(lane) { try $0.count(of: owner) } == expected.count)
    }
  }

  @Test func activeKeysAreNeitherRevokedNorExpired() throws {
    let lane = try open()
    let endless = try record(lane)
    let later = try record(lane, until: 101)
    let ended = try record(lane, until: 100)
    var revoked = try record(lane, until: 200)
    revoked.revokedAt = 5
    let rows = [endless, later, ended, revoked]
    try change(lane) { keys in for row in rows { try keys.insert(row) } }
    let active = try read(lane) { try $0.keys(of: nil, activeAt: 100, limit: 9) }
    #expect(Set(active.map(\.id)) == [endless.id, later.id])
    #expect(try read(lane) { try $0.activeCount(of: KeyOwner(store), at: 100) } == 2)
    #expect(try read(lane) { try $0.activeCount(of: .everyStore, at: 100) } == 0)
    #expect(rows.map { $0.isValid(at: 100) } == [true, true, false, false])
    #expect(later.isExpired(at: 100) == false && later.isExpired(at: 101))
  }

  /// First the one that ended first, by revocation or expiry, and with its names.
  @Test func endedKeysAreDeletedInTheOrderOfTheirEnds() throws {
    let lane = try open()
    let active = try record(lane, until: 200)
    let expired = try record(lane, until: 20)
    var revoked = try record(lane, until: 500)
    revoked.revokedAt = 10
    var revokedLater = try record(lane)
    revokedLater.revokedAt = 30
    var other = try record(lane, of: nil)
    other.revokedAt = 1
    let rows = [active, expired, revoked, revokedLater, other]
    try change(lane) { keys in
      for row in rows {
        try keys.insert(row)
        try keys.bind("DNS:\(row.id)", to: row.id)
      }
    }
    let owner = KeyOwner(store)
    func delete(of owner: KeyOwner? = nil, at now: Int64) throws -> Bool {
      try lane.write { [try KeyWriter($0).deleteEnded(of: owner, at: now) ? 1 : 0] } == [1]
    }
    for gone in [revoked, expired, revokedLater] {
      #expect(try delete(of: owner, at: 100))
      #expect(try read(lane) { try $0.key(gone.id) } == nil)
      #expect(try read(lane) { try $0.key(named: "DNS:\(gone.id)") } == nil)
    }
    #expect(try delete(of: owner, at: 199) == false)
    #expect(try delete(at: 199))
    #expect(try read(lane) { try $0.keys() }.map(\.id) == [active.id])
    #expect(try delete(at: 200))
    #expect(try read(lane) { try $0.names() } == [:])
  }

  @Test func namesBelongToOneKey() throws {
    let lane = try open()
    let (one, two) = (try record(lane), try record(lane))
    try change(lane) { keys in
      try keys.insert(one)
      try keys.insert(two)
      try keys.bind("UID:1000", to: one.id)
      try keys.bind("DNS:a.example.com", to: one.id)
    }
    #expect(try read(lane) { try $0.names(of: one.id) } == ["DNS:a.example.com", "UID:1000"])
    try change(lane) { try $0.bind("UID:1000", to: two.id) }
    #expect(try read(lane) { try $0.key(named: "UID:1000") } == two.id)
    try change(lane) { try $0.unbind("UID:1000") }
    #expect(try read(lane) { try $0.names() } == ["DNS:a.example.com": one.id])
  }

  @Test func everyChangeIsCounted() throws {
    let lane = try open()
    var row = try record(lane)
    var version = lane.store.keysVersion
    func grows(_ body: @escaping @Sendable (KeyWriter) throws -> Void) throws -> Bool {
      try change(lane, body)
      defer { version = lane.store.keysVersion }
      return lane.store.keysVersion > version
    }
    let first = row
    #expect(try grows { try $0.insert(first) })
    row.revokedAt = 70
    row.hash = [7]
    row.expiresAt = 80
    let second = row
    #expect(try grows { try $0.update(second) })
    #expect(try read(lane) { try $0.key(row.id) } == row)
    #expect(try grows { try $0.bind("UID:1", to: second.id) })
    #expect(try grows { try $0.unbind("UID:1") })
    #expect(try grows { try $0.noteUses([second.id: 3_600_000_000]) } == false)
    #expect(try grows { _ = try $0.read.keys() } == false)
    #expect(try grows { _ = try $0.deleteEnded(at: 100) })
    #expect(throws: Rejected.self) {
      try change(lane) { keys in
        try keys.insert(first)
        throw Rejected()
      }
    }
    #expect(try read(lane) { try $0.keys() } == [])
  }

  @Test func lastUseIsAnHourAndOnlyGrows() throws {
    let lane = try open()
    let row = try record(lane)
    try change(lane) { try $0.insert(row) }
    let uses = KeyUses()
    let hour = KeyUses.hour
    #expect(KeyUses.hour(of: 3 * hour) == 3 * hour)
    #expect(KeyUses.hour(of: 4 * hour - 1) == 3 * hour)
    #expect(KeyUses.hour(of: -1) == -hour)
    func written() throws -> Int64? {
      try lane.write { transaction in
        try uses.write(in: transaction)
        return []
      }
      return try read(lane) { try $0.key(row.id)?.lastUsedAt }
    }
    #expect(try written() == nil)
    uses.note(row.id, inHour: 5 * hour)
    uses.note(row.id, inHour: 4 * hour)
    // A key that does not exist any more.
    uses.note(APIKey.random().id, inHour: 5 * hour)
    #expect(try written() == 5 * hour)
    uses.note(row.id, inHour: 3 * hour)
    #expect(try written() == 5 * hour)
    let changes = try lane.write { transaction in
      let before = transaction.totalChanges
      try uses.write(in: transaction)
      return [UInt8(transaction.totalChanges - before)]
    }
    #expect(changes == [0])
    uses.note(row.id, inHour: 6 * hour)
    #expect(try written() == 6 * hour)
  }

  @Test func theLastUsesAreWrittenBeforeTheStoreCloses() throws {
    let directory = TemporaryDirectory()
    let open = {
      try LaneStore { $0 = StoreOptions(directory: directory.path, migrations: Migration.all) }
    }
    let lane = try open()
    let row = try record(lane)
    try change(lane) { try $0.insert(row) }
    let uses = KeyUses()
    uses.note(row.id, inHour: 5 * KeyUses.hour)
    uses.writeLast(to: lane.store)
    lane.store.close()
    let again = try open()
    #expect(try read(again) { try $0.key(row.id)?.lastUsedAt } == 5 * KeyUses.hour)
  }

  @Test func onlyTheSecretOfTheKeyIsAccepted() throws {
    let lane = try open()
    let pepper = try lane.store.keyDirectory().pepper
    let key = APIKey.random()
    var row = try record(lane, key)
    let now: Int64 = 100
    #expect(row.hash.count == 32)
    #expect(pepper.verifies(key, as: row, at: now))
    #expect(!pepper.verifies(.random(for: key.id), as: row, at: now))
    #expect(!pepper.verifies(.random(), as: row, at: now))
    #expect(!pepper.verifies(key, as: nil, at: now))
    // After a rotation both secrets are good until the end of the former one.
    let next = APIKey.random(for: key.id)
    row.formerHash = row.hash
    row.hash = pepper.hash(next)
    row.formerUntil = 101
    #expect(pepper.verifies(next, as: row, at: now))
    #expect(pepper.verifies(key, as: row, at: now))
    #expect(!pepper.verifies(key, as: row, at: 101))
    #expect(!pepper.verifies(.random(for: key.id), as: row, at: now))
    row.formerUntil = nil
    #expect(!pepper.verifies(key, as: row, at: now))
    // The hash of one database is worth nothing in another.
    let otherLane = try open()
    let other = try otherLane.store.keyDirectory().pepper
    #expect(other.hash(next) != pepper.hash(next))
    #expect(!other.verifies(next, as: row, at: now))
  }

  @Test func theFileHasNoSecret() throws {
    let directory = TemporaryDirectory()
    let key = APIKey.random()
    do {
      let lane = try LaneStore {
        $0 = StoreOptions(directory: directory.path, migrations: Migration.all)
      }
      let row = try record(lane, key)
      try change(lane) { try $0.insert(row) }
      lane.store.close()
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.path + "/patron.db"))
    #expect(bytes.range(of: Data(key.id.bytes)) != nil)
    #expect(bytes.range(of: Data(key.secret.bytes)) == nil)
    #expect(bytes.range(of: Data(key.text.utf8.dropFirst(34))) == nil)
  }

  @Test func damagedRowsAreDamage() throws {
    for sql in [
      "UPDATE api_keys SET key_id = x'0102'", "UPDATE api_keys SET store_id = 'No Store'",
    ] {
      let lane = try open()
      let row = try record(lane)
      try change(lane) { try $0.insert(row) }
      let damage = Query(sql)
      try lane.write { transaction in
        try transaction.run(damage)
        return []
      }
      #expect {
        try lane.store.keyDirectory()
      } throws: { error in
        guard case StoreError.corrupt(let detail) = error else { return false }
        return detail.contains("API key")
      }
    }
  }

  @Test func theDirectoryHasEverything() throws {
    let lane = try open()
    let row = try record(lane)
    try lane.write { transaction in
      try KeyWriter(transaction).insert(row)
      try KeyWriter(transaction).bind("UID:7", to: row.id)
      for name in ["shop", "old"] {
        try StoreCatalogueWriter(transaction).insert(try #require(StoreID(name)), at: 3)
      }
      return []
    }
    try lane.write { transaction in
      try StoreCatalogueWriter(transaction).beginDeletion(of: try #require(StoreID("old")), at: 4)
      return []
    }
    let directory = try lane.store.keyDirectory()
    #expect(directory.keys == [row.id: row])
    #expect(directory.names == ["UID:7": row.id])
    #expect(directory.stores.map(\.name) == ["shop"])
    #expect(directory.leavingStores.map(\.name) == ["old"])
  }
}
