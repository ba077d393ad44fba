internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked UpdateTags request.
  struct TagUpdate: BatchRequest {
    var batch: Batch<CustomerKey>
    var edit: TagEdit
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUpdateTags(_ request: UpdateTagsRequest, _ call: CallContext) throws
    -> TagUpdate
  {
    let edit = try TagEdit(add: request.add, remove: request.remove)
    let batch = try Batch(request.customers, field: "customers") { ref, _ in try ref.key() }
    return TagUpdate(batch: batch, edit: edit)
  }

  /// Adds and removes tags, in order of the customers, in pieces. Writes run one after the other,
  /// so a request never undoes the change of another.
  static func updateTags(
    _ update: TagUpdate,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    var violations = Violations()
    let nothing = CustomerDraft(
      CustomerInput(),
      path: "customer",
      defaultCountry: nil,
      now: context.now,
      violations: &violations
    )
    let edit = update.edit
    let pieces = BatchPieces<_, _, UpdateTagsResponse>(update.batch) { named, writer, context in
      let key = try named.resolved(in: writer.read)
      guard let row = try writer.read.customerRow(key, withProvenance: true) else {
        throw try DomainError.customerNotFound(key, in: writer.read)
      }
      var change = CustomerChange(of: nothing, by: .operator)
      let tags = try edit.applied(to: try Customer(stored: row.body).tags)
      if !tags.isLeave { change.draft.set(.tags) { $0.tags = tags.value } }
      let plan = try change.plan(on: row, in: writer.read)
      let result = try change.perform(plan, in: writer, at: context.now)
      return .with {
        $0.outcome = result.outcome
        $0.customerID = row.id
      }
    }
    return try pieces.step(context, &response)
  }
}
