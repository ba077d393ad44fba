extension Migration {
  /// Every change of the schema, oldest first.
  public static let all = [
    Migration(version: 1, name: "initial", sql: text(PackageResources.m0001_initial_sql)),
    // Two until those between it and the first are merged.
    Migration(version: 2, name: "sequences", sql: text(PackageResources.m0005_sequences_sql)),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
