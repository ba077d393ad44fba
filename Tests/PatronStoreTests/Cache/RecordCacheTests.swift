import TestKit
import Testing

@testable import PatronStore

/// Tests of the memory of records: what it keeps, what it refuses, what it leaves.
struct RecordCacheTests {
  private static func value(_ number: Int, count: Int = 300) -> [UInt8] {
    Array("value of \(number) ".utf8) + [UInt8](repeating: UInt8(number & 0xff), count: count)
  }

  @Test func smallSizesHaveNoCache() {
    #expect(RecordCache(bytes: 0) == nil)
    #expect(RecordCache(bytes: 1 << 20 - 1) == nil)
    #expect(RecordCache(bytes: 1 << 20) != nil)
  }

  @Test func keysAreSeparatedByStoreKindAndText() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let keys = [
      RecordKey("a", .externalID, 0, "bc"), RecordKey("ab", .externalID, 0, "c"),
      RecordKey("a", .email, 0, "bc"), RecordKey("a", .phone, 0, "bc"), RecordKey("a", .id, 7, ""),
      RecordKey("a", .id, 8, ""), RecordKey("b", .id, 7, ""), RecordKey("a", .externalID, 0, ""),
      RecordKey("a", .externalID, 0, "b\u{0}"), RecordKey("a", .externalID, 0, "b"),
      RecordKey("a", .externalID, 0, "e\u{301}"), RecordKey("a", .externalID, 0, "\u{e9}"),
    ]
    for (number, key) in keys.enumerated() { cache.fill(key, Self.value(number), count: 0) }
    for (number, key) in keys.enumerated() {
      #expect(cache.value(key) == Self.value(number), "\(number)")
    }
    let hashes = Set(keys.map(\.hash))
    #expect(hashes.count == keys.count)
  }

  @Test func anotherKeyWithTheSameHashNeverHits() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let one = RecordKey("a", .externalID, 0, "one", hash: 77)
    for other in [
      RecordKey("a", .externalID, 0, "two", hash: 77),
      RecordKey("b", .externalID, 0, "one", hash: 77),
      RecordKey("a", .email, 0, "one", hash: 77), RecordKey("a", .id, 1, "one", hash: 77),
      RecordKey("a", .externalID, 0, "one1", hash: 77),
    ] {
      cache.fill(one, Self.value(1), count: 0)
      #expect(cache.value(other) == nil)
      #expect(cache.value(one) == Self.value(1))
      cache.fill(other, Self.value(2), count: 0)
      #expect(cache.value(other) == Self.value(2))
      #expect(cache.value(one) == nil)
    }
    #expect(cache.measurements.records == 1)
  }

  @Test func aChangeRemovesAndRefusesOlderSnapshots() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let key = RecordKey.customer(1)
    cache.fill(key, Self.value(1), count: 4)
    cache.change([key.hash], commit: 5)
    #expect(cache.value(key) == nil)
    cache.fill(key, Self.value(1), count: 4)
    #expect(cache.value(key) == nil)
    cache.fill(key, Self.value(2), count: 5)
    #expect(cache.value(key) == Self.value(2))
  }

  @Test func aSnapshotDoesNotGetWhatMayBeNewer() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let key = RecordKey.customer(1)
    cache.fill(key, Self.value(1), count: 9)
    #expect(cache.value(key, in: 8) == nil)
    #expect(cache.value(key, in: 9) == Self.value(1))
    // An older snapshot had the same record, which no commit has changed since.
    cache.fill(key, Self.value(1), count: 8)
    #expect(cache.value(key, in: 8) == Self.value(1))
  }

  @Test func memoryStaysWithinItsBound() throws {
    for bytes in [1 << 20, 3 << 20, 9 << 20] {
      let cache = try #require(RecordCache(bytes: bytes))
      #expect(cache.measurements.bytes < bytes / 4)
      for number in 0..<(bytes / 200) {
        cache.fill(.customer(number), Self.value(number, count: number % 900), count: 0)
      }
      let measured = cache.measurements
      #expect(measured.bytes <= bytes && measured.bytes > bytes / 2, "\(bytes): \(measured)")
      #expect(measured.evictions > 0 && measured.records > bytes / 3000, "\(bytes): \(measured)")
    }
  }

  @Test func smallRecordsAreBoundByTheIndex() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    for number in 0..<20_000 { cache.fill(RecordKey("s", .id, Int64(number), ""), [1], count: 0) }
    let measured = cache.measurements
    #expect(measured.bytes <= 1 << 20 && measured.records <= 6144, "\(measured)")
    #expect(measured.records > 4000 && measured.evictions > 0, "\(measured)")
    #expect(cache.value(RecordKey("s", .id, 19_999, "")) == [1])
  }

  @Test func largeRecordsAreNotKept() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    cache.fill(.customer(1), [UInt8](repeating: 1, count: 16 << 10), count: 0)
    #expect(cache.value(.customer(1)) == nil)
    let largest = [UInt8](repeating: 1, count: (16 << 10) - 100)
    cache.fill(.customer(1), largest, count: 0)
    #expect(cache.value(.customer(1)) == largest)
    let long = String(repeating: "x", count: 1025)
    #expect(RecordKey(.externalID(long), of: .default) == nil)
  }

  @Test func aPassOverAllCustomersLeavesThoseThatAreReadOften() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let often = 0..<500
    for _ in 0..<3 {
      for number in often where cache.value(.customer(number)) == nil {
        cache.fill(.customer(number), Self.value(number), count: 0)
      }
    }
    // The memory is full when the pass begins.
    for number in 1000..<4000 { cache.fill(.customer(number), Self.value(number), count: 0) }
    for number in often where cache.value(.customer(number)) == nil {
      cache.fill(.customer(number), Self.value(number), count: 0)
    }
    for number in 10_000..<20_000 {
      cache.fill(.customer(number), Self.value(number), count: 0)
      let read = number % often.count
      if cache.value(.customer(read)) == nil {
        cache.fill(.customer(read), Self.value(read), count: 0)
      }
    }
    let kept = often.count { cache.value(.customer($0)) != nil }
    #expect(kept > 450, "\(kept) of 500")
  }

  @Test func nothingOfAChangedRecordStaysInMemory() throws {
    let cache = try #require(RecordCache(bytes: 1 << 20))
    let secret = Array("ada-lovelace-secret".utf8)
    // Through both queues, with evictions and further rounds.
    for number in 0..<9000 {
      let key = RecordKey.customer(number % 3000)
      if cache.value(key) == nil { cache.fill(key, secret + Self.value(number), count: 0) }
    }
    #expect(cache.contains(secret))
    cache.change((0..<3000).map { RecordKey.customer($0).hash }, commit: 1)
    #expect(cache.measurements.records == 0)
    #expect(!cache.contains(secret))
    #expect(!cache.contains(Array("customer-".utf8)))
  }
}
