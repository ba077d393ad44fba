package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// Changes of one customer's consent that wait to be written with the record: rows of the ledger,
/// and the events that tell of them.
package struct ConsentChanges {
  /// One row of the ledger.
  package struct Change {
    package var channel: PatronModel.Channel
    package var topic: PatronModel.Topic
    package var row: LedgerRow
    /// How it came about. Time and source are those of the row.
    package var evidence: ConsentEvidence
    /// The suppression that was set or lifted; nil for changes of consent.
    package var suppression: PatronModel.SuppressionReason?
    /// The suppression that is to be kept with the row; nil when none is set.
    fileprivate var setting: SuppressionRow?
    /// Hash of the address that it is about; nil for the one that the customer has.
    fileprivate var addressHash: [UInt8]?
    /// True when the record stays as it is: the row says what a merge or its end did to it.
    fileprivate var isNote = false
    /// 0 until it is recorded.
    fileprivate(set) var ledgerID: Int64 = 0

    /// Whether a timeline tells of it: a state that grew surer is the same state.
    fileprivate var isTold: Bool { !isNote && (row.changesState || suppression != nil) }
  }

  package private(set) var changes: [Change] = []

  package var isEmpty: Bool { changes.isEmpty }

  /// Adds a row. `addressHash` is that of the address that it is about, where that may be another
  /// than the customer's.
  package mutating func add(
    _ row: LedgerRow,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence,
    suppression: PatronModel.SuppressionReason? = nil,
    addressHash: [UInt8]? = nil
  ) {
    changes.append(
      Change(
        channel: channel,
        topic: topic,
        row: row,
        evidence: evidence,
        suppression: suppression,
        addressHash: addressHash
      )
    )
  }

  /// Adds a row of the ledger alone, with the time of the write: the record has its entry already,
  /// and an event of its own tells of it.
  package mutating func note(
    _ row: LedgerRow,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence
  ) {
    add(row, channel, topic, evidence)
    changes[changes.count - 1].isNote = true
  }

  /// Puts changes that came first before these.
  mutating func precede(by earlier: ConsentChanges) {
    changes = earlier.changes + changes
  }

  /// Adds a suppression that an address gets, and the row that tells of it. `consent` is that of
  /// the customer to marketing by the channel: it stays.
  package mutating func set(
    _ suppression: SuppressionRow,
    _ reason: PatronModel.SuppressionReason,
    _ how: SuppressionCause,
    over consent: ChannelConsent
  ) {
    let row = how.ledgerRow(.suppress, over: consent)
    changes.append(
      Change(
        channel: suppression.channel,
        topic: .marketing,
        row: row,
        evidence: how.evidence,
        suppression: reason,
        setting: suppression,
        addressHash: suppression.addressHash
      )
    )
  }

  /// The same changes as an import brings them.
  package func imported(_ evidence: ConsentEvidence) -> ConsentChanges {
    var all = ConsentChanges()
    for change in changes {
      var row = change.row
      row.action = .importState
      all.add(row, change.channel, change.topic, evidence)
    }
    return all
  }

  /// Appends the rows to the ledger and puts their ids into the record. Suppressions are written
  /// here, before the record, so that what looks at a record as it is written sees them.
  package mutating func record(
    in customer: inout Customer,
    _ writer: StoreWriter,
    at now: Int64
  ) throws {
    for index in changes.indices {
      let id = try writer.nextID()
      changes[index].ledgerID = id
      if changes[index].isNote { changes[index].row.occurredAt = now }
      let change = changes[index]
      if let suppression = change.setting { try writer.insert(suppression) }
      if change.suppression == nil, !change.isNote {
        let consent = customer.consent(change.channel, change.topic)
        customer.setConsent(consent, change.channel, change.topic, ledgerID: id)
      }
      var record = ConsentRecord(change, of: customer, at: now)
      record.addressHash =
        try change.addressHash
        ?? customer.address(change.channel).map(SuppressionReader(writer.read).hash) ?? []
      try writer.appendToLedger(id: id, customerID: customer.id, body: try record.encoded())
    }
  }

  /// Puts one event for each change of a state on the customer's timeline, and the new statistics
  /// into `row`, which is not written yet.
  /// `known` is the type of an event that the timeline has anyway, because it is the evidence.
  package func tell(
    of row: inout CustomerRow,
    in writer: StoreWriter,
    at now: Int64,
    except known: String? = nil
  ) throws {
    let told = changes.filter {
      $0.isTold && Event.type(of: $0.row.action, $0.channel) != known
    }
    guard !told.isEmpty else { return }
    var timeline = try TimelineWriter(writer, customerID: row.id, stats: row.stats, now: now)
    for change in told { _ = try timeline.put(Event(change, at: now)) }
    row.stats = try timeline.stats.encoded()
  }

  /// The events that ``tell(of:in:at:)`` would record.
  package func events(at now: Int64) -> [Event] {
    changes.filter(\.isTold).map { Event($0, at: now) }
  }

  /// What changed, as answers have it. Suppressions are no change of a state.
  package var summary: [SubscriptionChange] {
    changes.filter { $0.suppression == nil }.map { change in
      .with {
        $0.channel = .init(rawValue: Int32(change.channel.rawValue))
        $0.topic = .init(rawValue: Int32(change.topic.rawValue))
        $0.before = .init(rawValue: Int32(change.row.previousState.rawValue))
        $0.after = .init(rawValue: Int32(change.row.newState.rawValue))
        $0.ledgerID = change.ledgerID
      }
    }
  }
}

extension ConsentRecord {
  /// A row as the ledger keeps it.
  fileprivate init(_ change: ConsentChanges.Change, of customer: Customer, at now: Int64) {
    self.init()
    id = change.ledgerID
    customerID = customer.id
    // A suppression may be of another address than the customer's: it has its hash.
    if change.suppression == nil {
      address = (change.channel == .sms ? customer.phoneNumber : customer.email) ?? ""
    }
    channel = .init(rawValue: Int32(change.channel.rawValue))
    topic = .init(rawValue: Int32(change.topic.rawValue))
    previousState = .init(rawValue: Int32(change.row.previousState.rawValue))
    state = .init(rawValue: Int32(change.row.newState.rawValue))
    occurredAt = .init(micros: change.row.occurredAt)
    recordedAt = .init(micros: now)
    actor = .init(rawValue: Int32(change.row.actor.rawValue))
    optInLevel = .init(rawValue: Int32(change.row.optInLevel.rawValue))
    action = .init(rawValue: Int32(change.row.action.rawValue))
    suppressionReason = .init(rawValue: Int32(change.suppression?.rawValue ?? 0))
    var proof = change.evidence
    proof.occurredAt = occurredAt
    proof.source = change.row.source ?? ""
    evidence = proof
  }
}

extension Event {
  /// The event that tells of a row of the ledger.
  fileprivate init(_ change: ConsentChanges.Change, at now: Int64) {
    self.init()
    type = Self.type(of: change.row.told, change.channel)
    let known = EventCatalogue.type(type, of: .product)
    eventID = EventCheck.reservedPrefix + "consent:\(change.ledgerID)"
    source = .product
    product = known?.product?.rawValue ?? ""
    title = known?.label ?? type
    channel = .init(rawValue: Int32(change.channel.rawValue))
    occurredAt = .init(micros: change.row.occurredAt)
    actor = .init(rawValue: Int32(change.row.actor.rawValue))
    setProperties(of: change, at: now)
  }

  fileprivate static func type(
    of action: PatronModel.ConsentAction,
    _ channel: PatronModel.Channel
  ) -> String {
    "\(channel.name)_\(kind(of: action))"
  }

  private static func kind(of action: PatronModel.ConsentAction) -> String {
    switch action {
    case .subscribe, .importState: "subscribed"
    case .request: "opt_in_requested"
    case .confirm: "opt_in_confirmed"
    case .unsubscribe: "unsubscribed"
    case .suppress: "suppressed"
    case .unsuppress: "unsuppressed"
    case .addressChange: "consent_reset"
    }
  }

  private mutating func setProperties(of change: ConsentChanges.Change, at now: Int64) {
    let row = change.row
    let reason = change.suppression.map {
      Self.word(PatronProto.SuppressionReason(rawValue: Int32($0.rawValue)), "SUPPRESSION_REASON_")
    }
    func text(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      properties[name] = .with { $0.kind = .stringValue(value) }
    }
    func time(_ name: String, _ micros: Int64) {
      properties[name] = .with { $0.kind = .timestampValue(.init(micros: micros)) }
    }
    if change.suppression == nil { text("topic", change.topic.name) }
    switch row.told {
    case .subscribe, .importState:
      text("source", row.source)
      text("form_id", change.evidence.formID)
      text("opt_in_level", Self.word(PatronProto.OptInLevel(row.optInLevel), "OPT_IN_LEVEL_"))
      properties["ledger_id"] = .with { $0.kind = .int64Value(change.ledgerID) }
    case .request:
      text("source", row.source)
      // What was asked for elsewhere does not wait for a confirmation here.
      if row.action == .request { time("expires_at", now + Confirmations.lifetime) }
    case .confirm:
      time("confirmed_at", row.occurredAt)
      text("ip", change.evidence.ip)
    case .unsubscribe:
      text("source", row.source)
      text("actor", Self.word(actor, "ACTOR_"))
      if change.evidence.method != .unspecified {
        text("method", Self.word(change.evidence.method, "CONSENT_METHOD_"))
      }
    case .suppress:
      text("reason", reason)
      text("source", row.source)
    case .unsuppress:
      text("previous_reason", reason)
      text("actor", Self.word(actor, "ACTOR_"))
    case .addressChange:
      text("previous_state", row.previousState.name)
      text("state", row.newState.name)
      text("source", row.source)
      properties["ledger_id"] = .with { $0.kind = .int64Value(change.ledgerID) }
    }
  }

  /// A value of an enum as events have it: `hard_bounce`.
  private static func word(_ value: some CustomStringConvertible, _ prefix: String) -> String {
    String(value.description.dropFirst(prefix.utf8.count)).lowercased()
  }
}

extension LedgerRow {
  /// What a timeline tells: of an import, what it amounts to.
  fileprivate var told: PatronModel.ConsentAction {
    guard action == .importState else { return action }
    return switch newState {
    case .pending: .request
    case .unsubscribed: .unsubscribe
    case .subscribed: .subscribe
    case .neverSubscribed: .addressChange
    }
  }
}

extension PatronProto.OptInLevel {
  fileprivate init(_ level: PatronModel.OptInLevel) { self.init(rawValue: Int32(level.rawValue)) }
}
