extension Migration {
  /// Every change of the schema, oldest first.
  package static let all = [
    Migration(version: 1, name: "initial", sql: text(PackageResources.m0001_initial_sql)),
    Migration(
      version: 2,
      name: "suppressions",
      sql: text(PackageResources.m0002_suppressions_sql)
    ),
    Migration(
      version: 3,
      name: "checkouts_types",
      sql: text(PackageResources.m0003_checkouts_types_sql)
    ),
    Migration(version: 4, name: "terms", sql: text(PackageResources.m0004_terms_sql)),
    Migration(version: 5, name: "sequences", sql: text(PackageResources.m0005_sequences_sql)),
    Migration(version: 6, name: "provenance", sql: text(PackageResources.m0006_provenance_sql)),
    Migration(version: 7, name: "merges", sql: text(PackageResources.m0007_merges_sql)),
    Migration(version: 8, name: "erasures", sql: text(PackageResources.m0008_erasures_sql)),
    Migration(
      version: 9,
      name: "request_hashes",
      sql: text(PackageResources.m0009_request_hashes_sql)
    ),
    Migration(
      version: 10,
      name: "search_rebuild",
      sql: text(PackageResources.m0010_search_rebuild_sql)
    ),
    Migration(
      version: 11,
      name: "tombstones",
      sql: text(PackageResources.m0011_tombstones_sql)
    ),
    Migration(version: 12, name: "orders", sql: text(PackageResources.m0012_orders_sql)),
    Migration(
      version: 13,
      name: "shared_phones",
      sql: text(PackageResources.m0013_shared_phones_sql)
    ),
    Migration(
      version: 14,
      name: "phone_spellings",
      sql: text(PackageResources.m0014_phone_spellings_sql)
    ),
    Migration(version: 15, name: "term_rules", sql: text(PackageResources.m0015_term_rules_sql)),
    Migration(
      version: 16,
      name: "request_outcomes",
      sql: text(PackageResources.m0016_request_outcomes_sql)
    ),
    Migration(
      version: 17,
      name: "store_sequences",
      sql: text(PackageResources.m0017_store_sequences_sql)
    ),
    Migration(version: 18, name: "keys", sql: text(PackageResources.m0018_keys_sql)),
    Migration(version: 19, name: "audit", sql: text(PackageResources.m0019_audit_sql)),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
