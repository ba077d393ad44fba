internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The consent of both customers when a merge is undone: the consent before the merge, with the
/// statements made since.
///
/// | since the merge | the record that has the address from now on | the other record |
/// | --- | --- | --- |
/// | no statement on the channel and topic | as before the merge | as before the merge |
/// | a statement | the stored state: it was made for the address | as before, but for an opt-out |
///
/// An opt-out since the merge takes the agreement of the other record away, even if an agreement
/// for the address followed it.
///
/// The address is the one that the merged customer had for the channel until now. If neither record
/// gets it, the primary counts as the record that has it. If the primary keeps an address that it
/// got since, nothing comes back but opt-outs: the earlier agreement was for another address.
///
/// A state as before has its former entry. Only the event of the unmerge reports it.
struct UnmergedConsent {
  /// The addresses of a channel, now and after.
  struct Addresses {
    var merged: CustomerRow
    /// The primary's addresses before the merge.
    var before: (phone: String?, emailKey: String?)
    var primary: (phone: String?, emailKey: String?)
    var secondary: (phone: String?, emailKey: String?)

    fileprivate func goesToSecondary(_ channel: PatronModel.Channel) -> Bool {
      guard let address = merged.address(channel) else { return false }
      return address == (channel == .sms ? secondary.phone : secondary.emailKey)
    }

    /// Returns true when the primary has another address than before the merge.
    func isPrimarysNew(_ channel: PatronModel.Channel) -> Bool {
      channel == .sms ? primary.phone != before.phone : primary.emailKey != before.emailKey
    }
  }

  /// The entries of the primary and of the secondary.
  private(set) var primary: [Subscription]
  private(set) var secondary: [Subscription]
  /// The ledger rows for the entries.
  private(set) var primaryChanges = ConsentChanges()
  private(set) var secondaryChanges = ConsentChanges()

  /// Decides for every channel and topic. `current` is the merged record now, `before` and `after`
  /// the primary around the merge, `secondary` the other record before it.
  init(
    current: Customer,
    before: Customer,
    after: Customer,
    secondary: Customer,
    addresses: Addresses,
    optOuts: LaterOptOuts,
    at now: Int64
  ) {
    var left = current
    var right = secondary
    for (channel, topic) in MergedConsent.pairs {
      let stored = current.consent(channel, topic)
      // The part of it that binds the record without the address.
      let heard = stored.isWish ? optOuts[channel, topic] ?? stored : stored
      let wasSaid = current.entry(channel, topic) != after.entry(channel, topic)
      let isSecondarys = addresses.goesToSecondary(channel)
      let own = before.consent(channel, topic)
      let next: ChannelConsent =
        switch (addresses.isPrimarysNew(channel), wasSaid) {
        case (true, true): ConsentRules.merge(keeping: stored, with: own)
        case (true, false):
          ConsentRules.readdress(
            own,
            to: .never,
            by: ConsentStatement(at: now, actor: .system, source: ConsentSource.unmerge)
          )
        case (false, true):
          isSecondarys ? ConsentRules.merge(keeping: own, with: heard) : stored
        case (false, false): own
        }
      if next == own {
        left.setEntry(before.entry(channel, topic), channel, topic)
        // A merge that has a row in the ledger gets a row for its end.
        let isMergeReported =
          after.entry(channel, topic) != before.entry(channel, topic)
          && (after.entry(channel, topic) != secondary.entry(channel, topic)
            || own.isWish && !stored.isWish)
        if stored != own, wasSaid || isMergeReported {
          primaryChanges.note(
            LedgerRow(movedTo: own, from: stored, source: ConsentSource.unmerge),
            channel,
            topic,
            Self.why
          )
        }
      } else {
        Self.put(next, over: stored, channel, topic, &left, &primaryChanges)
      }
      let others = secondary.consent(channel, topic)
      let back: ChannelConsent =
        if !wasSaid {
          others
        } else if isSecondarys {
          stored
        } else {
          ConsentRules.merge(keeping: others, with: heard)
        }
      Self.put(back, over: others, channel, topic, &right, &secondaryChanges)
    }
    primary = left.subscriptions
    self.secondary = right.subscriptions
  }

  private static let why = ConsentEvidence.with { $0.note = "end of a merge" }

  /// Puts a consent in the place of `old`. The same consent has its ledger row already, and nothing
  /// is done.
  private static func put(
    _ consent: ChannelConsent,
    over old: ChannelConsent,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ record: inout Customer,
    _ changes: inout ConsentChanges
  ) {
    guard consent != old else { return }
    record.setConsent(consent, channel, topic, ledgerID: 0)
    changes.add(
      LedgerRow(decided: old, consent, source: ConsentSource.unmerge),
      channel,
      topic,
      why,
      isOfMerge: true
    )
  }
}

/// The latest opt-out of each channel and topic since a merge, even if another statement followed.
struct LaterOptOuts {
  private var found:
    [(channel: PatronModel.Channel, topic: PatronModel.Topic, consent: ChannelConsent)] = []

  /// Reads the ledger of the merged customer back to the merge.
  init(since merge: MergeRow, in reader: StoreReader) throws {
    try reader.consentHistory(of: merge.primaryID, before: .max) { _, body in
      let record = try ConsentRecord(stored: body)
      guard record.recordedAt?.micros ?? 0 >= merge.mergedAt else { return false }
      guard record.state == .unsubscribed, [.unsubscribe, .import].contains(record.action),
        !MergedConsent.hasWritten(record),
        let channel = PatronModel.Channel(rawValue: Int(record.channel.rawValue)),
        let topic = PatronModel.Topic(rawValue: Int(record.topic.rawValue)),
        self[channel, topic] == nil
      else { return true }
      let time = record.occurredAt?.micros ?? merge.mergedAt
      found.append(
        (
          channel, topic,
          ChannelConsent(
            state: .unsubscribed,
            unsubscribedAt: time,
            changedAt: time,
            source: record.evidence?.source,
            changedBy: ConsentActor(rawValue: Int(record.actor.rawValue))
          )
        )
      )
      return true
    }
  }

  subscript(channel: PatronModel.Channel, topic: PatronModel.Topic) -> ChannelConsent? {
    found.first { $0.channel == channel && $0.topic == topic }?.consent
  }
}
