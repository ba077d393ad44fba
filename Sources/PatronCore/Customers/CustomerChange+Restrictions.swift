internal import PatronModel
internal import PatronProto
internal import PatronStore

extension CustomerChange {
  /// Takes out suppressions of addresses that the plan leaves out. Returns these, and the opt-outs
  /// of the same addresses, which stay in the import too.
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
