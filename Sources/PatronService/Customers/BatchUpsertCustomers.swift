internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked BatchUpsertCustomers request.
  struct BatchUpsert: BatchRequest {
    var batch: Batch<CustomerChange>
  }

  /// Checks every customer of the batch.
  static func prepareBatchUpsert(_ request: BatchUpsertCustomersRequest, _ call: CallContext) throws
    -> BatchUpsert
  {
    var violations = Violations(request.invalidFields, unspecified: .reject)
    let settings = UpsertSettings(
      country: request.defaultCountry,
      source: request.source,
      actor: request.actor,
      onConflict: request.onConflict,
      &violations
    )
    try violations.finish()
    let now = call.now
    let batch = try Batch(
      request.customers,
      field: "customers",
      dropsSecondary: violations.dropsSecondary
    ) { input, violations in
      settings.change(input, path: "customer", now: now, &violations)
    }
    return BatchUpsert(batch: batch)
  }

  /// Creates or updates the customers, in order, in pieces.
  static func batchUpsert(
    _ upsert: BatchUpsert,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let pieces = BatchPieces<_, _, BatchUpsertCustomersResponse>(upsert.batch) {
      change,
      writer,
      context in
      let plan = try change.plan(in: writer.read)
      let result = try change.perform(plan, in: writer, at: context.now)
      return .with {
        $0.outcome = result.outcome
        $0.customerID = result.row.id
        $0.warnings = result.warnings
      }
    }
    return try pieces.step(context, &response)
  }
}
