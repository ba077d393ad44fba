internal import PatronModel
internal import SQLite

/// The reads of one store. It belongs to a transaction and to that transaction's thread.
package struct StoreReader {
  let transaction: ReadTransaction
  package let store: StoreID

  package init(_ transaction: ReadTransaction, _ store: StoreID) {
    self.transaction = transaction
    self.store = store
  }
}

// MARK: - Customers

// The second part finds a customer by an alias if no customer has the identifier now. Both parts
// are one statement, so that a look-up of an unknown identifier costs one statement.
extension StoreReader {
  /// A look-up query for each kind of identifier.
  final class Lookups: Sendable {
    let byID: Query
    let byExternalID: Query
    let byEmail: Query
    let byPhone: Query

    init(more: String = "") {
      func query(_ identifier: String, _ aliases: String, _ former: String) -> Query {
        Query(
          """
          SELECT c.customer_id, c.external_id, c.email, c.phone, c.updated_at, c.body,
            c.stats\(more)
          FROM customers c WHERE c.store_id = ?1 AND c.\(identifier) = ?2
          UNION ALL
          SELECT c.customer_id, c.external_id, c.email, c.phone, c.updated_at, c.body,
            c.stats\(more)
          FROM \(aliases) a JOIN customers c ON c.store_id = ?1 AND c.customer_id = a.customer_id
          WHERE a.store_id = ?1 AND a.\(former) = ?2
          """
        )
      }
      byID = query("customer_id", "id_aliases", "merged_id")
      byExternalID = query("external_id", "aliases", "external_id")
      byEmail = query("email", "address_aliases", "channel = 2 AND a.address")
      byPhone = query("phone", "address_aliases", "channel = 1 AND a.address")
    }
  }

  static let lookups = Lookups()
  private static let lookupsWithProvenance = Lookups(more: ", c.provenance")

  /// Finds a customer and lends its two encoded parts to `body`. Returns nil if there is none.
  ///
  /// This is the only place that resolves identifiers. A former external id, the id and addresses
  /// of a merged customer, and another spelling of a phone number that reaches the same line find
  /// the customer too. A caller that must know if the customer of an id was merged compares the
  /// ids.
  package func customer<Result>(
    _ key: CustomerKey,
    _ body: (_ id: Int64, _ record: RawSpan, _ stats: RawSpan) throws -> Result
  ) throws -> Result? {
    try find(key, Self.lookups) { row in
      try body(row.int64(0), row.span(5), row.span(6))
    }
  }

  /// Returns a customer, or nil if there is none. Loads the provenance of its fields only on
  /// request.
  package func customerRow(
    _ key: CustomerKey,
    withProvenance: Bool = false
  ) throws -> CustomerRow? {
    try find(key, withProvenance ? Self.lookupsWithProvenance : Self.lookups) { row in
      CustomerRow(
        id: row.int64(0),
        externalID: row.optionalText(1),
        emailKey: row.optionalText(2),
        phone: row.optionalText(3),
        updatedAt: row.int64(4),
        body: row.array(5),
        stats: row.array(6),
        provenance: withProvenance ? row.array(7) : nil
      )
    }
  }

  func find<Result>(
    _ key: CustomerKey,
    _ lookups: Lookups,
    _ body: (borrowing Row) throws -> Result
  ) throws -> Result? {
    switch key {
    case .id(let id):
      return try transaction.first(lookups.byID, store.name, id, row: body)
    case .email(let email):
      return try transaction.first(lookups.byEmail, store.name, email, row: body)
    case .phone(let phone):
      let found = try transaction.first(lookups.byPhone, store.name, phone, row: body)
      guard found == nil, let twin = PhoneSpellings.twin(of: phone) else { return found }
      return try transaction.first(lookups.byPhone, store.name, twin, row: body)
    case .national:
      return nil
    case .externalID(let externalID):
      return try transaction.first(lookups.byExternalID, store.name, externalID, row: body)
    }
  }
}

// MARK: - Consent ledger

extension StoreReader {
  private static let ledgerRow = Query(
    "SELECT body FROM consent_ledger WHERE store_id = ?1 AND customer_id = ?2 AND id = ?3"
  )

  /// Returns an encoded row of the consent ledger, or nil if there is none.
  package func ledgerRow(id: Int64, of customerID: Int64) throws -> [UInt8]? {
    try transaction.first(Self.ledgerRow, store.name, customerID, id) { $0.array(0) }
  }
}
