internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked event with its customer.
  struct EventChange: Sendable {
    var customer: CustomerChange
    var draft: EventDraft

    /// Checks an event and its customer.
    init(
      _ customer: CustomerInput?, _ event: EventInput?, country: CountryCode?, now: Int64,
      _ violations: inout Violations
    ) {
      let event = event ?? EventInput()
      draft = EventDraft(event, path: "event", now: now, violations: &violations)
      var input = customer ?? CustomerInput()
      // Only the shop's platform speaks for the shop's record: events of others never touch
      // consent.
      if event.source != .ecommerce {
        input.acceptsSMSMarketing = nil
        input.acceptsEmailMarketing = nil
      }
      self.customer = CustomerChange.checked(
        input, path: "customer", mode: .fillGaps, identity: .event,
        origin: event.source == .ecommerce ? .ecommercePlatform : .event, country: country,
        source: "event", actor: .platform, now: now, &violations)
    }

    /// Finds or makes the customer and puts the event on the timeline.
    func perform(
      in writer: StoreWriter, at now: Int64
    ) throws -> (event: Event, outcome: Outcome, customer: CustomerChange.Result) {
      var change = customer
      let plan = try change.plan(in: writer.read)
      if try isKnown(plan, writer.read, at: now) {
        // What it said of consent was applied when it was new; others may have spoken since.
        change.flags.clear()
      } else {
        change.flags.saidAt = draft.event.occurredAt?.micros
      }
      let customer = try change.perform(plan, in: writer, at: now)
      var timeline = try TimelineWriter(
        writer, customerID: customer.row.id, stats: customer.row.stats, now: now)
      var event = try draft.completed(for: customer.row.id, at: now)
      event.enrichedFields = customer.changedFields
      event.orderID = try writer.read.order(about: event)?.id ?? 0
      let (stored, outcome) = try timeline.put(event, keepsTime: draft.event.occurredAt == nil)
      try timeline.finish()
      return (stored, outcome, customer)
    }

    /// Whether the event is on the timeline already. An event id that another customer's event has
    /// is refused before anything is written.
    private func isKnown(
      _ plan: CustomerChange.Plan, _ reader: StoreReader, at now: Int64
    ) throws -> Bool {
      var event = draft.event
      if event.eventID.isEmpty {
        guard let row = plan.row else { return false }
        event = try draft.completed(for: row.id, at: now)
      }
      let known = try reader.event(
        source: event.source.rawValue, sourceName: event.sourceName, eventID: event.eventID)
      guard let known else { return false }
      guard known.customerID == plan.row?.id else { throw RPCError.eventBelongsToOther(known) }
      return true
    }
  }

  /// A checked request.
  struct Record: Sendable {
    var store: StoreID
    var requestID: String
    var change: EventChange
  }

  /// Checks everything that needs no look at the store.
  static func prepareRecord(_ request: RecordEventRequest) throws -> Record {
    let store = try StoreID.named(request.storeID)
    var violations = Violations()
    FirstAnswers.check(request.requestID, &violations)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let change = EventChange(
      request.customer, request.event, country: country, now: WallClock.now(), &violations)
    try violations.finish()
    return Record(store: store, requestID: request.requestID, change: change)
  }

  /// Records one event.
  static func record(
    _ record: Record, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(record.store)
    try FirstAnswers.answer(
      record.requestID, of: TimelineService.recordEvent.method, in: writer, at: context.now,
      &response
    ) { response in
      var result = try record.change.perform(in: writer, at: context.now)
      try EventTitles(writer.read).complete(&result.event)
      try response.append(
        RecordEventResponse.with {
          $0.event = result.event
          $0.outcome = result.outcome
          $0.customerCreated = result.customer.outcome == .created
          $0.warnings = result.customer.warnings + record.change.draft.warnings
        })
    }
  }

  /// A checked batch.
  struct BatchRecord: Sendable {
    var store: StoreID
    var requestID: String
    var batch: Batch<EventChange>
  }

  /// Checks every event of the batch.
  static func prepareBatchRecord(_ request: BatchRecordEventsRequest) throws -> BatchRecord {
    let store = try StoreID.named(request.storeID)
    var violations = Violations()
    FirstAnswers.check(request.requestID, &violations)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    try violations.finish()
    let now = WallClock.now()
    let batch = try Batch(request.items, field: "items") { item, violations in
      EventChange(item.customer, item.event, country: country, now: now, &violations)
    }
    return BatchRecord(store: store, requestID: request.requestID, batch: batch)
  }

  /// Records the events in order.
  static func batchRecord(
    _ record: BatchRecord, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(record.store)
    try FirstAnswers.answer(
      record.requestID, of: TimelineService.batchRecordEvents.method, in: writer, at: context.now,
      &response
    ) { response in
      let outcome = try record.batch.apply(in: context) { change in
        let result = try change.perform(in: writer, at: context.now)
        return .with {
          $0.outcome = result.outcome
          $0.customerID = result.customer.row.id
          $0.id = result.event.id
          $0.warnings = result.customer.warnings + change.draft.warnings
        }
      }
      try response.append(
        BatchRecordEventsResponse.with {
          $0.results = outcome.results
          $0.counts = outcome.counts
        })
    }
  }
}
