package import PatronModel
internal import PatronProto
package import PatronStore

/// What a row of an import says against an address that was left out of the customer's record: the
/// address is somebody else's or nobody's, and keeps the opt-out or the suppression itself.
package struct LeftRestriction {
  package let channel: PatronModel.Channel
  package let address: String
  package let reason: PatronModel.SuppressionReason
  package let cause: SuppressionCause

  /// Suppresses the address, and lists whoever has it.
  package func apply(in writer: StoreWriter) throws {
    guard try UnknownAddress(channel, address).suppress(reason, cause, writer) else { return }
    if let owner = try writer.read.customerRow(.address(channel, address)) {
      try writer.refreshTerms(of: owner.id)
    }
  }
}
