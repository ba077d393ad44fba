package import PatronStore

/// A page of the list of keys, the oldest first.
package struct KeyList: Sendable {
  package struct Item: Sendable {
    package let record: KeyRecord
    /// The names that stand for the key, sorted.
    package let names: [String]
  }

  package let items: [Item]
  /// The token of the next page; empty on the last.
  package let nextPageToken: String

  /// The keys that a list has.
  package struct Selection: Sendable {
    /// The owner of the keys; nil for all keys.
    package var owner: KeyOwner?
    /// True to leave out keys that are revoked or expired.
    package var isActiveOnly: Bool

    package init(owner: KeyOwner?, isActiveOnly: Bool = false) {
      self.owner = owner
      self.isActiveOnly = isActiveOnly
    }

    fileprivate func binding(_ store: StoreID) -> PageBinding {
      var binding = PageBinding(.keys, store: owner == nil ? "*" : store.name)
      binding.bind(.filter, Fingerprint(isActiveOnly ? 1 : 0))
      return binding
    }
  }

  /// Reads a page for a caller. `store` is that of the request, to which tokens are bound.
  ///
  /// Refusals: `EVERY_STORE_NEEDED`, and those of pages.
  package init(
    _ selection: Selection,
    of store: StoreID,
    pageSize: Int32,
    pageToken: String,
    by authority: KeyAuthority,
    in transaction: ReadTransaction,
    at now: Int64
  ) throws {
    if let owner = selection.owner {
      try authority.require(owner)
    } else {
      try authority.requireEveryStore()
    }
    let size = try PageSize.check(pageSize, usual: AdminPage.usual, greatest: AdminPage.greatest)
    let binding = selection.binding(store)
    var place = KeyPlace.beginning
    if !pageToken.isEmpty {
      let token = try PageToken(pageToken, boundTo: binding, count: KeyPlace.positionCount)
      place = KeyPlace(position: token.position)
    }
    let reader = KeyReader(transaction)
    // One more tells if this is the last page.
    var records = try reader.keys(
      of: selection.owner,
      activeAt: selection.isActiveOnly ? now : nil,
      after: place,
      limit: size + 1
    )
    var next = ""
    if records.count > size {
      records.removeLast()
      if let last = records.last {
        let end = KeyPlace(createdAt: last.createdAt, id: last.id)
        next = PageToken(position: end.position).text(boundTo: binding)
      }
    }
    items = try records.map { Item(record: $0, names: try reader.names(of: $0.id)) }
    nextPageToken = next
  }
}
