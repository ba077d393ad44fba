internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// What becomes of consent when a merge is undone: what was before, with what was said since.
///
/// | since the merge | the one who has the address from now on | the other one |
/// | --- | --- | --- |
/// | nothing was said of the channel and topic | as before the merge | as before the merge |
/// | something was said | what is stored now: it was said for the address | as before, unless an
///   opt-out in what is stored now takes that away: a person opted out |
///
/// The address is the one that the merged customer had for the channel until now. Where neither
/// gets it, the primary counts as the one who has it.
struct UnmergedConsent {
  /// The addresses of a channel, now and after.
  struct Addresses {
    var merged: CustomerRow
    var primary: (phone: String?, emailKey: String?)
    var secondary: (phone: String?, emailKey: String?)

    fileprivate func goesToSecondary(_ channel: PatronModel.Channel) -> Bool {
      guard let address = merged.address(channel) else { return false }
      return address == (channel == .sms ? secondary.phone : secondary.emailKey)
    }
  }

  /// Rows of the ledger that wait to be written.
  struct Changes {
    fileprivate var consents = ConsentChanges()
    /// What is to have no entry, as it had none before.
    fileprivate var cleared: [MergedConsent.Pair] = []

    /// Appends the rows to the ledger and puts their ids into the record. Returns the events that
    /// tell of them.
    func record(in customer: inout Customer, _ writer: StoreWriter, at now: Int64) throws -> [Event]
    {
      var consents = consents
      try consents.record(in: &customer, writer, at: now)
      for (channel, topic) in cleared { customer.setEntry(nil, channel, topic) }
      return consents.events(at: now)
    }
  }

  /// The entries of the primary and of the secondary.
  private(set) var primary: [Subscription]
  private(set) var secondary: [Subscription]
  /// What their ledgers are to have for it.
  private(set) var primaryChanges = Changes()
  private(set) var secondaryChanges = Changes()

  /// Decides. `current` is the merged record now, `before` and `after` the primary around the
  /// merge, `secondary` the other one before it.
  init(
    current: Customer, before: Customer, after: Customer, secondary: Customer,
    addresses: Addresses
  ) {
    var left = current
    var right = secondary
    for (channel, topic) in MergedConsent.pairs {
      let now = current.consent(channel, topic)
      let wasSaid = current.entry(channel, topic) != after.entry(channel, topic)
      let own = (before.consent(channel, topic), secondary.consent(channel, topic))
      let isSecondarys = addresses.goesToSecondary(channel)
      func resolved(_ old: ChannelConsent, _ holds: Bool) -> ChannelConsent {
        if !wasSaid { return old }
        return holds ? now : ConsentRules.merge(keeping: old, with: now)
      }
      Self.put(
        resolved(own.0, !isSecondarys), before.entry(channel, topic), over: now, wasSaid: wasSaid,
        channel, topic, &left, &primaryChanges)
      Self.put(
        resolved(own.1, isSecondarys), secondary.entry(channel, topic), over: own.1,
        wasSaid: false, channel, topic, &right, &secondaryChanges)
    }
    primary = left.subscriptions
    self.secondary = right.subscriptions
  }

  /// Puts a consent into a record. `former` is its entry before the merge, whose ledger row the
  /// customer has again; `over` is what the record says now.
  private static func put(
    _ consent: ChannelConsent, _ former: Subscription?, over old: ChannelConsent, wasSaid: Bool,
    _ channel: PatronModel.Channel, _ topic: PatronModel.Topic, _ record: inout Customer,
    _ changes: inout Changes
  ) {
    // What was said since is in the primary's ledger and stays there.
    if wasSaid, consent == old { return }
    if consent == old {
      record.setEntry(former, channel, topic)
      return
    }
    record.setConsent(consent, channel, topic, ledgerID: 0)
    changes.consents.add(
      LedgerRow(decided: old, consent, source: MergedConsent.unmergeSource), channel, topic,
      .with { $0.note = "end of a merge" })
    if consent == .never { changes.cleared.append((channel, topic)) }
  }
}
