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

  /// Suppresses the address; false when it was for that reason. With `dryRun` it only answers.
  package func suppress(
    _ reason: PatronModel.SuppressionReason,
    _ cause: SuppressionCause,
    _ writer: StoreWriter,
    dryRun: Bool = false
  ) throws -> Bool {
    try suppressed(reason, cause, writer, dryRun: dryRun) != nil
  }

  /// Suppresses the address, and returns the row that is new; nil when it was for that reason.
  package func suppressed(
    _ reason: PatronModel.SuppressionReason,
    _ cause: SuppressionCause,
    _ writer: StoreWriter,
    dryRun: Bool = false
  ) throws -> SuppressionRow? {
    var row = try cause.row(channel, address, reason, in: writer.read)
    let known = try SuppressionReader(writer.read)
      .suppressions(channel, hash: row.addressHash).first { $0.reason == row.reason }
    if let known {
      // The end of a merge takes back what the merge set: what is said besides must outlast it.
      guard known.source == ConsentSource.merge, row.source != known.source else {
        return nil
      }
      row.suppressedAt = max(row.suppressedAt, known.suppressedAt)
    }
    guard !dryRun else { return row }
    if known != nil {
      try writer.removeSuppression(channel, addressHash: row.addressHash, reason: reason)
    }
    try writer.insert(row)
    return row
  }

  /// Lifts the suppressions for some reasons; false when there was none.
  package func lift(
    _ reasons: Set<PatronModel.SuppressionReason>,
    _ writer: StoreWriter
  ) throws -> Bool {
    let found = try SuppressionReader(writer.read).reasons(channel, address)
      .filter(reasons.contains)
    for reason in found {
      try writer.removeSuppression(channel, of: address, reason: reason)
    }
    return !found.isEmpty
  }
}

extension PatronModel.SuppressionReason {
  /// For what an address is suppressed where an opt-out has no record to be kept in.
  package static func optOut(by actor: ConsentActor) -> Self {
    actor == .customer ? .unsubscribed : .manual
  }
}
