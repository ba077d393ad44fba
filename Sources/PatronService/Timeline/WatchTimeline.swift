internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked WatchTimeline request.
  struct WatchRequest: Sendable {
    let store: StoreID
    /// The customer; nil for the whole store.
    let customer: CustomerKey?
    let filter: TimelineFilter
    let after: Int64
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
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

  /// Finds the position at which the watch starts.
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
    // Sequence 1 is the beginning, also in a store that has not used it yet.
    guard after <= max(last, 1) else {
      throw DomainError.reason(
        .outOfRange,
        "SEQUENCE_UNKNOWN",
        "The sequence \(after) is unknown; the last is \(last). It belongs to another server, or "
          + "this server was restored to an earlier state. Read the timelines again and watch from "
          + "there.",
        metadata: ["newest_sequence": String(last)]
      )
    }
    // Two sequences differ by at least the number of events between them, so most requests need no
    // count.
    guard let history, last - after > history else { return }
    let oldest = try reader.sequence(beforeNewest: history)
    guard after >= oldest else {
      throw DomainError.reason(
        .outOfRange,
        "SEQUENCE_TOO_OLD",
        "Events after the sequence \(after) are not kept for watches any more; the oldest "
          + "possible is \(oldest). Read the timelines again and watch from there.",
        metadata: ["oldest_sequence": String(oldest)]
      )
    }
  }
}

/// A watch of the events of a store or of one customer.
struct TimelineWatch: WatchSource {
  let topic: WatchTopic
  /// The reference by which the request names the customer; nil for the whole store.
  let customer: CustomerKey?
  let filter: TimelineFilter
  let start: Int64

  /// The maximum number of events in a page.
  private static let maxEvents = 64
  /// The maximum number of events read for a page, including those of other customers.
  private static let maxVisits = 1024

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
      guard visits < Self.maxVisits, events < Self.maxEvents else {
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

  /// Throws if the reference names another customer now, which ends the watch. A customer who was
  /// merged into another has no events. Moved events keep their sequence: a client that has
  /// received them does not get them again, and a client that has not finds them at the other
  /// customer. So the client watches again after its last sequence, with the same reference: it
  /// names the primary after a merge, and the secondary again after its end.
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
        "The reference names another customer now, \(id)."
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

  /// Returns the response for the event at a position, or nil if the event does not match the
  /// filter.
  private func message(
    _ place: FeedPlace,
    _ reader: StoreReader,
    _ titles: EventTitles
  ) throws -> [UInt8]? {
    if place.isDeleted { return try tombstone(place, reader) }
    return try reader.event(at: place) { entry, hasMoved -> [UInt8]? in
      guard try filter.matches(entry, titles) else { return nil }
      // A new event has its id as its sequence. A replaced event has a later sequence.
      let kind: EventChangeKind =
        hasMoved ? .moved : place.sequence == place.id ? .recorded : .replaced
      var buffer = ResponseBuffer(capacity: entry.body.byteCount + 32)
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
  /// Returns the response for the tombstone at a position, or nil if its event cannot have matched
  /// the filter.
  private func tombstone(_ place: FeedPlace, _ reader: StoreReader) throws -> [UInt8]? {
    guard let body = try reader.tombstone(at: place) else { return nil }
    var event = try Event(stored: body)
    guard filter.mayHaveMatched(event) else { return nil }
    // A merge moves tombstones without rewriting them.
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
      "\(what) Watch again after the last received sequence: the same reference names that "
        + "customer.",
      metadata: ["customer_id": String(customerID)]
    )
  }
}
