package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The consent of a merged customer.
///
/// Consent is given for an address. For each channel, the record that had the address which is kept
/// is the holder: its consent stays unless an opt-out of the other record takes it away, see
/// `ConsentRules.merge(keeping:with:)`. No agreement for another address is carried over, so a
/// merge never opens an address to messages that it could not receive before. The ledger records
/// the primary losing an agreement with its address. Suppressions belong to addresses and stay
/// there.
///
/// The event of the merge reports all of it; no events of consent are emitted. A merge is neither
/// an agreement nor an opt-out of the customer.
package struct MergedConsent {
  /// One of two records.
  package struct Side {
    package var customer: Customer
    package var row: CustomerRow
    /// The provenance of the fields.
    package var provenance: Provenance

    /// Decodes a stored customer.
    package init(_ row: CustomerRow, in reader: StoreReader) throws {
      self.row = row
      customer = try Customer(stored: row.body)
      provenance = try Provenance(stored: row.provenance(in: reader))
    }
  }

  /// One channel and topic.
  package typealias Pair = (channel: PatronModel.Channel, topic: PatronModel.Topic)

  /// Every channel with every topic.
  package static let pairs: [Pair] = PatronModel.Channel.allCases.flatMap { channel in
    PatronModel.Topic.allCases.map { (channel, $0) }
  }

  /// The entries of the merged record. Entries that the merge itself decided have no ledger row
  /// yet.
  package private(set) var subscriptions: [Subscription] = []
  /// The ledger rows for the entries.
  package private(set) var changes = ConsentChanges()
  /// The channels of which an agreement of one of the two was not carried over.
  private(set) var notCarried: Set<PatronModel.Channel> = []

  /// Decides for every channel and topic. `address` returns the address that the merged customer
  /// keeps.
  package init(
    _ primary: Side,
    _ secondary: Side,
    keeping address: (PatronModel.Channel) -> String?
  ) {
    var merged = Customer()
    for (channel, topic) in Self.pairs {
      let kept = address(channel)
      let isSecondarys = kept != nil && kept == secondary.row.address(channel)
      let holder = isSecondarys ? secondary : primary
      let other = isSecondarys ? primary : secondary
      let held = holder.customer.consent(channel, topic)
      let left = other.customer.consent(channel, topic)
      let result = ConsentRules.merge(keeping: held, with: left)
      let why = ConsentEvidence.with { $0.note = "\(Self.noteStart)\(secondary.row.id)" }
      if left.isWish, !result.isWish { notCarried.insert(channel) }
      if result != held {
        merged.setConsent(result, channel, topic, ledgerID: 0)
        changes.add(
          LedgerRow(decided: held, result, source: ConsentSource.merge),
          channel,
          topic,
          why,
          isOfMerge: true
        )
        continue
      }
      if let entry = holder.customer.entry(channel, topic) { merged.subscriptions.append(entry) }
      if isSecondarys, left.isWish, !held.isWish {
        changes.note(
          LedgerRow(movedTo: held, from: left, source: ConsentSource.merge),
          channel,
          topic,
          why
        )
      }
    }
    subscriptions = merged.subscriptions
  }

  private static let noteStart = "merge with customer "

  /// Returns true if a merge wrote the row. The source alone says nothing: a caller may send the
  /// same word.
  static func hasWritten(_ record: ConsentRecord) -> Bool {
    guard let evidence = record.evidence else { return false }
    return evidence.source == ConsentSource.merge && evidence.note.hasPrefix(noteStart)
  }

  /// Returns the changes of the primary's consent, in the form of the answer.
  package static func summary(from old: Customer, to new: Customer) -> [SubscriptionChange] {
    pairs.compactMap { channel, topic in
      let before = old.consent(channel, topic).state
      let after = new.consent(channel, topic).state
      guard before != after else { return nil }
      return .with {
        $0.channel = .init(rawValue: Int32(channel.rawValue))
        $0.topic = .init(rawValue: Int32(topic.rawValue))
        $0.before = .init(rawValue: Int32(before.rawValue))
        $0.after = .init(rawValue: Int32(after.rawValue))
        $0.ledgerID = new.entry(channel, topic)?.ledgerID ?? 0
      }
    }
  }
}

extension Customer {
  /// Returns the entry of a channel and topic, or nil when the record has none.
  package func entry(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic) -> Subscription? {
    subscriptions.first {
      $0.channel.rawValue == channel.rawValue && $0.topic.rawValue == topic.rawValue
    }
  }

  /// Replaces the entry of a channel and topic; nil removes it.
  mutating func setEntry(
    _ entry: Subscription?,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic
  ) {
    let place = subscriptions.firstIndex {
      $0.channel.rawValue == channel.rawValue && $0.topic.rawValue == topic.rawValue
    }
    switch (place, entry) {
    case (let place?, let entry?): subscriptions[place] = entry
    case (let place?, nil): subscriptions.remove(at: place)
    case (nil, let entry?): subscriptions.append(entry)
    case (nil, nil): break
    }
  }
}

extension LedgerRow {
  /// Makes the row of a state that a merge or an unmerge decided.
  package init(decided old: ChannelConsent, _ new: ChannelConsent, source: String) {
    let action: PatronModel.ConsentAction =
      switch new.state {
      case .unsubscribed: .unsubscribe
      case .pending: .request
      case .subscribed: .subscribe
      case .neverSubscribed: .addressChange
      }
    self.init(
      action: action,
      previousState: old.state,
      newState: new.state,
      occurredAt: new.changedAt ?? old.changedAt ?? 0,
      actor: new.changedBy ?? .system,
      source: source,
      optInLevel: new.optInLevel
    )
  }

  /// Makes the row of a state that differs because a merge or an unmerge gave the record another
  /// address. Its time is that of the write.
  package init(movedTo new: ChannelConsent, from old: ChannelConsent, source: String) {
    self.init(
      action: .addressChange,
      previousState: old.state,
      newState: new.state,
      occurredAt: 0,
      actor: .system,
      source: source,
      optInLevel: new.optInLevel
    )
  }
}
