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

extension CustomerChange {
  /// Takes out suppressions of addresses that the plan leaves out, and repeats opt-outs of them.
  package mutating func takeRestrictions(besides plan: Plan, at now: Int64) -> [LeftRestriction] {
    guard let imported else { return [] }
    let fields = plan.found.kept + plan.shared.fields
    let given = draft.identifiers
    var all: [LeftRestriction] = []
    for channel in PatronModel.Channel.allCases {
      guard fields.contains(channel.identifier),
        let address = given.address(channel)
      else { continue }
      for entry in imported.entries
      where entry.channel == channel && entry.consent.state == .unsubscribed {
        let actor = entry.consent.changedBy ?? .customer
        all.append(
          LeftRestriction(
            channel: channel,
            address: address,
            reason: .optOut(by: actor),
            cause: SuppressionCause(
              at: entry.consent.unsubscribedAt ?? entry.consent.changedAt ?? now,
              actor: actor,
              source: imported.name,
              note: ""
            )
          )
        )
      }
      for given in imported.suppressions where given.channel == channel {
        all.append(
          LeftRestriction(
            channel: channel,
            address: address,
            reason: given.reason,
            cause: given.cause(at: now)
          )
        )
      }
      self.imported?.suppressions.removeAll { $0.channel == channel }
    }
    return all
  }
}
