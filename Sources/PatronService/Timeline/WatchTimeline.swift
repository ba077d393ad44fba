internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked request.
  struct WatchRequest: Sendable {
    let store: StoreID
    /// One customer; nil for the whole store.
    let customer: CustomerKey?
    let filter: TimelineFilter
    let after: Int64
  }

  /// Checks a request.
  static func prepareWatch(_ request: WatchTimelineRequest, _ call: CallContext) throws
    -> WatchRequest
  {
    guard request.afterSequence >= 0 else {
      throw DomainError.invalid(
        "after_sequence",
        "SEQUENCE_NEGATIVE",
        "A sequence is 1 or more; 0 begins with the next event."
      )
    }
    return WatchRequest(
      store: call.store,
      customer: try request.customer?.key(),
      filter: try TimelineFilter(request.filter ?? EventFilter()),
      after: request.afterSequence
    )
  }

  /// Finds where the watch begins.
  static func openWatch(_ request: WatchRequest, _ context: WatchContext) throws -> TimelineWatch {
    let reader = context.store(request.store)
    let key = try request.customer?.resolved(in: reader)
    let customerID = try key.map { key in
      guard let row = try reader.customerRow(key) else {
        throw try DomainError.customerNotFound(key, in: reader)
      }
      return row.id
    }
    let last = try reader.lastNumber()
    if request.after > 0 {
      try checkKept(request.after, last, reader, history: context.history)
    }
    return TimelineWatch(
      topic: WatchTopic(store: request.store, customerID: customerID),
      customer: key,
      filter: request.filter,
      start: request.after > 0 ? request.after : last
    )
  }

  private static func checkKept(
    _ after: Int64,
    _ last: Int64,
    _ reader: StoreReader,
    history: Int?
  ) throws {
    // 1 is the beginning, also before anything was given that number.
    guard after <= max(last, 1) else {
      throw DomainError.reason(
        .outOfRange,
        "SEQUENCE_UNKNOWN",
        "The sequence \(after) was not given out yet, the last one is \(last): it belongs to "
          + "another server, or this one was set back to an earlier state. Read the timelines anew "
          + "and watch from there.",
        metadata: ["newest_sequence": String(last)]
      )
    }
    // Sequences are at least as far apart as events, so most requests need no counting.
    guard let history, last - after > history else { return }
    let oldest = try reader.sequence(beforeNewest: history)
    guard after >= oldest else {
      throw DomainError.reason(
        .outOfRange,
        "SEQUENCE_TOO_OLD",
        "Events behind the sequence \(after) are not kept for watches any more; \(oldest) is the "
          + "oldest one to go on after. Read the timelines anew and watch from there.",
        metadata: ["oldest_sequence": String(oldest)]
      )
    }
  }
}

/// The events of a store or of one customer as they are recorded.
struct TimelineWatch: WatchSource {
  let topic: WatchTopic
  /// How the request names the customer; nil for the whole store.
  let customer: CustomerKey?
  let filter: TimelineFilter
  let start: Int64

  /// Events of a page.
  private static let mostEvents = 64
  /// Events that are looked at for a page, those of other customers among them.
  private static let mostVisits = 1024

  func read(
    after position: Int64,
    _ context: WatchContext,
    _ send: ([UInt8]) -> Bool
  ) throws -> WatchPage {
    let reader = context.store(topic.store)
    try checkReference(reader)
    let titles = EventTitles(reader)
    var page = WatchPage(position: position, end: .caughtUp)
    var visits = 0
    var events = 0
    try reader.feed(after: position) { place in
      guard visits < Self.mostVisits, events < Self.mostEvents else {
        page.end = .hasMore
        return false
      }
      visits += 1
      page.position = place.sequence
      guard concerns(place), let message = try message(place, reader, titles) else { return true }
      events += 1
      if send(message) { return true }
      page.end = .isFull
      return false
    }
    return page
  }

  /// A customer who was merged into another has no events any more. Events that moved keep their
  /// sequence: who has seen them does not get them again, who has not gets them where they are now.
  /// So the one who watches goes on after the last sequence, and finds by the same reference whom
  /// it names now: the primary of a merge, and after its end the secondary again.
  private func checkReference(_ reader: StoreReader) throws {
    guard let customerID = topic.customerID, let customer else { return }
    if let id = try reader.customer(.id(customerID), { id, _, _ in id }), id != customerID {
      throw DomainError.watchMoved(
        "CUSTOMER_MERGED",
        to: id,
        "The customer was merged into customer \(id)."
      )
    }
    if let id = try reader.customer(customer, { id, _, _ in id }), id != customerID {
      throw DomainError.watchMoved(
        "REFERENCE_MOVED",
        to: id,
        "The reference names customer \(id) now, another one."
      )
    }
  }

  func heartbeat(at position: Int64) -> [UInt8] {
    var buffer = ResponseBuffer(capacity: 16)
    buffer.appendNumber(WatchTimelineResponse.Field.sequence, position)
    return buffer.takeBytes()
  }

  private func concerns(_ place: FeedPlace) -> Bool {
    if let customerID = topic.customerID, place.customerID != customerID { return false }
    return place.occurredAt >= filter.from && place.occurredAt < filter.before ?? .max
  }

  /// The event of a place in a response; nil when it is not asked for.
  private func message(
    _ place: FeedPlace,
    _ reader: StoreReader,
    _ titles: EventTitles
  ) throws -> [UInt8]? {
    if place.isDeleted { return try tombstone(place, reader) }
    return try reader.event(at: place) { entry, hasMoved -> [UInt8]? in
      guard try filter.matches(entry, titles) else { return nil }
      // A new event has its id as sequence, one that was replaced a later number.
      let kind: EventChangeKind =
        hasMoved ? .moved : place.sequence == place.id ? .recorded : .replaced
      var buffer = ResponseBuffer(capacity: entry.body.count + 32)
      buffer.appendNumber(WatchTimelineResponse.Field.sequence, place.sequence)
      buffer.appendNumber(WatchTimelineResponse.Field.kind, Int64(kind.rawValue))
      try buffer.appendEvent(
        WatchTimelineResponse.Field.event,
        entry,
        try titles.missingTitle(of: entry)
      )
      return buffer.takeBytes()
    } ?? nil
  }
}

extension TimelineWatch {
  /// The tombstone of a place in a response; nil when its event was surely not asked for.
  private func tombstone(_ place: FeedPlace, _ reader: StoreReader) throws -> [UInt8]? {
    guard let body = try reader.tombstone(at: place) else { return nil }
    var event = try Event(stored: body)
    guard filter.mayHaveMatched(event) else { return nil }
    // A merge moves tombstones without a look at them.
    event.customerID = place.customerID
    return try WatchTimelineResponse.with {
      $0.sequence = place.sequence
      $0.kind = .deleted
      $0.event = event
    }.encoded()
  }
}

extension DomainError {
  fileprivate static func watchMoved(
    _ reason: String,
    to customerID: Int64,
    _ what: String
  ) -> DomainError {
    .reason(
      .aborted,
      reason,
      "\(what) Watch again after the last sequence that came: the same reference names that "
        + "customer.",
      metadata: ["customer_id": String(customerID)]
    )
  }
}
