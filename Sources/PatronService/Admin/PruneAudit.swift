internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension AdminHandlers {
  /// Checks the request, without access to the database. Runs on the I/O thread. Returns the time
  /// before which entries are removed, in microseconds since 1970.
  static func preparePruneAudit(_ request: PruneAuditRequest, _ call: CallContext) throws -> Int64 {
    guard call.isOperator else { throw DomainError.operatorNeeded }
    var violations = Violations()
    let path = "recorded_before"
    var before: Int64?
    if let time = request.recordedBefore {
      before = violations.check(path) { () throws(RuleError) in
        try PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos).microseconds
      }
    } else {
      violations.add(
        path,
        RuleError(
          reason: "FIELD_REQUIRED",
          message: "No time is given. Say before which time entries are removed."
        )
      )
    }
    try violations.finish()
    return min(before ?? .min, call.now)
  }

  /// Removes a slice of the audit log.
  static func pruneAudit(
    _ time: Int64,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let slice = try AuditPruning.removeSlice(before: time, in: context.transaction)
    try response.append(
      PruneAuditResponse.with {
        $0.prunedCount = Int32(slice.count)
        $0.hasMore = slice.hasMore
      }
    )
  }
}
