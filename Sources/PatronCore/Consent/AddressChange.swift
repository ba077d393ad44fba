package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// A change of a channel's address in a stored record, and its effects on consent. An agreement
/// covers only the address that it was given for. An opt-out belongs to the person: it stays with
/// the record, and with the address that the record loses.
struct AddressChange {
  private let channel: PatronModel.Channel
  /// The addresses in the form that is compared; nil if there is none.
  private let old: String?
  private let new: String?

  /// The source of these changes in ledger rows and suppressions.
  static let source = "address_change"

  /// Returns the changes from a stored record to its new addresses. Another spelling of the same
  /// address is not a change.
  static func all(from row: CustomerRow, to emailKey: String?, _ phone: String?) -> [AddressChange]
  {
    guard row.phone != phone || row.emailKey != emailKey else { return [] }
    let all = [
      AddressChange(channel: .sms, old: row.phone, new: phone),
      AddressChange(channel: .email, old: row.emailKey, new: emailKey),
    ]
    return all.filter { $0.old != $0.new }
  }

  /// Replaces the channel's states with the known state of the new address, in a record that is not
  /// yet written. Returns the topics of agreements and requests that were not carried over. `now`
  /// is in microseconds since 1970.
  func apply(
    to customer: inout Customer,
    _ changes: inout ConsentChanges,
    by actor: ConsentActor,
    in reader: StoreReader,
    at now: Int64
  ) throws -> [PatronModel.Topic] {
    let known = try consentKept(in: reader)
    let isKnown = customer.subscriptions.contains { $0.channel.rawValue == channel.rawValue }
    guard isKnown || known != nil else { return [] }
    let carries =
      try isKnown && StoreSettings(of: reader).carryConsentOnAddressChange == true
    let statement = ConsentStatement(at: now, actor: actor, source: Self.source)
    var left: [PatronModel.Topic] = []
    for topic in PatronModel.Topic.allCases {
      let held = customer.consent(channel, topic)
      let keeps = topic == .marketing ? known ?? .never : .never
      let next =
        carries
        ? ConsentRules.carry(held) : ConsentRules.readdress(held, to: keeps, by: statement)
      guard next != held else { continue }
      if held.isWish, !next.isWish { left.append(topic) }
      customer.setConsent(next, channel, topic, ledgerID: 0)
      changes.add(
        LedgerRow(readdressed: held, to: next, by: statement),
        channel,
        topic,
        ConsentEvidence()
      )
    }
    return left
  }

  /// Suppresses the address that the record loses if its owner opted out of any topic. A later
  /// owner must not be treated as a person without an opt-out.
  func keepOptOut(of customer: Customer, in writer: StoreWriter, at now: Int64) throws {
    guard let old else { return }
    try KeptOptOut(of: customer, channel, source: Self.source, at: now)?
      .suppress(old, in: writer)
  }

  /// Returns the warning for an agreement that was not carried over and not given again, or nil if
  /// there is none.
  func warning(of left: [PatronModel.Topic], _ customer: Customer) -> Warning? {
    left.contains { !customer.consent(channel, $0).isWish } ? .notCarried(channel) : nil
  }

  /// Returns the opt-out in person that is stored with the new address, or nil if there is none.
  /// Other suppressions block messages by themselves.
  private func consentKept(in reader: StoreReader) throws -> ChannelConsent? {
    guard let new else { return nil }
    let optOut = PatronModel.SuppressionReason.unsubscribed.rawValue
    let kept = try SuppressionReader(reader).suppressions(channel, of: new)
      .first { $0.reason == optOut }
    guard let kept else { return nil }
    return ChannelConsent(
      state: .unsubscribed,
      unsubscribedAt: kept.suppressedAt,
      changedAt: kept.suppressedAt,
      source: kept.source.isEmpty ? nil : kept.source,
      changedBy: .customer
    )
  }
}

extension LedgerRow {
  /// Creates the ledger row of a state that changed because its address changed.
  package init(
    readdressed held: ChannelConsent,
    to next: ChannelConsent,
    by statement: ConsentStatement
  ) {
    self.init(
      action: .addressChange,
      previousState: held.state,
      newState: next.state,
      occurredAt: statement.at,
      actor: statement.actor,
      source: statement.source,
      optInLevel: next.optInLevel
    )
  }
}

extension ChannelConsent {
  /// True for an agreement or a request for one.
  var isWish: Bool { state == .subscribed || state == .pending }
}

extension Warning {
  /// Returns the warning that an agreement ended with the address it was given for.
  static func notCarried(_ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = "CONSENT_NOT_CARRIED"
      $0.field = "customer.\(channel.identifier.rawValue)"
      $0.message =
        "The agreement was given for another \(channel.addressName) than the customer has now, or "
        + "before there was one, so it ended. Ask again, or send the agreement with the address."
    }
  }
}
