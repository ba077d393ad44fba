import Foundation
import SQLite
import Synchronization
import TestKit
import Testing

@testable import PatronStore

/// A database in a temporary directory, with its own schema: rows with a number and some bytes.
final class LaneStore: Sendable {
  static let migrations = [
    Migration(
      version: 1,
      name: "rows",
      sql: "CREATE TABLE rows (id INTEGER PRIMARY KEY, value INTEGER NOT NULL UNIQUE, body BLOB)"
    )
  ]
  static let insert = Query("INSERT INTO rows (value, body) VALUES (?1, ?2)")
  static let upsert = Query(
    "INSERT INTO rows (id, value) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET value = ?2"
  )
  static let value = Query("SELECT value FROM rows WHERE id = ?1")
  static let values = Query("SELECT value FROM rows ORDER BY value")
  static let bodies = Query("SELECT body FROM rows ORDER BY id")
  static let count = Query("SELECT count(*) FROM rows")
  static let countTo = Query(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
      + " SELECT count(*) FROM n"
  )

  let directory = TemporaryDirectory()
  let store: Store
  let replies = CollectingSink()

  init(_ change: (inout StoreOptions) -> Void = { _ in }) throws {
    var options = StoreOptions(directory: directory.path, migrations: Self.migrations)
    // A test must not be refused because the machine is slow.
    options.limits.writeQueueWait = .seconds(3600)
    change(&options)
    store = try Store(options)
  }

  deinit { store.close() }

  /// Queues a write without waiting.
  @discardableResult
  func submit(
    deadline: ContinuousClock.Instant? = nil,
    bytes: Int = 100,
    to sink: (any ReplySink)? = nil,
    _ run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) throws -> ReplyToken {
    let token = replies.makeToken()
    try store.writer.submit(
      WriteJob(deadline: deadline, bytes: bytes, sink: sink ?? replies, token: token, run: run)
    )
    return token
  }

  /// Queues a write and waits for its reply.
  @discardableResult
  func write(
    _ run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) throws -> [UInt8] {
    try replies.wait(for: submit(run)).get()
  }

  /// Inserts a row and waits for the reply.
  func insert(_ value: Int, bytes: Int = 0) throws {
    try write { tx in
      try tx.run(Self.insert, value, [UInt8](repeating: 7, count: bytes))
      return []
    }
  }

  /// Returns all values, read by a new point reader.
  func values() throws -> [Int64] {
    let reader = try store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read(budgetSteps: 10_000_000) { tx in
      var values: [Int64] = []
      try tx.forEach(Self.values) { values.append($0.int64(0)) }
      return values
    }
  }

  /// The size of the WAL file, in bytes.
  var logBytes: Int {
    let path = store.directory.databasePath + "-wal"
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    return size ?? 0
  }
}

/// A sink that keeps replies by token and records how they were grouped.
final class CollectingSink: ReplySink {
  struct State: Sendable {
    var next: UInt64 = 0
    var results: [ReplyToken: Result<[UInt8], any Error>] = [:]
    var batches: [Int] = []
  }

  let state = Monitor(State())

  func makeToken() -> ReplyToken {
    state.withLock { state in
      state.next += 1
      return ReplyToken(group: 1, item: state.next)
    }
  }

  func deliver(_ replies: [Reply]) {
    state.update { state in
      state.batches.append(replies.count)
      for reply in replies {
        #expect(state.results[reply.token] == nil, "answered twice")
        state.results[reply.token] = reply.result
      }
    }
  }

  /// Waits for the reply to a job. Fails after a minute, so that a bug does not block the test.
  func wait(for token: ReplyToken) throws -> Result<[UInt8], any Error> {
    try #require(state.wait(timeout: .seconds(60)) { $0.results[token] }, "no reply came")
  }

  /// Returns the error that a job failed with, or nil if it succeeded.
  func error(of token: ReplyToken) throws -> StoreError? {
    switch try wait(for: token) {
    case .success: return nil
    case .failure(let error): return try #require(error as? StoreError, "\(error)")
    }
  }

  var batches: [Int] { state.withLock { $0.batches } }
}

/// A point at which a thread is held until the test opens it.
final class Gate: Sendable {
  private struct State: Sendable {
    var arrived = 0
    var isOpen = false
  }

  private let state = Monitor(State())

  /// Blocks the calling thread until the gate is opened.
  func pass() {
    state.update { $0.arrived += 1 }
    _ = state.wait(timeout: .seconds(60)) { $0.isOpen ? true : nil }
  }

  /// Waits until a thread is held here.
  func waitForArrival() throws {
    let came = state.wait(timeout: .seconds(60)) { $0.arrived > 0 ? true : nil }
    #expect(came == true, "no thread arrived")
  }

  func open() { state.update { $0.isOpen = true } }
}

extension LaneStore {
  /// Holds the writer inside a job, so that all jobs submitted in `body` wait together.
  func whileWriterIsHeld<Result>(_ body: () throws -> Result) throws -> Result {
    let gate = Gate()
    let token = try submit { _ in
      gate.pass()
      return []
    }
    try gate.waitForArrival()
    let result = Swift.Result { try body() }
    gate.open()
    _ = try replies.wait(for: token)
    return try result.get()
  }
}

extension LaneStore {
  /// Waits until a condition holds. Fails after a minute.
  func poll(_ what: Comment, _ isTrue: () -> Bool) throws {
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    while !isTrue() {
      try #require(ContinuousClock.now < end, what)
      usleep(1000)
    }
  }
}

extension ScanJob {
  /// Makes a scan of the default store and one connection.
  init(
    deadline: ContinuousClock.Instant?,
    sink: any ScanSink,
    run: @escaping @Sendable (ReadTransaction, ScanStream) throws -> Void
  ) {
    self.init(store: .default, connection: 1, deadline: deadline, sink: sink, run: run)
  }
}

extension ReadJob {
  /// Makes a read of the default store.
  init(
    deadline: ContinuousClock.Instant?,
    sink: any ReplySink,
    token: ReplyToken,
    run: @escaping @Sendable (ReadTransaction) throws -> [UInt8]
  ) {
    self.init(store: .default, deadline: deadline, sink: sink, token: token, run: run)
  }
}

/// An error that only tests throw.
struct Rejected: Error, Equatable {}
