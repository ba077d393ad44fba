internal import PatronModel
internal import PatronProto
internal import PatronStore

/// The opt-outs of a channel that go with a record, or with an address that it has no more, kept
/// with the address itself: as one suppression, because an address knows no topics.
struct KeptOptOut {
  private let channel: PatronModel.Channel
  private let reason: PatronModel.SuppressionReason
  private let cause: SuppressionCause

  /// nil where the customer opted out of no topic. A request that was not confirmed has not ended
  /// an opt-out before it.
  init?(of customer: Customer, _ channel: PatronModel.Channel, source: String = "", at now: Int64) {
    let optOuts = PatronModel.Topic.allCases.compactMap {
      ConsentRules.optOut(in: customer.consent(channel, $0))
    }
    guard !optOuts.isEmpty else { return nil }
    self.channel = channel
    reason = .optOut(by: optOuts.contains(where: \.isSticky) ? .customer : .operator)
    cause = SuppressionCause(
      at: optOuts.compactMap(\.unsubscribedAt).max() ?? now,
      actor: .system,
      source: source,
      note: ""
    )
  }

  /// Suppresses the address, unless it is for that reason. Returns what was written.
  @discardableResult
  func suppress(_ address: String, in writer: StoreWriter) throws -> SuppressionRow? {
    try UnknownAddress(channel, address).suppressed(reason, cause, writer)
  }
}
