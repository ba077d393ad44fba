internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked DeleteOrder request.
  struct OrderDeletion: Sendable {
    var requestID: RequestID
    var order: OrderRef
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareDeleteOrder(_ request: DeleteOrderRequest, _ call: CallContext) throws
    -> OrderDeletion
  {
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    try violations.finish()
    return OrderDeletion(
      requestID: requestID,
      order: request.order ?? OrderRef()
    )
  }

  /// Deletes an order and the events that Patron derived from it. Changes that the order made to
  /// the customer's record stay.
  static func deleteOrder(
    _ deletion: OrderDeletion,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    try FirstAnswers.answer(
      deletion.requestID,
      of: TimelineService.deleteOrder.method,
      in: writer,
      at: context.now,
      &response
    ) { response in
      let row = try deletion.order.row(in: writer.read)
      guard let owner = try writer.read.customerRow(.id(row.customerID)) else {
        throw DomainError.customerErased(.failedPrecondition, row.customerID)
      }
      let events = try writer.read.derivedEvents(of: row)
      try writer.remove(row)
      for event in events { try writer.delete(event, try EventRow(event)) }
      try writer.recount(owner, setBy: "order_deleted", at: context.now)
      try response.append(
        DeleteOrderResponse.with {
          $0.customerID = owner.id
          $0.eventCount = Int64(events.count)
        }
      )
    }
  }
}
