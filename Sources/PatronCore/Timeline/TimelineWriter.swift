internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// A writer of events on the timeline of one customer that also keeps the customer's statistics.
/// ``finish()`` writes the statistics once for all events of a call. The author of an event is that
/// of the writer that recorded or replaced it last; a repeat that changes nothing is no recording.
package struct TimelineWriter {
  package let writer: StoreWriter
  package let customerID: Int64
  package let now: Int64
  package var stats: CustomerStats
  private var isChanged = false
  /// True if terms of the statistics, which filters use, may have changed.
  private var areTermsChanged = false
  /// The last derived event that changed the statistics of orders; nil when none was emitted.
  private var ordersSetBy: Provenance.Setter?

  /// Creates a writer that begins with the stored statistics.
  package init(_ writer: StoreWriter, customerID: Int64, stats: [UInt8], now: Int64) throws {
    self.writer = writer
    self.customerID = customerID
    self.now = now
    self.stats = try CustomerStats(stats)
  }

  /// Changes the statistics. ``finish()`` writes them.
  mutating func changeStats(_ body: (inout CustomerStats) throws -> Void) rethrows {
    try body(&stats)
    isChanged = true
    areTermsChanged = true
  }

  /// The source of the terms of the statistics.
  package var terms: TermSource { areTermsChanged ? .known(stats.terms) : .unchanged }

  /// Records an event, replaces the event with the same identifiers, or finds it there unchanged.
  /// `keepsTime` is set if the caller gave no time: a known event then keeps its own.
  mutating func put(_ event: Event, keepsTime: Bool = false) throws -> (Event, Outcome) {
    let known = try writer.read.event(
      source: event.source.rawValue,
      sourceName: event.sourceName,
      eventID: event.eventID
    )
    return try put(event, over: known, keepsTime: keepsTime)
  }

  /// Records an event over the event with the same identifiers, which was looked up already;
  /// `known` is nil when there is none.
  mutating func put(
    _ event: Event,
    over known: EventRow?,
    keepsTime: Bool
  ) throws -> (Event, Outcome) {
    guard let known else { return (try insert(event), .created) }
    guard known.customerID == customerID else { throw DomainError.eventBelongsToOther(known) }
    return try replace(known, with: event, keepsTime: keepsTime)
  }

  /// Records a derived event. A known event is emitted again only as a correction. Returns nil when
  /// nothing was emitted.
  package mutating func emit(_ event: Event, replaces: Bool) throws -> Event? {
    guard Self.changesOrderStats(event) else { return try emitAsIs(event, replaces: replaces) }
    var event = event
    event.enrichedFields = (event.enrichedFields + [Self.orderStats]).sorted()
    guard let emitted = try emitAsIs(event, replaces: replaces) else { return nil }
    noteOrdersSet(by: emitted)
    return emitted
  }

  private mutating func noteOrdersSet(by event: Event) {
    ordersSetBy = Provenance.Setter(
      name: event.type,
      at: min(event.occurredAt?.micros ?? now, now),
      eventID: event.id,
      author: writer.author
    )
  }

  private static let orderStats = "order_stats"

  private static func changesOrderStats(_ event: Event) -> Bool {
    event.source == .ecommerce
      && Enrichment.rule(for: event.type, of: .ecommerce).changesOrderStats
  }

  private mutating func emitAsIs(_ event: Event, replaces: Bool) throws -> Event? {
    let known = try writer.read.event(
      source: event.source.rawValue,
      sourceName: event.sourceName,
      eventID: event.eventID
    )
    guard let known else { return try insert(event) }
    guard replaces else { return nil }
    let (stored, outcome) = try replace(known, with: event, keepsTime: false)
    return outcome == .unchanged ? nil : stored
  }

  /// Records an event of Patron's own that may happen any number of times: its id is made of its
  /// number. `changesOrderStats` is set if it changes the statistics of orders.
  mutating func addNumbered(_ event: Event, changesOrderStats: Bool = false) throws -> Event {
    let id = try writer.nextID()
    var event = event
    event.eventID = "\(EventCheck.reservedPrefix)\(event.type):\(id)"
    if changesOrderStats { event.enrichedFields = [Self.orderStats] }
    let added = try add(event, id: id)
    if changesOrderStats { noteOrdersSet(by: added) }
    return added
  }

  /// Writes the statistics if they changed, and the encoded provenance of the customer's fields
  /// unless that is nil.
  package func finish(provenance given: [UInt8]? = nil) throws {
    let provenance =
      try ordersSetBy.flatMap {
        try Provenance.noting(
          [Self.orderStats],
          by: $0,
          over: try given ?? writer.read.provenance(of: customerID)
        )
      } ?? given
    if isChanged {
      try writer.setStats(
        try stats.encoded(),
        terms: terms,
        provenance: provenance,
        of: customerID
      )
    } else if let provenance {
      try writer.setProvenance(provenance, of: customerID)
    }
  }

  /// Records an event that is known to be new. `id` comes from ``StoreWriter/nextID()`` and names
  /// no other event.
  @discardableResult
  package mutating func add(_ event: Event, id: Int64) throws -> Event {
    var event = event
    event.id = id
    event.customerID = customerID
    event.sequence = event.id
    event.recordedAt = .init(micros: now)
    event.author = writer.author.message
    try writer.insert(try EventRow(event))
    let day = stats.lastEventDay
    stats.count(event)
    isChanged = true
    if stats.lastEventDay != day { areTermsChanged = true }
    return event
  }

  private mutating func insert(_ event: Event) throws -> Event {
    try add(event, id: try writer.nextID())
  }

  private mutating func replace(
    _ known: EventRow,
    with event: Event,
    keepsTime: Bool
  ) throws -> (Event, Outcome) {
    let old = try Event(stored: known.body)
    var event = event
    event.id = old.id
    event.customerID = customerID
    event.sequence = old.sequence
    event.recordedAt = old.recordedAt
    event.revision = old.revision
    event.author = old.author
    event.enrichedFields = Set(old.enrichedFields + event.enrichedFields).sorted()
    if keepsTime { event.occurredAt = old.occurredAt }
    // An order that became known since does not make it another event.
    var same = old
    same.orderID = event.orderID
    if event == same { return (old, .unchanged) }
    event.revision += 1
    event.author = writer.author.message
    event.sequence = try writer.nextID()
    try writer.update(try EventRow(event), replacing: known)
    try recountActivity()
    return (event, .updated)
  }

  /// Reads the last events of the sources again: a replaced event may have been the last of its
  /// source, or become it.
  mutating func recountActivity() throws {
    var last: [Int32: (type: String, at: Int64)] = [:]
    let sources = stats.sources
    try writer.read.timeline(of: customerID, behind: .newest, notBefore: .min) { entry in
      if last[entry.source] == nil {
        last[entry.source] = (
          String(utf8: entry.type), entry.position.occurredAt
        )
      }
      return last.count < sources
    }
    changeStats { $0.setLast(last) }
  }
}

extension EventRow {
  /// Makes the row of an event as the store keeps it.
  package init(_ event: Event) throws {
    self.init(
      id: event.id,
      customerID: event.customerID,
      occurredAt: event.occurredAt?.micros ?? 0,
      source: event.source.rawValue,
      sourceName: event.sourceName,
      eventID: event.eventID,
      type: event.type,
      sequence: event.sequence,
      body: try RecordLimit.event.checked(event.encoded())
    )
  }
}

extension DomainError {
  /// Returns the error for an event id that another customer's timeline has.
  static func eventBelongsToOther(_ known: EventRow) -> DomainError {
    reason(
      .failedPrecondition,
      "EVENT_CUSTOMER_CHANGED",
      "The event id is that of an event of customer \(known.customerID). An event stays with its "
        + "customer: give another event_id, or name that customer.",
      metadata: ["customer_id": String(known.customerID)]
    )
  }
}
