package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A change of consent and suppressions of one customer who is stored. Nothing is written before
/// ``write()``, and nothing at all when nothing changes.
package struct ConsentEdit {
  let writer: StoreWriter
  let now: Int64
  let old: CustomerRow
  package var row: CustomerRow
  package var customer: Customer
  var changes = ConsentChanges()
  var lifted: [(channel: PatronModel.Channel, address: String, reason: Reason)] = []

  package typealias Reason = PatronModel.SuppressionReason

  /// Begins with a customer as stored.
  package init(_ row: CustomerRow, _ writer: StoreWriter, at now: Int64) throws {
    self.writer = writer
    self.now = now
    self.row = row
    old = row
    customer = try Customer(stored: row.body)
  }

  /// Type of the event that is the evidence and tells of the change itself; nil when none does.
  var toldBy: String?
  /// Flags of the record that changed, by their names.
  private(set) var changedFlags: [String] = []

  /// Whether nothing would be written.
  package var isEmpty: Bool { changes.isEmpty && changedFlags.isEmpty }

  /// Whether suppressions are set or lifted.
  var changesSuppressions: Bool { changes.changes.contains { $0.suppression != nil } }

  /// Sets what the record says that the customer accepts.
  mutating func setFlag(_ accepts: Bool, _ channel: PatronModel.Channel) {
    var changed = ChangedFields()
    switch channel {
    case .sms: changed.set("accepts_sms_marketing", &customer.acceptsSMSMarketing, accepts)
    case .email: changed.set("accepts_email_marketing", &customer.acceptsEmailMarketing, accepts)
    }
    changedFlags += changed.names
  }

  /// Notes that the customer may have opted out at some time; the last one counts.
  mutating func notePossibleOptOut(at time: Int64) {
    guard time > customer.possibleOptOutAt?.micros ?? .min else { return }
    customer.possibleOptOutAt = .init(micros: time)
    changedFlags.append("possible_opt_out_at")
  }

  /// The states that changed; with the ids of their rows after ``write()``.
  package var summary: [SubscriptionChange] { changes.summary }

  /// Takes what a statement does to a consent.
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

  /// Takes what an opt-out does to a consent, and returns that. After a merge the first one is kept
  /// also where the merged customer is unsubscribed already: the end of the merge gives both what
  /// they had before, but for what was said since.
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

  /// Whether a consent is as a merge left it that can still be undone.
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

  /// Suppresses the customer's address for one reason, unless it is already.
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

  /// Lifts the suppressions of the customer's address for the reasons of which there are some.
  package mutating func lift(
    _ channel: PatronModel.Channel,
    _ address: String,
    _ how: SuppressionCause,
    where isMeant: (PatronModel.Suppression) -> Bool
  ) throws {
    for row in try SuppressionReader(writer.read).suppressions(channel, of: address) {
      guard let suppression = PatronModel.Suppression(row), isMeant(suppression) else { continue }
      lifted.append((channel, address, suppression.reason))
      let told = how.ledgerRow(.unsuppress, over: customer.consent(channel, .marketing))
      changes.add(
        told,
        channel,
        .marketing,
        how.evidence,
        suppression: suppression.reason,
        addressHash: row.addressHash
      )
    }
  }
}

/// Who suppresses an address or lifts that, when, and what was said of it.
package struct SuppressionCause: Sendable {
  /// When, microseconds since 1970.
  package var at: Int64
  package var actor: ConsentActor
  /// May be empty.
  package var source: String
  /// May be empty.
  package var note: String
  /// What the ledger keeps of it.
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

  /// What the ledger tells of it. The consent itself stays as it is.
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

  /// A suppression as the store keeps it. A record of an older version may have its phone number in
  /// another spelling.
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
  /// When the owner of the address opted out while there was no record to keep that in: it binds
  /// as an opt-out in the record does. Nobody said of which topic, so it is taken as the usual one.
  package func optOut(binding topic: PatronModel.Topic) -> Int64? {
    first { topic == .marketing && $0.reason == .unsubscribed }?.suppressedAt
  }
}

extension PatronModel.Suppression {
  /// What the store keeps; nil when it keeps a reason of a later version.
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
  /// The address of a channel in the form that is compared; nil when there is none.
  package func address(_ channel: PatronModel.Channel) -> String? {
    switch channel {
    case .sms: phone
    case .email: emailKey
    }
  }
}

extension StoreReader {
  /// The customer who has an address now: one who had it before a merge only answers to it.
  package func holder(of key: CustomerKey) throws -> CustomerRow? {
    try customerRow(key).flatMap { $0.has(key) ? $0 : nil }
  }
}

extension CustomerKey {
  /// The key of a channel's address in the form that is compared.
  package static func address(_ channel: PatronModel.Channel, _ address: String) -> CustomerKey {
    switch channel {
    case .sms: .phone(address)
    case .email: .email(key: address)
    }
  }

  /// The address of a channel that the key itself is; nil when it is none.
  package func address(_ channel: PatronModel.Channel) -> String? {
    switch (self, channel) {
    case (.phone(let number), .sms): number
    case (.email(let key), .email): key
    default: nil
    }
  }

  /// Whether the key is an address.
  package var isAddress: Bool { address(.sms) != nil || address(.email) != nil }
}

extension PatronModel.Channel {
  /// The identifier that is the channel's address.
  package var identifier: IdentifierField { self == .sms ? .phone : .email }
  /// The name of the channel's address in messages to people.
  package var addressName: String { self == .sms ? "phone number" : "e-mail address" }
}
