/// A merge of two customers as the journal keeps it: what it takes to undo it.
package struct MergeRow: Sendable {
  /// Names the merge; its event on the timeline has the same id.
  package var id: Int64
  /// The customer who stayed.
  package var primaryID: Int64
  /// The customer who went.
  package var secondaryID: Int64
  /// When, microseconds since 1970.
  package var mergedAt: Int64
  /// When it was undone, microseconds since 1970; nil while it stands.
  package var unmergedAt: Int64?
  /// The encoded record of the primary before the merge; empty when it is not kept any more.
  package var primaryBefore: [UInt8]
  /// The encoded record of the primary right after it.
  package var primaryAfter: [UInt8]
  /// The encoded provenance of the primary's fields before the merge.
  package var primaryProvenance: [UInt8]
  /// The encoded record of the secondary.
  package var secondary: [UInt8]
  /// The encoded provenance of the secondary's fields.
  package var secondaryProvenance: [UInt8]
  /// What was moved.
  package var moved: MovedRecords

  /// A row to be written.
  package init(
    id: Int64,
    primaryID: Int64,
    secondaryID: Int64,
    mergedAt: Int64,
    unmergedAt: Int64? = nil,
    primaryBefore: [UInt8],
    primaryAfter: [UInt8],
    primaryProvenance: [UInt8],
    secondary: [UInt8],
    secondaryProvenance: [UInt8],
    moved: MovedRecords
  ) {
    self.id = id
    self.primaryID = primaryID
    self.secondaryID = secondaryID
    self.mergedAt = mergedAt
    self.unmergedAt = unmergedAt
    self.primaryBefore = primaryBefore
    self.primaryAfter = primaryAfter
    self.primaryProvenance = primaryProvenance
    self.secondary = secondary
    self.secondaryProvenance = secondaryProvenance
    self.moved = moved
  }
}

/// What belongs to one customer and moves to another: ids in ascending order.
package struct MovedRecords: Sendable, Equatable {
  /// Events.
  package var events: [Int64]
  /// Orders.
  package var orders: [Int64]
  /// Rows of the consent ledger.
  package var ledger: [Int64]
  /// Tokens of checkouts.
  package var checkouts: [String]
  /// What the customer answered to without having it.
  package var formerIdentifiers: [FormerIdentifier]
  /// Suppressions that the merge set, as it set them: not moved, but to be taken back with it.
  package var suppressions: [SuppressionRow]

  /// The records given; without arguments none.
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
