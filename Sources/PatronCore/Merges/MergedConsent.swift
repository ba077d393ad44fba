package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// What becomes of the consent of two customers who are one.
///
/// Consent is given for an address. Of each channel the record that had the address which is kept
/// is the holder: its consent stays unless an opt-out of the other record takes it away, see
/// `ConsentRules.merge(keeping:with:)`. No agreement for another address comes over, so nobody can
/// receive what they could not receive before; the ledger says so where the primary loses one with
/// its address. Suppressions belong to addresses and stay there.
///
/// The event of the merge tells of all of it: nobody agreed or opted out because records were
/// merged.
package struct MergedConsent {
  /// One of two records.
  package struct Side {
    package var customer: Customer
    package var row: CustomerRow
    /// Who set the fields.
    package var provenance: Provenance

    /// A customer as stored.
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

  /// The entries of the merged record. Those that the merge itself decided have no ledger row yet.
  package private(set) var subscriptions: [Subscription] = []
  /// The rows that the ledger is to have for them.
  package private(set) var changes = ConsentChanges()
  /// Channels of which an agreement of one of the two did not come over.
  private(set) var notCarried: Set<PatronModel.Channel> = []

  /// Decides for every channel and topic. `address` is what the merged customer keeps.
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
      let why = ConsentEvidence.with { $0.note = "merge with customer \(secondary.row.id)" }
      if left.isWish, !result.isWish { notCarried.insert(channel) }
      if result != held {
        merged.setConsent(result, channel, topic, ledgerID: 0)
        changes.add(
          LedgerRow(decided: held, result, source: ConsentSource.merge),
          channel,
          topic,
          why
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

  /// What the merge changes for the primary, as the answer has it.
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
  /// The entry of a channel and topic; nil when the record has none.
  package func entry(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic) -> Subscription? {
    subscriptions.first {
      $0.channel.rawValue == channel.rawValue && $0.topic.rawValue == topic.rawValue
    }
  }

  /// Puts an entry in the place of the one of a channel and topic; nil removes that.
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
  /// The row of a state that a merge, or its end, decided.
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

  /// The row of a state that is another one because the record has another address than before a
  /// merge, or its end. Its time is that of the write.
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
