package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A change of consent and suppressions of one stored customer. Nothing is written before
/// ``write()``, and nothing at all if nothing changes.
package struct ConsentEdit {
  let writer: StoreWriter
  let now: Int64
  let old: CustomerRow
  package var row: CustomerRow
  package var customer: Customer
  var changes = ConsentChanges()
  var lifted: [(channel: PatronModel.Channel, address: String, reason: Reason)] = []

  package typealias Reason = PatronModel.SuppressionReason

  /// Begins an edit of a stored customer. `now` is in microseconds since 1970.
  package init(_ row: CustomerRow, _ writer: StoreWriter, at now: Int64) throws {
    self.writer = writer
    self.now = now
    self.row = row
    old = row
    customer = try Customer(stored: row.body)
  }

  /// The type of the event that is the evidence and reports the change itself; nil if there is no
  /// such event.
  var reportedBy: String?
  /// The names of the record's flags that changed.
  private(set) var changedFlags: [String] = []

  /// True if nothing would be written.
  package var isEmpty: Bool { changes.isEmpty && changedFlags.isEmpty }

  /// True if suppressions are set or lifted.
  var changesSuppressions: Bool { changes.changes.contains { $0.suppression != nil } }

  /// Sets the record's flag of a channel.
  mutating func setFlag(_ accepts: Bool, _ channel: PatronModel.Channel) {
    var changed = ChangedFields()
    switch channel {
    case .sms: changed.set("accepts_sms_marketing", &customer.acceptsSMSMarketing, accepts)
    case .email: changed.set("accepts_email_marketing", &customer.acceptsEmailMarketing, accepts)
    }
    changedFlags += changed.names
  }

  /// Records the time of a possible opt-out, in microseconds since 1970. The latest one counts.
  mutating func notePossibleOptOut(at time: Int64) {
    guard time > customer.possibleOptOutAt?.micros ?? .min else { return }
    customer.possibleOptOutAt = .init(micros: time)
    changedFlags.append("possible_opt_out_at")
  }

  /// The states that changed. Their ledger ids are set after ``write()``.
  package var summary: [SubscriptionChange] { changes.summary }

  /// Applies the effect of a statement on a consent.
  package mutating func apply(
    _ transition: ConsentTransition,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence
  ) {
    guard case .changed(let consent, let row) = transition else { return }
    customer.setConsent(consent, channel, topic, ledgerID: 0)
    changes.add(row, channel, topic, evidence)
  }

  /// Applies an opt-out to a consent and returns the transition. The first opt-out after a merge is
  /// recorded even if the merged customer is already unsubscribed: unmerging gives both customers
  /// their former states, except for later statements.
  package mutating func unsubscribe(
    _ statement: ConsentStatement,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence
  ) throws -> ConsentTransition {
    let consent = customer.consent(channel, topic)
    let keepsRepeat = try consent.state == .unsubscribed && isAsMerged(channel, topic)
    let transition = ConsentRules.unsubscribe(statement, from: consent, keepsRepeat: keepsRepeat)
    apply(transition, channel, topic, evidence)
    return transition
  }

  /// Returns true if the consent is unchanged since a merge that can still be undone.
  private func isAsMerged(
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic
  ) throws -> Bool {
    let reader = writer.read
    guard let id = try reader.latestMerge(into: row.id), let merge = try reader.merge(id: id),
      now - merge.mergedAt <= MergeJournal.lifetime, !merge.primaryAfter.isEmpty
    else { return false }
    let after = try Customer(stored: merge.primaryAfter)
    return after.entry(channel, topic) == customer.entry(channel, topic)
  }

  /// Suppresses the customer's address for a reason, unless it is already suppressed for it.
  package mutating func suppress(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ reason: Reason,
    _ how: SuppressionCause
  ) throws {
    let reader = SuppressionReader(writer.read)
    guard try !reader.reasons(channel, address).contains(reason) else { return }
    let row = try how.row(channel, address, reason, in: writer.read)
    changes.set(row, reason, how, over: customer.consent(channel, .marketing))
  }

  /// Lifts the suppressions of the customer's address that `isMeant` selects.
  package mutating func lift(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ how: SuppressionCause,
    where isMeant: (PatronModel.Suppression) -> Bool
  ) throws {
    for row in try SuppressionReader(writer.read).suppressions(channel, of: address) {
      guard let suppression = PatronModel.Suppression(row), isMeant(suppression) else { continue }
      lifted.append((channel, address, suppression.reason))
      let lifted = how.ledgerRow(.unsuppress, over: customer.consent(channel, .marketing))
      changes.add(
        lifted,
        channel,
        .marketing,
        how.evidence,
        suppression: suppression.reason,
        addressHash: row.addressHash
      )
    }
  }
}

/// The actor, time, source and note of setting or lifting a suppression.
package struct SuppressionCause: Sendable {
  /// The time, microseconds since 1970.
  package var at: Int64
  package var actor: ConsentActor
  /// The reporter; may be empty.
  package var source: String
  /// Free text; may be empty.
  package var note: String
  /// The evidence that the ledger stores.
  package var evidence: ConsentEvidence

  package init(
    at: Int64,
    actor: ConsentActor,
    source: String,
    note: String,
    evidence: ConsentEvidence = ConsentEvidence()
  ) {
    self.at = at
    self.actor = actor
    self.source = source
    self.note = note
    self.evidence = evidence
    self.evidence.note = note
  }

  /// Returns the ledger row. The consent itself stays as it is.
  func ledgerRow(
    _ action: PatronModel.ConsentAction,
    over consent: ChannelConsent
  ) -> LedgerRow {
    LedgerRow(
      action: action,
      previousState: consent.state,
      newState: consent.state,
      occurredAt: at,
      actor: actor,
      source: source.isEmpty ? nil : source,
      optInLevel: consent.optInLevel
    )
  }

  /// Returns the suppression as a row of the store. The phone number is normalised first, because a
  /// record of an older version may have another spelling.
  package func row(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ reason: PatronModel.SuppressionReason,
    in reader: StoreReader
  ) throws -> SuppressionRow {
    let phone = channel == .sms ? try? PhoneNumber(address) : nil
    return SuppressionRow(
      channel: channel,
      addressHash: try SuppressionReader(reader).hash(phone?.e164 ?? address),
      reason: Int64(reason.rawValue),
      suppressedAt: at,
      source: source,
      note: note
    )
  }
}

extension [PatronModel.Suppression] {
  /// Returns the time, in microseconds since 1970, of an opt-out by the owner of the address while
  /// there was no record to store it in; nil if there is none. It binds like an opt-out in the
  /// record. Its topic is unknown, so it counts as marketing.
  package func optOut(binding topic: PatronModel.Topic) -> Int64? {
    first { topic == .marketing && $0.reason == .unsubscribed }?.suppressedAt
  }
}

extension PatronModel.Suppression {
  /// Creates a suppression from its stored row; nil if the reason is of a later version.
  package init?(_ row: SuppressionRow) {
    guard let reason = PatronModel.SuppressionReason(rawValue: Int(row.reason)) else { return nil }
    self.init(
      reason: reason,
      suppressedAt: row.suppressedAt,
      source: row.source.isEmpty ? nil : row.source
    )
  }
}

extension CustomerRow {
  /// Returns the address of a channel in the form that is compared, or nil if there is none.
  package func address(_ channel: PatronModel.Channel) -> String? {
    switch channel {
    case .sms: phone
    case .email: emailKey
    }
  }
}

extension StoreReader {
  /// Returns the customer that has an address now, or nil if there is none. A customer that had the
  /// address before a merge has it only as an alias.
  package func holder(of key: CustomerKey) throws -> CustomerRow? {
    try customerRow(key).flatMap { $0.has(key) ? $0 : nil }
  }
}

extension CustomerKey {
  /// Returns the key of a channel's address in the form that is compared.
  package static func address(_ channel: PatronModel.Channel, _ address: String) -> CustomerKey {
    switch channel {
    case .sms: .phone(address)
    case .email: .email(key: address)
    }
  }

  /// Returns the channel's address if the key is one, else nil.
  package func address(_ channel: PatronModel.Channel) -> String? {
    switch (self, channel) {
    case (.phone(let number), .sms): number
    case (.email(let key), .email): key
    default: nil
    }
  }

  /// True if the key is an address.
  package var isAddress: Bool { address(.sms) != nil || address(.email) != nil }
}

extension PatronModel.Channel {
  /// The identifier field that holds the channel's address.
  package var identifier: IdentifierField { self == .sms ? .phone : .email }
  /// The name of the channel's address in messages to people.
  package var addressName: String { self == .sms ? "phone number" : "e-mail address" }
}
