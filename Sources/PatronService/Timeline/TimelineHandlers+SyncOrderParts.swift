internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Checks a refund, without access to its order. Runs on the I/O thread.
  static func prepareRefund(_ request: SyncRefundRequest, _ call: CallContext) throws -> OrderPart {
    try OrderPart(
      request.orderExternalID,
      request.invalidFields,
      now: call.now
    ) { check in
      .refund(check.refund(request.refund ?? Refund(), "refund"))
    }
  }

  /// Syncs one refund.
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

  /// Checks a shipment, without access to its order. Runs on the I/O thread.
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

  /// Syncs one shipment.
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
