internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked SyncOrder request.
  struct Sync: Sendable {
    var change: OrderChange
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareSync(_ request: SyncOrderRequest, _ call: CallContext) throws -> Sync {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let mode = GivenOrder.Mode(replaces: request.replace, allowsRegress: request.allowRegress)
    let change = OrderChange(
      request.customer,
      request.order,
      mask: request.updateMask,
      mode,
      country: country,
      now: call.now,
      &violations
    )
    try violations.finish()
    return Sync(change: change)
  }

  /// Syncs one order.
  static func sync(
    _ sync: Sync,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let result = try sync.change.perform(in: context.writer, at: context.now)
    try response.append(
      SyncOrderResponse.with {
        $0.order = try result.order.answered()
        $0.outcome = result.outcome
        $0.customerCreated = result.customerCreated
        $0.derivedEvents = result.events
        $0.warnings = result.warnings
      }
    )
  }

  /// A checked BatchSyncOrders request.
  struct BatchSync: BatchRequest {
    var batch: Batch<OrderChange>
  }

  /// Checks every order of the batch.
  static func prepareBatchSync(_ request: BatchSyncOrdersRequest, _ call: CallContext) throws
    -> BatchSync
  {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    try violations.finish()
    let now = call.now
    let mode = GivenOrder.Mode(replaces: request.replace, allowsRegress: request.allowRegress)
    let batch = try Batch(
      request.items,
      field: "items",
      dropsSecondary: violations.dropsSecondary
    ) { item, violations in
      OrderChange(
        item.customer,
        item.order,
        mask: item.updateMask,
        mode,
        country: country,
        now: now,
        &violations
      )
    }
    return BatchSync(batch: batch)
  }

  /// Syncs the orders, in order of the batch, in pieces.
  static func batchSync(
    _ sync: BatchSync,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let pieces = BatchPieces<_, _, BatchSyncOrdersResponse>(sync.batch) {
      change,
      writer,
      context in
      let result = try change.perform(in: writer, at: context.now)
      return .with {
        $0.outcome = result.outcome
        $0.customerID = result.customerID
        $0.id = result.order.id
        $0.warnings = result.warnings
      }
    }
    return try pieces.step(context, &response)
  }
}
