/// The tables with a column `store_id`: those that the deletion of a store empties, and those that
/// it leaves. A test compares them with the schema.
package enum StoreTables {
  /// A table whose rows belong to stores.
  package struct Table: Sendable {
    package let name: String
    /// The columns of the primary key behind `store_id`; empty if there are none.
    let key: String
    /// SQL for the size of a row in bytes; nil for rows that are small.
    let size: String?

    fileprivate init(_ name: String, _ key: String = "", size: String? = nil) {
      self.name = name
      self.key = key
      self.size = size
    }
  }

  /// The table of customers, which is emptied first: the search index holds traces of its rows.
  static let customers = Table("customers", "customer_id", size: "length(body) + length(stats)")

  /// The other tables that a deletion empties, in this order.
  package static let emptied = [
    customers,
    Table("search_rows", "customer_id"),
    Table("memberships", "term_id, customer_id"),
    Table("terms", "category, value"),
    Table("events", "customer_id, occurred_at, id", size: "length(body)"),
    Table("event_tombstones", "sequence", size: "length(body)"),
    Table("orders", "customer_id, placed_at, id", size: "length(body)"),
    Table("pending_parts", "order_external_id, kind, part_id", size: "length(body)"),
    Table("checkouts", "token", size: "length(body)"),
    Table("consent_ledger", "customer_id, id", size: "length(body)"),
    Table("suppressions", "channel, address_hash, reason"),
    Table("confirmations", "token_hash, channel, topic"),
    Table("requests", "request_id", size: "length(response)"),
    Table("aliases", "external_id"),
    Table("id_aliases", "merged_id"),
    Table("address_aliases", "channel, address"),
    Table(
      "merges",
      "merge_id",
      size: "length(primary_before) + length(primary_after) + length(secondary) + length(events)"
    ),
    Table("merged_names", "merge_id, kind, name"),
    Table("erasures", "id"),
    Table("erased_ids", "customer_id"),
    Table("erased_addresses", "address_hash, erasure_id"),
    Table("shared_phones", "phone_hash, email_hash"),
    Table("event_types", "source_name, type", size: "length(body)"),
    Table("store_settings"),
    Table("feed_floors"),
    Table("spelled_stores"),
  ]

  /// The tables that a deletion leaves as they are, with the reason.
  package static let kept = [
    "stores": "the row goes with the last step",
    "api_keys": "the first step deletes the store's keys",
    "store_sequences": "a later store of the same name goes on behind the last number, so that "
      + "places and marks that clients kept name nothing of it",
    "audit": "it says who deleted what",
    "term_rebuild": "the progress of the start over all stores",
    "order_rebuild": "the progress of the start over all stores",
    "phone_work": "the progress of the start over all stores",
  ]
}
