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
    var setting: SuppressionRow?
    /// Hash of the address that it is about; nil for the one that the customer has.
    var addressHash: [UInt8]?
    /// True when the record stays as it is: the row says what a merge or its end did to it.
    var isNote = false
    /// 0 until it is recorded.
    var ledgerID: Int64 = 0

    /// Whether a timeline tells of it: a state that grew surer is the same state.
    var isTold: Bool { !isNote && (row.changesState || suppression != nil) }
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
