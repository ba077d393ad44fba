/// A merge of two customers, as the journal stores it: everything needed to undo it.
package struct MergeRow: Sendable {
  /// The id of the merge, and of its event on the timeline.
  package var id: Int64
  /// The customer that remained.
  package var primaryID: Int64
  /// The customer that was merged into the primary.
  package var secondaryID: Int64
  /// The time of the merge, in microseconds since 1970.
  package var mergedAt: Int64
  /// The time at which it was undone, in microseconds since 1970. Nil while it stands.
  package var unmergedAt: Int64?
  /// The encoded record of the primary before the merge. Empty once the merge cannot be undone.
  package var primaryBefore: [UInt8]
  /// The encoded record of the primary right after the merge.
  package var primaryAfter: [UInt8]
  /// The encoded provenance of the primary's fields before the merge.
  package var primaryProvenance: [UInt8]
  package var secondary: [UInt8]
  /// The encoded provenance of the secondary's fields.
  package var secondaryProvenance: [UInt8]
  package var moved: MovedRecords

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
