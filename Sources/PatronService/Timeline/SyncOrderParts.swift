internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Checks everything of a refund that needs no look at the order.
  static func prepareRefund(_ request: SyncRefundRequest, _ call: CallContext) throws -> OrderPart {
    try OrderPart(
      request.orderExternalID,
      request.invalidFields,
      now: call.now
    ) { check in
      .refund(check.refund(request.refund ?? Refund(), "refund"))
    }
  }

  /// Takes over one refund.
  static func syncRefund(
    _ part: OrderPart,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let result = try part.perform(in: context.writer, at: context.now)
    try response.append(
      SyncRefundResponse.with {
        $0.order = try result.order?.answered()
        $0.outcome = result.outcome
        $0.derivedEvents = result.events
        $0.warnings = result.warnings
      }
    )
  }

  /// Checks everything of a shipment that needs no look at the order.
  static func prepareFulfillment(_ request: SyncFulfillmentRequest, _ call: CallContext) throws
    -> OrderPart
  {
    try OrderPart(
      request.orderExternalID,
      request.invalidFields,
      now: call.now
    ) { check in
      .fulfillment(check.fulfillment(request.fulfillment ?? Fulfillment(), "fulfillment"))
    }
  }

  /// Takes over one shipment.
  static func syncFulfillment(
    _ part: OrderPart,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let result = try part.perform(in: context.writer, at: context.now)
    try response.append(
      SyncFulfillmentResponse.with {
        $0.order = try result.order?.answered()
        $0.outcome = result.outcome
        $0.derivedEvents = result.events
        $0.warnings = result.warnings
      }
    )
  }
}
