package import PatronStore

/// A page of the list of stores, sorted by name.
package struct StoreList: Sendable {
  package let stores: [StoreSummary]
  /// The token of the next page; empty on the last.
  package let nextPageToken: String

  private static let binding = PageBinding(.stores, store: "*")

  /// Reads a page for a caller.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, and those of pages.
  package init(
    pageSize: Int32,
    pageToken: String,
    by authority: KeyAuthority,
    in transaction: ReadTransaction,
    at now: Int64
  ) throws {
    try authority.requireEveryStore()
    let size = try PageSize.check(pageSize, usual: AdminPage.usual, greatest: AdminPage.greatest)
    var name = ""
    if !pageToken.isEmpty {
      let token = try PageToken(pageToken, boundTo: Self.binding, count: StorePosition.count)
      name = StorePosition.name(token.position)
    }
    var records = try StoreCatalogue(transaction).stores(after: name, limit: size + 1)
    var next = ""
    if records.count > size {
      records.removeLast()
      let position = StorePosition.numbers(records.last?.id.name ?? "")
      next = PageToken(position: position).text(boundTo: Self.binding)
    }
    stores = try records.map { try StoreSummary($0, in: transaction, at: now) }
    nextPageToken = next
  }
}
