internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// All of one event, and the order it is about.
  static func getEvent(
    _ request: GetEventRequest, _ context: ReadContext, _ response: inout ResponseBuffer
  ) throws {
    let reader = try context.store(request.storeID)
    let row: EventRow?
    switch request.event {
    case .id(let id):
      row = try reader.event(id: id)
    case .key(let key):
      row = try reader.event(
        source: key.source.rawValue, sourceName: key.sourceName, eventID: key.eventID)
    case nil:
      throw RPCError.invalid(
        "event", "REF_MISSING", "No event is named: give id, or key with source and event_id.")
    }
    guard let row else {
      throw RPCError.reason(
        .notFound, "EVENT_NOT_FOUND",
        "No event of this store has that identifier; check it, and the store.")
    }
    response.appendMessage(1, row.body)
    let event = try Event(decoding: row.body)
    if event.orderID != 0, let order = try reader.order(id: event.orderID) {
      response.appendMessage(3, order.body)
    }
  }
}
