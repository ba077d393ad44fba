package import PatronModel
internal import PatronProto
package import PatronStore

/// A restriction in a row of an import on an address that was left out of the customer's record.
/// The address belongs to another customer or to none, and itself keeps the opt-out or the
/// suppression.
package struct LeftRestriction {
  package let channel: PatronModel.Channel
  package let address: String
  package let reason: PatronModel.SuppressionReason
  package let cause: SuppressionCause

  /// Suppresses the address and recomputes the terms of its current owner.
  package func apply(in writer: StoreWriter) throws {
    guard try UnknownAddress(channel, address).suppress(reason, cause, writer) else { return }
    if let owner = try writer.read.customerRow(.address(channel, address)) {
      try writer.refreshTerms(of: owner.id)
    }
  }
}
