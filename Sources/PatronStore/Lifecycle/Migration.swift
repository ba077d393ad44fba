/// A change of the schema, applied once to each database.
package struct Migration: Sendable, Equatable {
  /// The version that it makes. The first is 1, and there are no gaps.
  package let version: Int
  /// A short name, for messages.
  package let name: String
  /// Statements separated by semicolons, without BEGIN and COMMIT.
  package let sql: String

  package init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }
}
