/// One step of the schema.
public struct Migration: Sendable, Equatable {
  /// Its number; the first is 1, and there are no gaps.
  public let version: Int
  /// What it does, for messages.
  public let name: String
  /// Statements separated by semicolons, without BEGIN and COMMIT.
  public let sql: String

  /// A step of the schema.
  public init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    self.sql = sql
  }
}
