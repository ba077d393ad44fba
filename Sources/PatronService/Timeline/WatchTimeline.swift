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
    /// The filter, encoded.
    let filterBytes: [UInt8]
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
    let filter = request.filter ?? EventFilter()
    return WatchRequest(
      store: call.store,
      customer: try request.customer?.key(),
      filter: try TimelineFilter(filter),
      filterBytes: try filter.encoded(),
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
    try checkAssigned(request.after, last)
    return TimelineWatch(
      topic: WatchTopic(store: request.store, customerID: customerID),
      selection: WatchSelection(filter: request.filterBytes, customer: key),
      customer: key,
      filter: request.filter,
      // 0 would be no place to continue from. No event has sequence 1: its customer came before it.
      start: request.after > 0 ? request.after : max(last, 1),
      // Two sequences differ by at least the number of events between them, so most requests need
      // no count.
      startsFarBack: request.after > 0 && last - request.after > context.history ?? .max
    )
  }

  private static func checkAssigned(_ after: Int64, _ last: Int64) throws {
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
  }
}

/// A watch of the events of a store or of one customer.
struct TimelineWatch: WatchSource {
  let topic: WatchTopic
  let selection: WatchSelection
  /// The reference by which the request names the customer; nil for the whole store.
  let customer: CustomerKey?
  let filter: TimelineFilter
  let start: Int64
  let startsFarBack: Bool

  /// The maximum number of events in a page.
  private static let maxEvents = 64

  func read(after position: Int64, _ context: WatchContext) throws -> WatchPage {
    let reader = context.store(topic.store)
    try checkReference(reader)
    let titles = EventTitles(reader)
    var page = WatchPage(position: position)
    page.isCaughtUp = try context.feed.visit(after: position, reader) { item in
      guard page.messages.count < Self.maxEvents, context.budget.visit() else { return false }
      page.position = item.place.sequence
      if concerns(item.place), let bytes = try message(item, context, reader, titles) {
        page.messages.append(WatchMessage(sequence: item.place.sequence, bytes: bytes))
      }
      return true
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

  func checkStart(oldest: Int64) throws {
    guard start >= oldest else {
      throw DomainError.reason(
        .outOfRange,
        "SEQUENCE_TOO_OLD",
        "Events after the sequence \(start) are not kept for watches any more; the oldest "
          + "possible is \(oldest). Read the timelines again and watch from there.",
        metadata: ["oldest_sequence": String(oldest)]
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

  /// Returns the response for an event, or nil if the event does not match the filter.
  private func message(
    _ item: WatchFeed.Item,
    _ context: WatchContext,
    _ reader: StoreReader,
    _ titles: EventTitles
  ) throws -> [UInt8]? {
    if item.place.isDeleted { return try tombstone(item, context, reader) }
    guard let event = try context.feed.event(of: item, reader) else { return nil }
    context.budget.spend(event.body.count)
    return try event.withEntry { entry -> [UInt8]? in
      guard try filter.matches(entry, titles) else { return nil }
      return try context.feed.message(of: item) {
        try Self.encode(entry, item.place, hasMoved: event.hasMoved, titles)
      }
    }
  }

  private static func encode(
    _ entry: borrowing StoreReader.TimelineEntry,
    _ place: FeedPlace,
    hasMoved: Bool,
    _ titles: EventTitles
  ) throws -> [UInt8] {
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
  }
}

extension TimelineWatch {
  /// Returns the response for a tombstone, or nil if its event cannot have matched the filter.
  private func tombstone(
    _ item: WatchFeed.Item,
    _ context: WatchContext,
    _ reader: StoreReader
  ) throws -> [UInt8]? {
    guard let body = try reader.tombstone(at: item.place) else { return nil }
    context.budget.spend(body.count)
    var event = try Event(stored: body)
    guard filter.mayHaveMatched(event) else { return nil }
    return try context.feed.message(of: item) {
      // A merge moves tombstones without rewriting them.
      event.customerID = item.place.customerID
      return try WatchTimelineResponse.with {
        $0.sequence = item.place.sequence
        $0.kind = .deleted
        $0.event = event
      }.encoded()
    }
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
