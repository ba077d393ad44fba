internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked UnmergeCustomers request.
  struct Unmerging: Sendable {
    var requestID: RequestID
    var mergeID: Int64
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUnmerge(_ request: UnmergeCustomersRequest, _ call: CallContext) throws
    -> Unmerging
  {
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    if request.mergeID <= 0 {
      violations.add(
        "merge_id",
        RuleError(
          reason: "REF_MISSING",
          message: "No merge is named. Expected is the merge_id that MergeCustomers answered, or "
            + "that the event profile_merged has."
        )
      )
    }
    try violations.finish()
    return Unmerging(requestID: requestID, mergeID: request.mergeID)
  }

  private static let unmergedRecords = RecordFields(
    customers: [UnmergeCustomersResponse.Field.primary, UnmergeCustomersResponse.Field.secondary]
  )

  /// Undoes a merge.
  static func unmerge(
    _ request: Unmerging,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    try FirstAnswers.answer(
      request.requestID,
      of: CustomerService.unmergeCustomers.method,
      in: writer,
      at: context.now,
      with: unmergedRecords,
      &response
    ) { response in
      let unmerge = try Unmerge(request.mergeID, in: writer.read, at: context.now)
      let rows = try unmerge.perform(in: writer, at: context.now)
      response.appendCustomer(UnmergeCustomersResponse.Field.primary, rows.primary)
      response.appendCustomer(UnmergeCustomersResponse.Field.secondary, rows.secondary)
      return AnswerOutcome(
        start: response.count,
        customers: [rows.primary.id, rows.secondary.id]
      )
    }
  }
}
