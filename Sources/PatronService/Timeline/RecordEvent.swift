internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked RecordEvent request.
  struct Record: Sendable {
    var requestID: RequestID
    var change: EventChange
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareRecord(_ request: RecordEventRequest, _ call: CallContext) throws -> Record {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let change = EventChange(
      request.customer,
      request.event,
      country: country,
      now: call.now,
      &violations
    )
    try violations.finish()
    return Record(requestID: requestID, change: change)
  }

  private static let recordedEvent = RecordFields(
    event: RecordEventResponse.Field.event,
    warnings: RecordEventResponse.Field.warnings
  )

  /// Records one event.
  static func record(
    _ record: Record,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    try FirstAnswers.answer(
      record.requestID,
      of: TimelineService.recordEvent.method,
      in: writer,
      at: context.now,
      with: recordedEvent,
      &response
    ) { response in
      let result = try record.change.perform(in: writer, at: context.now)
      if var event = result.event {
        try EventTitles(writer.read).complete(&event)
        try response.appendMessage(RecordEventResponse.Field.event, event)
      }
      let start = response.count
      try response.append(
        RecordEventResponse.with {
          $0.outcome = result.outcome
          $0.customerCreated = result.customer?.outcome == .created
          $0.warnings = result.warnings
        }
      )
      return AnswerOutcome(
        start: start,
        customers: result.customer.map { [$0.row.id] } ?? [],
        event: result.event?.id
      )
    }
  }

  /// A checked BatchRecordEvents request.
  struct BatchRecord: BatchRequest {
    var requestID: RequestID
    var batch: Batch<EventChange>
  }

  /// Checks every event of the batch.
  static func prepareBatchRecord(_ request: BatchRecordEventsRequest, _ call: CallContext) throws
    -> BatchRecord
  {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    try violations.finish()
    let now = call.now
    let batch = try Batch(
      request.items,
      field: "items",
      dropsSecondary: violations.dropsSecondary
    ) { item, violations in
      EventChange(item.customer, item.event, country: country, now: now, &violations)
    }
    return BatchRecord(requestID: requestID, batch: batch)
  }

  /// Records the events, in order, in pieces. A repeat of a request with an id that was interrupted
  /// records no event twice.
  static func batchRecord(
    _ record: BatchRecord,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let pieces = EventPieces(record.batch) { change, writer, context in
      let result = try change.perform(in: writer, at: context.now)
      return .with {
        $0.outcome = result.outcome
        $0.customerID = result.customer?.row.id ?? 0
        $0.id = result.event?.id ?? 0
        $0.warnings = result.warnings
      }
    }
    return try recordPiece(pieces, record.requestID, context, &response)
  }

  private typealias EventPieces = BatchPieces<EventChange, Void, BatchRecordEventsResponse>

  private static func recordPiece(
    _ pieces: EventPieces,
    _ requestID: RequestID,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    var next = pieces
    let method = TimelineService.batchRecordEvents.method
    try response.append(try FirstAnswers.piece(of: &next, requestID, of: method, context))
    return next.rest { [next] context, response in
      try recordPiece(next, requestID, context, &response)
    }
  }
}
