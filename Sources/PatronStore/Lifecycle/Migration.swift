/// One step of the schema.
package struct Migration: Sendable, Equatable {
  /// Its number; the first is 1, and there are no gaps.
  package let version: Int
  /// What it does, for messages.
  package let name: String
  /// Statements separated by semicolons, without BEGIN and COMMIT.
  package let sql: String

  /// A step of the schema.
  package init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }
}
