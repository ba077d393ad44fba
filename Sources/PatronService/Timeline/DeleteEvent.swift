internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked DeleteEvent request.
  struct EventDeletion: Sendable {
    var requestID: RequestID
    var event: EventName
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareDeleteEvent(_ request: DeleteEventRequest, _ call: CallContext) throws
    -> EventDeletion
  {
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    try violations.finish()
    let event: EventName =
      switch request.event {
      case .id(let id): .id(id)
      case .key(let key): try .key(key)
      case nil: throw EventName.missing
      }
    return EventDeletion(requestID: requestID, event: event)
  }

  /// Deletes one event.
  static func deleteEvent(
    _ deletion: EventDeletion,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    try FirstAnswers.answer(
      deletion.requestID,
      of: TimelineService.deleteEvent.method,
      in: writer,
      at: context.now,
      &response
    ) { response in
      guard let row = try deletion.event.row(in: writer.read) else {
        throw DomainError.eventNotFound
      }
      guard !row.eventID.hasPrefix(EventCheck.reservedPrefix) else {
        throw DomainError.reason(
          .failedPrecondition,
          "EVENT_DERIVED",
          "Patron derived the event from an order or a change of the customer. Change or delete "
            + "that instead."
        )
      }
      guard let customer = try writer.read.customerRow(.id(row.customerID)) else {
        throw DomainError.eventNotFound
      }
      var timeline = try TimelineWriter(
        writer,
        customerID: row.customerID,
        stats: customer.stats,
        now: context.now
      )
      try timeline.delete(row)
      try timeline.finish()
      try response.append(
        DeleteEventResponse.with {
          $0.eventID = row.id
          $0.customerID = row.customerID
        }
      )
    }
  }
}
