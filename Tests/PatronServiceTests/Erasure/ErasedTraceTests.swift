import Foundation
import PatronProto
import PatronStore
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that no file holds data of an erased customer.
@Suite(.timeLimit(.minutes(15)))
struct ErasedTraceTests {
  /// Returns the uses of the markers that the database, its WAL and the other files hold.
  private func traces(_ markers: [String: String], in directory: String) throws -> [String] {
    var found: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      let data = try Data(contentsOf: URL(filePath: directory + "/" + name))
      for (marker, what) in markers where contains(data, marker) {
        found.append("\(name): \(what)")
      }
    }
    return found.sorted()
  }

  /// Returns true if the data contains the text. `Data.range(of:)` took three quarters of the test.
  private func contains(_ data: Data, _ text: String) -> Bool {
    let part = Array(text.utf8)
    return data.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      var index = 0
      while bytes.count - index >= part.count,
        let hit = memchr(base + index, Int32(part[0]), bytes.count - index)
      {
        index = base.distance(to: UnsafeRawPointer(hit))
        guard bytes.count - index >= part.count else { return false }
        if memcmp(hit, part, part.count) == 0 { return true }
        index += 1
      }
      return false
    }
  }

  /// The maximum number of copies that SQLite may leave in the unused part of pages that it rebuilt
  /// before the erasure: `secure_delete` overwrites freed space, but not the bytes that a rebuild
  /// of the page left behind. About one in a hundred rows has one.
  private static let strayCopies = 4

  /// Adds other customers, whose records share pages with the customer's.
  private func addOthers(_ shop: Shop, _ range: Range<Int>) async throws {
    for number in range {
      try await shop.upsert {
        $0.externalID = "other\(number)"
        $0.email = "\(number * 7919 % 1000)other@example.com"
        $0.phoneNumber = "+1415556\(1000 + number)"
        $0.tags = "vip"
        $0.address = .with { $0.city = "Delft" }
      }
      try await shop.record(of: { $0.externalID = "other\(number)" }) {
        RecordEventTests.quiz("\(number * 7919 % 1000)other")(&$0)
        $0.properties["text"] = .text(String(repeating: "t", count: number))
      }
      try await shop.sync(.of("other\(number)", 100)) { $0.externalID = "other\(number)" }
    }
  }

  private func waitForTruncatedLog(_ shop: Shop) async throws {
    let path = shop.store.directory.databasePath + "-wal"
    for _ in 0..<6000 {
      if try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 0 { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("the log was not emptied")
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func noneIsLeft(_ mode: DeleteMode) async throws {
    var kept: Shop?
    var markers: [String: String] = [:]
    var directory = ""
    try await Shop.open { shop in
      kept = shop
      directory = (shop.store.directory.databasePath as NSString).deletingLastPathComponent
      try await addOthers(shop, 0..<100)
      var customer = MarkedCustomer(shop)
      try await customer.fill()
      try await addOthers(shop, 100..<200)
      markers = customer.markers
      let before = try traces(markers, in: directory)
      #expect(Set(before.map { $0.split(separator: ": ")[1] }).count > markers.count * 9 / 10)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let receipt = try await shop.customers.deleteCustomer(
        .with {
          $0.customer = .with { $0.ref = .phoneNumber("+14155557391") }
          $0.mode = mode
          $0.reason = "asked by letter"
          $0.requestID = "erase-1"
        }
      )
      #expect(receipt.receiptID > 0 && receipt.eventCount > 10 && receipt.orderCount == 1)
      #expect(receipt.suppressionCount == 2)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      try await waitForTruncatedLog(shop)
      let left = try traces(markers, in: directory)
      #expect(left.count <= Self.strayCopies, "\(left)")
      #expect(try await shop.search("marked") == [])
      #expect(try await shop.list(size: 100).customers.allSatisfy { $0.externalID != nil })
    }
    let left = try traces(markers, in: directory)
    #expect(left.count <= Self.strayCopies, "after the server has closed: \(left)")
    let options = StoreOptions(directory: directory, migrations: Migration.all)
    let (before, after) = try Store.compact(options)
    #expect(after > 0 && after <= before)
    let rewritten = try traces(markers, in: directory)
    #expect(rewritten == [])
    let store = try Store(options)
    #expect(try store.check([RecordChecks.run]) == [])
    store.close()
    #expect(kept != nil)
  }
}
