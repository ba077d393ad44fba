package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// Changes of one customer's consent that are to be written with the record: ledger rows, and the
/// events that report them.
package struct ConsentChanges {
  /// A ledger row to be written.
  package struct Change {
    package var channel: PatronModel.Channel
    package var topic: PatronModel.Topic
    package var row: LedgerRow
    /// The evidence of the change. Its time and source are those of the row.
    package var evidence: ConsentEvidence
    /// The suppression that was set or lifted; nil for changes of consent.
    package var suppression: PatronModel.SuppressionReason?
    /// The suppression to insert with the row; nil if none is set.
    var setting: SuppressionRow?
    /// The hash of the address of the change; nil for the customer's current address.
    var addressHash: [UInt8]?
    /// True if the record stays as it is: the row records an effect of a merge or an unmerge.
    var isNote = false
    /// True if a merge or an unmerge decided the change. Its row cannot tell: a caller may name any
    /// source.
    var isOfMerge = false
    /// The id of the ledger row; 0 until it is written.
    var ledgerID: Int64 = 0

    /// True if an event on the timeline reports the change. A state that only became more certain
    /// is the same state.
    var isEmitted: Bool { !isNote && (row.changesState || suppression != nil) }
  }

  package private(set) var changes: [Change] = []

  package var isEmpty: Bool { changes.isEmpty }

  /// Adds a row. `addressHash` is the hash of its address, if that may differ from the customer's.
  package mutating func add(
    _ row: LedgerRow,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence,
    suppression: PatronModel.SuppressionReason? = nil,
    addressHash: [UInt8]? = nil,
    isOfMerge: Bool = false
  ) {
    changes.append(
      Change(
        channel: channel,
        topic: topic,
        row: row,
        evidence: evidence,
        suppression: suppression,
        addressHash: addressHash,
        isOfMerge: isOfMerge
      )
    )
  }

  /// Adds a row of a merge or an unmerge to the ledger only, with the time of the write. The record
  /// has its entry already, and a separate event reports the change.
  package mutating func note(
    _ row: LedgerRow,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ evidence: ConsentEvidence
  ) {
    add(row, channel, topic, evidence, isOfMerge: true)
    changes[changes.count - 1].isNote = true
  }

  /// Inserts changes that happened before these.
  mutating func precede(by earlier: ConsentChanges) {
    changes = earlier.changes + changes
  }

  /// Adds a new suppression of an address and the row that records it. `consent` is the customer's
  /// consent to marketing by the channel; it stays.
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

  /// Returns the same changes as rows of an import.
  package func imported(_ evidence: ConsentEvidence) -> ConsentChanges {
    var all = ConsentChanges()
    for change in changes {
      var row = change.row
      row.action = .importState
      all.add(row, change.channel, change.topic, evidence)
    }
    return all
  }

  /// Appends the rows to the ledger and puts their ids into the record. Suppressions are inserted
  /// here, before the record, so that they are visible to readers of the record during its write.
  /// `now` is in microseconds since 1970.
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
      record.author = writer.author.message
      try writer.appendToLedger(id: id, customerID: customer.id, body: try record.encoded())
    }
    recordAudited(of: customer.id, in: writer)
  }

  /// The changes of states, as answers report them. Suppressions are not included.
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
  /// Creates the ledger's row of a change.
  fileprivate init(_ change: ConsentChanges.Change, of customer: Customer, at now: Int64) {
    self.init()
    id = change.ledgerID
    customerID = customer.id
    // A suppression may concern another address than the customer's; its row has the hash.
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
