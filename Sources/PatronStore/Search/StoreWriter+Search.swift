internal import PatronModel
internal import SQLite

/// Entries of the search index. They are written in the record's transaction. During a rebuild,
/// customers that it has not reached yet are left to it.
extension StoreWriter {
  static let addTokens = Query(
    "INSERT INTO customer_search (rowid, tokens) VALUES (?1, ?2)"
  )
  private static let removeTokens = Query(
    "INSERT INTO customer_search (customer_search, rowid, tokens) VALUES ('delete', ?1, ?2)"
  )

  func index(_ row: CustomerRow) throws {
    guard try isIndexed(row) else { return }
    try transaction.runOnSearch(Self.addTokens, searchRow(of: row.id), tokens(row))
  }

  func unindex(_ row: CustomerRow) throws {
    guard try isIndexed(row) else { return }
    try transaction.runOnSearch(Self.removeTokens, searchRow(of: row.id), tokens(row))
  }

  private func isIndexed(_ row: CustomerRow) throws -> Bool {
    try transaction.search.covers(store.name, row.id, in: transaction.read)
  }

  private func tokens(_ row: CustomerRow) -> String {
    SearchTokens.document(store: store.name, emailKey: row.emailKey, phone: row.phone)
  }
}

extension SearchTokens {
  /// Returns the tokens of a customer as the index takes them.
  static func document(store: String, emailKey: String?, phone: String?) -> String {
    document(
      storeKey: storeKey(store),
      email: emailKey,
      phoneDigits: phone.map { String($0.dropFirst()) }
    )
  }
}
