/// The records that a merge moves from one customer to another. Ids are ascending.
package struct MovedRecords: Sendable, Equatable {
  package var events: [Int64]
  package var orders: [Int64]
  /// Ids of rows of the consent ledger.
  package var ledger: [Int64]
  /// Tokens of checkouts.
  package var checkouts: [String]
  /// Aliases of the customer.
  package var formerIdentifiers: [FormerIdentifier]
  /// Suppressions that the merge added, as it added them. They are not moved; undoing the merge
  /// removes them.
  package var suppressions: [SuppressionRow]

  /// Makes a list of moved records; without arguments an empty one.
  package init(
    events: [Int64] = [],
    orders: [Int64] = [],
    ledger: [Int64] = [],
    checkouts: [String] = [],
    formerIdentifiers: [FormerIdentifier] = [],
    suppressions: [SuppressionRow] = []
  ) {
    self.events = events
    self.orders = orders
    self.ledger = ledger
    self.checkouts = checkouts
    self.formerIdentifiers = formerIdentifiers
    self.suppressions = suppressions
  }
}
