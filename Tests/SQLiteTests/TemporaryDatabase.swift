import TestKit

@testable import SQLite

/// Connections to one file in a directory of its own.
struct TemporaryDatabase {
  private let directory = TemporaryDirectory()
  var path: String { directory.file("test.db") }

  /// Opens a connection in WAL mode without automatic checkpoints.
  func writer() throws -> Connection {
    let connection = try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 1000)
    _ = try connection.text("PRAGMA journal_mode=WAL")
    connection.takeOverCheckpoints()
    return connection
  }

  func reader() throws -> Connection {
    try Connection(path: path, mode: .readOnly, busyTimeoutMilliseconds: 1000)
  }
}

/// A query that counts from 1 to ?1, without a table.
let countTo = Query(
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n"
)
