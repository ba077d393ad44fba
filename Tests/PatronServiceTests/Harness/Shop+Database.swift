import PatronStore
import SQLite

/// Direct access to the database of a shop, without the services.
extension Shop {
  /// Returns everything in the database as text, table by table, with the search index. The
  /// secrets, which differ between databases, are left out.
  func image(without left: String...) throws -> String {
    let connection = try reader()
    let tables = try Self.rows(
      connection,
      """
      SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
        AND name <> 'secrets'
      ORDER BY name
      """,
      columns: 1
    )
    var image = ""
    for table in tables.map({ $0[0] }) where !left.contains(table) {
      let columns = try Self.rows(
        connection,
        "SELECT name FROM pragma_table_info('\(table)')",
        columns: 1
      )
      let quoted = columns.map { "quote(\"\($0[0])\")" }.joined(separator: "||' '||")
      image += "\(table)\n"
      let rows = try Self.rows(connection, "SELECT \(quoted) FROM \"\(table)\"", columns: 1)
      image += rows.map { $0[0] + "\n" }.sorted().joined()
    }
    return image
  }

  /// Returns the rows of a query, every column as text.
  func rows(_ sql: String, columns: Int32) throws -> [[String]] {
    try Self.rows(try reader(), sql, columns: columns)
  }

  /// Returns a column of blobs.
  func blobs(_ sql: String) throws -> [[UInt8]] {
    var blobs: [[UInt8]] = []
    try reader().withStatement(sql: sql) { statement in
      while try statement.step() { blobs.append(Row(statement).array(0)) }
    }
    return blobs
  }

  private func reader() throws -> Connection {
    try Connection(
      path: store.directory.databasePath,
      mode: .readOnly,
      busyTimeoutMilliseconds: 5000
    )
  }

  private static func rows(
    _ connection: Connection,
    _ sql: String,
    columns: Int32
  ) throws -> [[String]] {
    var rows: [[String]] = []
    try connection.withStatement(sql: sql) { statement in
      while try statement.step() {
        let row = Row(statement)
        rows.append((0..<columns).map { row.text($0) })
      }
    }
    return rows
  }

  /// Changes the database directly, on the writer's own thread.
  func tamper(_ sql: String, _ bytes: [UInt8] = []) async throws {
    let query = Query(sql)
    try await write { transaction in
      if bytes.isEmpty { try transaction.run(query) } else { try transaction.run(query, bytes) }
    }
  }

  /// Runs a job on the writer and waits for its commit.
  func write(_ body: @escaping @Sendable (WriteTransaction) throws -> Void) async throws {
    let sink = OneReply()
    let job = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: sink,
      token: ReplyToken(group: 0, item: 0)
    ) { transaction in
      try body(transaction)
      return []
    }
    try store.writer.submit(job)
    try await sink.wait()
  }
}

/// A sink that waits for the reply to one job.
private final class OneReply: ReplySink {
  private let stream = AsyncStream<Result<[UInt8], any Error>>.makeStream()

  func deliver(_ replies: [Reply]) {
    for reply in replies { stream.continuation.yield(reply.result) }
    stream.continuation.finish()
  }

  func wait() async throws {
    for await result in stream.stream { _ = try result.get() }
  }
}
