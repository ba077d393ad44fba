internal import PatronModel
internal import PatronProto
internal import PatronStore

/// The opt-outs of a channel that would be lost with a record or with an address that it loses,
/// kept with the address itself. They become one suppression, because an address has no topics.
struct KeptOptOut {
  private let channel: PatronModel.Channel
  private let reason: PatronModel.SuppressionReason
  private let cause: SuppressionCause
  private let isOfMerge: Bool

  /// Collects the customer's opt-outs; nil if there are none. An unconfirmed request does not end
  /// an earlier opt-out.
  init?(of customer: Customer, _ channel: PatronModel.Channel, source: String = "", at now: Int64) {
    let optOuts = PatronModel.Topic.allCases.compactMap {
      ConsentRules.optOut(in: customer.consent(channel, $0))
    }
    guard !optOuts.isEmpty else { return nil }
    self.channel = channel
    isOfMerge = source == ConsentSource.merge
    reason = .optOut(by: optOuts.contains(where: \.isSticky) ? .customer : .operator)
    cause = SuppressionCause(
      at: optOuts.compactMap(\.unsubscribedAt).max() ?? now,
      actor: .system,
      source: source,
      note: ""
    )
  }

  /// Suppresses the address, unless it is already suppressed for that reason. Returns the written
  /// row, or nil.
  @discardableResult
  func suppress(_ address: String, in writer: StoreWriter) throws -> SuppressionRow? {
    try UnknownAddress(channel, address)
      .suppressed(reason, cause, writer, isOfMerge: isOfMerge)
  }
}
