package import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The effects of events on consent and suppressions, one function for each effect.
extension EventEnrichment {
  /// The certainty of an agreement that an event reports.
  enum Agreement {
    /// Given; to be confirmed if the store requires that.
    case given
    /// Given, and confirmed elsewhere.
    case confirmed
    /// Requested, and to be confirmed.
    case request
    /// The confirmation of a request.
    case confirmation
  }

  /// Records an agreement of the customer. The agreement is for the address that the event names,
  /// and for no other.
  mutating func agree(
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ how: Agreement,
    _ evidence: EventEvidence
  ) throws {
    guard let address = edit.row.address(channel) else { return warn(.nothingToAgreeTo) }
    if let named = given.address(channel), named != address { return warn(.otherAgreed) }
    if try isOthersWord(of: channel, besides: edit.row) { return warn(.otherAgreed) }
    let consents = edit.customer.consents(channel)
    let suppressions = try SuppressionReader(writer.read).suppressions(channel, of: address)
      .compactMap(PatronModel.Suppression.init)
    if how == .confirmation, let optOutAt = suppressions.optOut(binding: topic),
      optOutAt >= edit.customer.consent(channel, topic).changedAt ?? .max
    {
      return warn(.about(.outdated))
    }
    let asks =
      switch how {
      case .given: try StoreSettings(of: writer.read).asksForConfirmation(channel)
      case .request: true
      case .confirmed, .confirmation: false
      }
    var transition: ConsentTransition
    do throws(RuleError) {
      transition =
        if how == .confirmation {
          try ConsentRules.confirm(
            at: saidAt,
            of: edit.customer.consent(channel, topic),
            source: evidence.namedSource
          )
        } else {
          try ConsentRules.subscribe(
            evidence.statement(at: saidAt),
            to: edit.customer.consent(channel, topic),
            doubleOptIn: asks,
            after: consents.optOut(reaching: topic, of: channel),
            addressOptOutAt: suppressions.optOut(binding: topic),
            namesAddress: given.address(channel) != nil
          )
        }
    } catch {
      return warn(.about(error))
    }
    if case .changed(var consent, var row) = transition, how == .confirmed {
      consent.optInLevel = .confirmed
      row.optInLevel = .confirmed
      transition = .changed(consent, row)
    }
    edit.apply(transition, channel, topic, evidence.evidence)
    guard !note(transition) else { return }
    try setFlag(true, &edit, channel, topic)
    let isOwn = evidence.actor == .customer || how == .confirmation
    if isOwn, edit.customer.consent(channel, topic).state == .subscribed {
      try edit.liftOwn(channel, topic, address, saidAt, evidence.checked)
    }
  }

  /// Returns true when the event names no address of the channel, and on the other channel an
  /// address of another customer or a different address than the customer has: the agreement may
  /// then be another person's. An address from before a merge is the customer's own.
  private func isOthersWord(
    of channel: PatronModel.Channel,
    besides row: CustomerRow
  ) throws -> Bool {
    guard given.address(channel) == nil else { return false }
    return try PatronModel.Channel.allCases.contains { other in
      guard let named = given.address(other), named != row.address(other) else { return false }
      let owner = try writer.read.customerRow(.address(other, named))
      return owner.map { $0.id != row.id } ?? (row.address(other) != nil)
    }
  }

  /// Opts the customer out, and also the address that the event names if that is not the
  /// customer's. Returns true when a newer statement of the customer exists.
  mutating func unsubscribe(
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: EventEvidence
  ) throws -> Bool {
    if let named = given.address(channel), named != edit.row.address(channel) {
      warn(.otherOptedOut)
      _ = try optOut(channel, named, topic, evidence)
    }
    let transition = try edit.unsubscribe(
      evidence.statement(at: saidAt),
      channel,
      topic,
      evidence.evidence
    )
    if note(transition) { return true }
    try setFlag(false, &edit, channel, topic)
    return false
  }

  /// Restores the messages that an opt-out ended, at the customer's word. One word is not an
  /// agreement of a customer that never agreed.
  mutating func restore(
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel,
    _ evidence: EventEvidence
  ) throws {
    let consent = edit.customer.consent(channel, .marketing)
    guard consent.state == .unsubscribed, try hasAgreed(edit.row, channel) else {
      return consent.isWish ? () : warn(.nothingToRestore)
    }
    try agree(&edit, channel, .marketing, .given, evidence)
  }

  /// Returns true when the ledger has an agreement for the address that the customer has now. Rows
  /// written before the ledger knew addresses count for any address.
  private func hasAgreed(_ row: CustomerRow, _ channel: PatronModel.Channel) throws -> Bool {
    guard let address = row.address(channel) else { return false }
    let hashes = try SuppressionReader(writer.read).hashes(channel, address)
    var hasAgreed = false
    try writer.read.consentHistory(of: row.id, before: .max) { _, body in
      let record = try ConsentRecord(stored: body)
      hasAgreed =
        record.channel.rawValue == channel.rawValue && record.topic == .marketing
        && record.state == .subscribed && record.action != .suppress
        && record.action != .unsuppress
        && (record.addressHash.isEmpty || hashes.contains(record.addressHash))
      return !hasAgreed
    }
    return hasAgreed
  }

  /// Suppresses the address that the event names, else the customer's.
  mutating func suppress(
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel,
    _ reason: ConsentEdit.Reason,
    _ evidence: EventEvidence
  ) throws {
    guard let address = given.address(channel) ?? edit.row.address(channel) else {
      return warn(.nothingToSuppress)
    }
    let isCurrent = address == edit.row.address(channel)
    if !isCurrent, try writer.read.holder(of: .address(channel, address)) != nil {
      warn(.otherSuppressed)
      _ = try suppress(channel, address, reason, evidence)
      return
    }
    // A lifted suppression was one of the customer's present address.
    guard try !isCurrent || !wasLifted(channel, reason, of: edit.row.id) else {
      return warn(.liftedSince)
    }
    try edit.suppress(channel, address, reason, evidence.cause(reason, at: saidAt))
  }

  /// Warns of a statement without effect. Returns true if it had none.
  private mutating func note(_ transition: ConsentTransition) -> Bool {
    guard case .unchanged(let warning?) = transition else { return false }
    warn(.about(warning))
    return true
  }

  private func setFlag(
    _ accepts: Bool,
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic
  ) throws {
    guard topic == .marketing else { return }
    let provenance = try Provenance(stored: edit.row.provenance(in: writer.read))
    let field = "accepts_\(channel.name)_marketing"
    guard provenance.permits(field, at: saidAt, by: old?.id) else { return }
    edit.setFlag(accepts, channel)
  }

  /// Returns true if a suppression for that reason was lifted since.
  private func wasLifted(
    _ channel: PatronModel.Channel,
    _ reason: ConsentEdit.Reason,
    of customerID: Int64
  ) throws -> Bool {
    var wasLifted = false
    let type = "\(channel.name)_unsuppressed"
    try TimelineScan.visit(of: customerID, [type], notBefore: saidAt + 1, in: writer.read) {
      wasLifted = $0.text("previous_reason") == reason.name
      return !wasLifted
    }
    return wasLifted
  }

  /// Returns the number of soft bounces since a message arrived or a suppression was lifted, this
  /// bounce included; 0 if a message arrived after this bounce. Stops counting at `limit`.
  func softBouncesInARow(of customerID: Int64, atMost limit: Int) throws -> Int {
    let types: Set<String> = [
      "email_bounced", "email_delivered", "email_opened", "email_clicked", "email_unsuppressed",
    ]
    var count = 0
    var isCounted = false
    var isOver = false
    try TimelineScan.visit(of: customerID, types, in: writer.read) { other in
      if !isCounted, other.occurredAt?.micros ?? 0 <= event.occurredAt?.micros ?? now {
        isCounted = true
        count += 1
      }
      if other.id == old?.id { return true }
      guard other.type == "email_bounced" else {
        isOver = true
        return false
      }
      if Enrichment.effects(of: other, at: now).contains(.softBounce) { count += 1 }
      return count < limit
    }
    if isCounted || count >= limit { return count }
    // Without an event older than this bounce, the bounce began the row.
    return isOver ? 0 : count + 1
  }
}

// MARK: - Addresses of other customers, and without a customer

extension EventEnrichment {
  /// Opts out or suppresses the addresses that an event without a customer names: through the
  /// customers that have them, else the addresses alone. Returns nil when the event does not ask
  /// for that, else true if anything changed.
  mutating func restrictAddresses() throws -> Bool? {
    let evidence = EventEvidence(event, at: now)
    var isChanged: Bool?
    for effect in effects {
      guard let channel = effect.restrictedChannel, let address = given.address(channel) else {
        continue
      }
      let isOwned = try writer.read.holder(of: .address(channel, address)) != nil
      let changes =
        switch effect {
        case .unsubscribe(_, let topic): try optOut(channel, address, topic, evidence)
        case .suppress(_, let reason): try suppress(channel, address, reason, evidence)
        default: try suppress(channel, address, .manual, evidence)
        }
      if isChanged == nil { warn(isOwned ? .restrictedOwner : .suppressedAddress) }
      isChanged = isChanged ?? false || changes
    }
    return isChanged
  }

  /// Opts out the customer that has an address. An address without a customer is suppressed,
  /// whatever the topic: an address has no topics, and an opt-out of too much does no harm.
  private func optOut(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ topic: PatronModel.Topic,
    _ evidence: EventEvidence
  ) throws -> Bool {
    if let owner = try writer.read.holder(of: .address(channel, address)) {
      var edit = try ConsentEdit(owner, writer, at: now)
      _ = try edit.unsubscribe(
        evidence.statement(at: saidAt),
        channel,
        topic,
        evidence.evidence
      )
      let isChanged = !edit.isEmpty
      try edit.write()
      return isChanged
    }
    // A complaint suppresses the address by itself.
    let isSuppressed = effects.contains {
      if case .suppress(channel, _) = $0 { true } else { false }
    }
    if isSuppressed { return false }
    let reason = ConsentEdit.Reason.optOut(by: evidence.actor)
    return try UnknownAddress(channel, address).suppress(
      reason,
      evidence.cause(reason, at: saidAt),
      writer
    )
  }

  /// Suppresses an address. The customer that has it, if any, gets the event of the suppression.
  private func suppress(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ reason: ConsentEdit.Reason,
    _ evidence: EventEvidence
  ) throws -> Bool {
    let cause = evidence.cause(reason, at: saidAt)
    guard let owner = try writer.read.holder(of: .address(channel, address)) else {
      return try UnknownAddress(channel, address).suppress(reason, cause, writer)
    }
    guard try !wasLifted(channel, reason, of: owner.id) else { return false }
    var edit = try ConsentEdit(owner, writer, at: now)
    try edit.suppress(channel, address, reason, cause)
    let isChanged = !edit.isEmpty
    try edit.write()
    return isChanged
  }
}

extension Event {
  /// Makes the event that reports an answer that may opt out. Each answer has one.
  static func possibleOptOut(in answer: Event, _ channel: PatronModel.Channel) -> Event {
    let type = "\(channel.name)_possible_opt_out"
    let known = EventCatalogue.type(type, of: .product)
    return .with {
      $0.type = type
      $0.eventID = "\(EventCheck.reservedPrefix)\(type):\(answer.id)"
      $0.source = .product
      $0.product = known?.product?.rawValue ?? ""
      $0.title = known?.label ?? type
      $0.channel = .init(rawValue: Int32(channel.rawValue))
      $0.occurredAt = answer.occurredAt
      $0.actor = .system
      $0.properties = ["event_id": .with { $0.kind = .stringValue(answer.eventID) }]
      if let message = answer.references?.messageID, !message.isEmpty {
        $0.references = .with { $0.messageID = message }
      }
    }
  }
}

extension EnrichmentEffect {
  /// The channel whose address gets no more messages, if one event decides that.
  fileprivate var restrictedChannel: PatronModel.Channel? {
    switch self {
    case .unsubscribe(let channel, _), .suppress(let channel, _), .suppressUnexplained(let channel):
      channel
    default: nil
    }
  }
}

extension Identifiers {
  /// Returns the address of a channel in the form that is compared, or nil when none is given.
  package func address(_ channel: PatronModel.Channel) -> String? {
    switch channel {
    case .sms: phone
    case .email: emailKey
    }
  }
}
