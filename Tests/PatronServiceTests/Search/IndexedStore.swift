import Foundation
import PatronModel
import PatronProto
import ProtoWire
import ProtobufC
import SQLite
import TestKit

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// A database of customers without a server, whose writer a test drives step by step.
final class IndexedStore: Sendable {
  let directory: TemporaryDirectory
  let store: Store
  private let answers = AnswerQueue()

  init(
    _ directory: TemporaryDirectory = TemporaryDirectory(),
    migrations: [Migration] = Migration.all,
    _ change: (inout StoreOptions) -> Void = { _ in }
  ) throws {
    self.directory = directory
    var options = StoreOptions(directory: directory.path, migrations: migrations)
    // A test must not be refused because the machine is slow.
    options.limits.writeQueueWait = .seconds(3600)
    options.durability = .off
    change(&options)
    store = try Store(options)
  }

  deinit { store.close() }

  /// Queues a transaction without waiting for it.
  func submit(_ body: @escaping @Sendable (WriteTransaction) throws -> Void) throws {
    try store.writer.submit(
      WriteJob(deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)) {
        try body($0)
        return []
      }
    )
  }

  /// Waits for `count` queued transactions.
  func wait(_ count: Int = 1) throws {
    for _ in 0..<count { try answers.next() }
  }

  /// Runs a transaction and waits for its commit.
  func write(_ body: @escaping @Sendable (WriteTransaction) throws -> Void) throws {
    try submit(body)
    try wait()
  }

  /// Changes the database directly, on the writer's own thread.
  func tamper(_ sql: String) throws { try write { try $0.run(Query(sql)) } }

  /// Adds customers with these numbers, in one transaction.
  func add(_ numbers: Range<Int>, in store: String = "default") throws {
    try write { transaction in
      for number in numbers { try Self.insert(number, store, transaction) }
    }
  }

  static func insert(_ number: Int, _ store: String, _ transaction: WriteTransaction) throws {
    let writer = Self.writer(store, transaction)
    var row = try row(number, try writer.nextCustomerID())
    row.provenance = []
    try writer.insert(row)
  }

  /// Gives a customer another address.
  static func move(_ number: Int, _ store: String, _ transaction: WriteTransaction) throws {
    let writer = Self.writer(store, transaction)
    guard let old = try writer.read.customerRow(.externalID("c\(number)")) else { return }
    var new = try row(number, old.id, domain: "moved.example")
    new.stats = old.stats
    try writer.update(new, replacing: old)
  }

  /// Erases a customer. It has no history.
  static func erase(_ number: Int, _ store: String, _ transaction: WriteTransaction) throws {
    let writer = Self.writer(store, transaction)
    guard let row = try writer.read.customerRow(.externalID("c\(number)")) else { return }
    let receipt = try Erasure.begin(row, .purge, reason: "", in: writer, at: 1_700_000_000_000_000)
    try writer.completeErasure(receipt.id)
  }

  static func writer(_ store: String, _ transaction: WriteTransaction) -> StoreWriter {
    guard let id = StoreID(store) else { preconditionFailure("a malformed store: \(store)") }
    return StoreWriter(transaction, id, CustomerTerms.rules)
  }

  private static func row(
    _ number: Int,
    _ id: Int64,
    domain: String = "shop.example"
  ) throws -> CustomerRow {
    let email = "\(number * 7919 % 100_003)x\(number)@\(domain)"
    let phone = "+1415\(5_000_000 + number)"
    let body = Customer.with {
      $0.id = id
      $0.externalID = "c\(number)"
      $0.email = email
      $0.phoneNumber = phone
      $0.updatedAt = .at(1_700_000_000)
    }
    return CustomerRow(
      id: id,
      externalID: "c\(number)",
      emailKey: email,
      phone: phone,
      updatedAt: 1_700_000_000_000_000,
      body: try body.encoded()
    )
  }

  /// Returns the external ids of the results of a search, newest first.
  func search(_ text: String, in store: String = "default") throws -> [String] {
    let reader = try self.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read(budgetSteps: 100_000_000) { transaction in
      guard let id = StoreID(store) else { return [] }
      var found: [String] = []
      try StoreReader(transaction, id).customers(in: .matching(text), before: .max) { _, body, _ in
        found.append(try Customer(stored: [UInt8](copying: body)).externalID ?? "")
        return true
      }
      return found
    }
  }

  /// Returns the reason of the current rebuild of the index.
  func reason() throws -> String? {
    let reader = try store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { try SearchRebuild.reason($0) }
  }

  /// Waits until the writer has rebuilt the index.
  func waitUntilWhole() async throws {
    for _ in 0..<3000 {
      if try reason() == nil { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw StoreError.deadlineExceeded
  }

  func structure() throws -> SearchStructure? {
    let connection = try Connection(
      path: store.directory.databasePath,
      mode: .readOnly,
      busyTimeoutMilliseconds: 5000
    )
    return try SearchIndex.structure(connection)
  }

  func findings() throws -> [String] { try store.check([RecordChecks.run]) }
}

/// Kinds of damage of the search index, as SQL, with the operations that do not notice them.
enum IndexDamage {
  /// An index whose structure has more levels than SQLite opens.
  static let grown = """
    UPDATE customer_search_data SET block = x'00000000' || x'8F51' || x'0000' WHERE id = 10
    """

  static let all = [
    grown,
    "DELETE FROM customer_search_data WHERE id = 10",
    "UPDATE customer_search_data SET block = x'0000' WHERE id = 10",
    "UPDATE customer_search_data SET block = zeroblob(60) WHERE id = 10",
    "DELETE FROM customer_search_data WHERE id = 1",
    "DELETE FROM customer_search_data WHERE id > 10",
    "DELETE FROM customer_search_data WHERE id = (SELECT max(id) FROM customer_search_data)",
    "DELETE FROM customer_search_data",
    "UPDATE customer_search_data SET block = randomblob(3000) WHERE id > 10",
    "DELETE FROM customer_search_idx",
    "DELETE FROM customer_search_docsize",
    "DELETE FROM customer_search_docsize WHERE id = (SELECT min(id) FROM customer_search_docsize)",
    "DELETE FROM customer_search_config",
    "UPDATE customer_search_config SET v = 9 WHERE k = 'version'",
  ]
}
