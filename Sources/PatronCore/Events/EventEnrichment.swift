package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The effects of an event on a customer beside the fields that came with it: consent and
/// suppressions before the event is written, the summaries of reviews and loyalty after it.
struct EventEnrichment {
  let writer: StoreWriter
  let now: Int64
  let event: Event
  /// The effects that an earlier version of the event did not have.
  let news: [EnrichmentEffect]
  let effects: [EnrichmentEffect]
  let old: Event?
  let oldEffects: [EnrichmentEffect]
  /// The identifiers that the caller gave, addresses that belong to other customers included.
  let given: Identifiers
  /// The changed fields, in protocol names.
  private(set) var fields: [String] = []
  /// The warnings for the caller.
  private(set) var warnings: [Warning] = []
  /// The channel of an answer that may opt out, if that is new; nil for all other events.
  private(set) var possibleOptOut: PatronModel.Channel?

  /// Begins with an event that has its time and id, and its version on the timeline.
  init(
    _ event: Event,
    over old: Event?,
    _ given: Identifiers,
    _ writer: StoreWriter,
    _ now: Int64
  ) throws {
    self.writer = writer
    self.now = now
    self.event = event
    self.old = old
    self.given = given
    let words = try ReplyWords(for: event, in: writer.read)
    effects = Enrichment.effects(of: event, at: now, words)
    let before = old.map { Enrichment.effects(of: $0, at: now, words) } ?? []
    oldEffects = before
    // A later repeat of an opt-out is new: the customer may have agreed in between.
    let isLater = event.occurredAt?.micros ?? now > old?.occurredAt?.micros ?? .max
    news = effects.filter { !before.contains($0) || (isLater && $0.restricts) }
    for effect in news {
      switch effect {
      case .review: fields.append("reviews")
      case .loyalty: fields.append("loyalty")
      default: break
      }
    }
  }

  /// The time of the statement, microseconds since 1970, not after now: clocks of tools run ahead.
  var saidAt: Int64 { min(event.occurredAt?.micros ?? now, now) }

  /// Changes consent and suppressions and returns the customer as stored then. A refusal by the
  /// rules of consent is a warning: the event belongs to the history all the same.
  mutating func changeConsent(of row: CustomerRow) throws -> CustomerRow {
    guard news.contains(where: \.isAboutConsent) else { return row }
    var edit = try ConsentEdit(row, writer, at: now)
    edit.reportedBy = event.type
    let evidence = EventEvidence(event, at: now)
    warnings += evidence.warnings
    var isOutdated = false
    for effect in news {
      switch effect {
      case .subscribe(let channel, let topic, let isConfirmed):
        try agree(&edit, channel, topic, isConfirmed ? .confirmed : .given, evidence)
      case .request(let channel, let topic):
        try agree(&edit, channel, topic, .request, evidence)
      case .confirm(let channel, let topic):
        try agree(&edit, channel, topic, .confirmation, evidence)
      case .unsubscribe(let channel, let topic):
        isOutdated = try unsubscribe(&edit, channel, topic, evidence)
      case .suppress(let channel, let reason):
        // A later agreement has taken the complaint back, if it is about the same address.
        let isCurrent = given.address(channel).map { $0 == edit.row.address(channel) } ?? true
        if reason == .spamComplaint, isOutdated, isCurrent { continue }
        try suppress(&edit, channel, reason, evidence)
      case .suppressUnexplained(let channel):
        warn(.reasonUnknown)
        try suppress(&edit, channel, .manual, evidence)
      case .softBounce:
        guard let limit = try StoreSettings(of: writer.read).softBounceThreshold.map(Int.init),
          try softBouncesInARow(of: row.id, atMost: limit) >= limit
        else { continue }
        try suppress(&edit, .email, .softBounce, evidence)
      case .unknownTopic: warn(.topicUnknown)
      case .unknownBounce: warn(.bounceUnknown)
      case .liftedElsewhere: warn(.nothingLifted)
      case .unreadReply: warn(.replyUnread)
      case .possibleOptOut(let channel): notePossibleOptOut(&edit, channel)
      case .restore(let channel): try restore(&edit, channel, evidence)
      case .accountStatus, .accountCreated, .accountOpened, .reviewerName, .review, .loyalty:
        break
      }
    }
    fields += edit.changedFlags
    if !edit.summary.isEmpty { fields.append("subscriptions") }
    if edit.changesSuppressions { fields.append("suppressions") }
    try edit.write()
    return edit.row
  }

  /// Notes that the customer may have opted out. The record has the time until consent has a newer
  /// statement.
  private mutating func notePossibleOptOut(
    _ edit: inout ConsentEdit,
    _ channel: PatronModel.Channel
  ) {
    guard edit.customer.consent(channel, .marketing).state != .unsubscribed else { return }
    possibleOptOut = channel
    edit.notePossibleOptOut(at: saidAt)
    warn(.possibleOptOut)
  }

  mutating func warn(_ warning: Warning) {
    warnings.append(warning)
  }
}

extension Enrichment {
  /// Returns the effects of an event. `now` is its time if it has none.
  static func effects(
    of event: Event,
    at now: Int64,
    _ words: ReplyWords = .known
  ) -> [EnrichmentEffect] {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)),
      hasEffects(event.type, of: source)
    else { return [] }
    return effects(
      of: EventFacts(
        source: source,
        type: event.type,
        occurredAt: event.occurredAt?.micros ?? now,
        properties: event.properties.compactMapValues { try? PatronModel.PropertyValue($0) },
        namesProduct: event.references?.productID.isEmpty == false,
        words: words
      )
    )
  }
}

extension ReplyWords {
  /// Makes the words in which an event is looked up, with the store's own words for an answer.
  package init(for event: Event, in reader: StoreReader) throws {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)),
      Enrichment.readsWords(event.type, of: source)
    else {
      self = .known
      return
    }
    let settings = try StoreSettings(of: reader)
    let own = (settings.optOutWords?.values ?? [], settings.optInWords?.values ?? [])
    self = own.0.isEmpty && own.1.isEmpty ? .known : ReplyWords(optOut: own.0, optIn: own.1)
  }
}
