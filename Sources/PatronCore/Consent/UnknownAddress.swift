package import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// An address that no customer has.
package struct UnknownAddress {
  private let channel: PatronModel.Channel
  private let address: String

  package init(_ channel: PatronModel.Channel, _ address: String) {
    self.channel = channel
    self.address = address
  }

  /// Suppresses the address. Returns false if it is already suppressed for that reason. With
  /// `dryRun` nothing is written.
  package func suppress(
    _ reason: PatronModel.SuppressionReason,
    _ cause: SuppressionCause,
    _ writer: StoreWriter,
    dryRun: Bool = false
  ) throws -> Bool {
    try suppressed(reason, cause, writer, dryRun: dryRun) != nil
  }

  /// Suppresses the address and returns the new row, or nil if it is already suppressed for that
  /// reason. With `dryRun` nothing is written. `isOfMerge` is true for a row that an unmerge takes
  /// back.
  package func suppressed(
    _ reason: PatronModel.SuppressionReason,
    _ cause: SuppressionCause,
    _ writer: StoreWriter,
    isOfMerge: Bool = false,
    dryRun: Bool = false
  ) throws -> SuppressionRow? {
    var row = try cause.row(channel, address, reason, in: writer.read)
    let known = try SuppressionReader(writer.read)
      .suppressions(channel, hash: row.addressHash).first { $0.reason == row.reason }
    if let known {
      // Unmerging removes suppressions that the merge set. A statement from elsewhere must outlast
      // it.
      guard known.source == ConsentSource.merge, !isOfMerge else { return nil }
      // Never the same row, also if the caller sends the same word as source.
      let isAlike = row.source == known.source
      row.suppressedAt = max(row.suppressedAt, known.suppressedAt + (isAlike ? 1 : 0))
    }
    guard !dryRun else { return row }
    if known != nil {
      try writer.removeSuppression(channel, addressHash: row.addressHash, reason: reason)
    }
    try writer.insert(row)
    if cause.actor.isAudited {
      writer.record(.suppressionAdd, [.address(hash: row.addressHash)])
    }
    return row
  }

  /// Lifts the suppressions for some reasons. Returns false if there were none.
  package func lift(
    _ reasons: Set<PatronModel.SuppressionReason>,
    by actor: ConsentActor,
    _ writer: StoreWriter
  ) throws -> Bool {
    let found = try SuppressionReader(writer.read).reasons(channel, address)
      .filter(reasons.contains)
    for reason in found {
      try writer.removeSuppression(channel, of: address, reason: reason)
    }
    // Nothing but the claim of the caller says that the owner of the address did it.
    let isClaim = writer.auditCaller.isKnown
    if !found.isEmpty, actor.isAudited || isClaim {
      let hash = try SuppressionReader(writer.read).hash(address)
      writer.record(actor.isAudited ? .suppressionLift : .consentClaim, [.address(hash: hash)])
    }
    return !found.isEmpty
  }
}

extension PatronModel.SuppressionReason {
  /// Returns the reason of a suppression that replaces an opt-out without a record.
  package static func optOut(by actor: ConsentActor) -> Self {
    actor == .customer ? .unsubscribed : .manual
  }
}
