internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked DeleteCustomer request.
  struct Deletion: Sendable {
    var requestID: RequestID
    var customer: CustomerKey
    var mode: ErasureMode
    var reason: String
  }

  private static let maxReasonLength = 255

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareDelete(_ request: DeleteCustomerRequest, _ call: CallContext) throws
    -> Deletion
  {
    let key = try (request.customer ?? CustomerRef()).key()
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    violations.checkKnown("mode", request.mode.rawValue, DeleteMode.purge.rawValue)
    let reason = violations.check("reason") { () throws(RuleError) in
      try ShortText.parse(request.reason, limit: maxReasonLength)
    }
    try violations.finish()
    return Deletion(
      requestID: requestID,
      customer: key,
      mode: request.mode == .purge ? .purge : .anonymize,
      reason: reason ?? ""
    )
  }

  /// Erases a customer. The first transaction erases record and names and writes the receipt; a
  /// long history takes further transactions. The answer is sent after the last. A repeat of an
  /// unfinished erasure continues it.
  static func delete(
    _ deletion: Deletion,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let writer = context.writer
    var receipt: ErasureRow?
    let start = response.count
    try FirstAnswers.answer(
      deletion.requestID,
      of: CustomerService.deleteCustomer.method,
      in: writer,
      at: context.now,
      &response
    ) { response in
      let made = try begin(deletion, in: writer, at: context.now)
      receipt = made
      try response.append(DeleteCustomerResponse(made, in: writer.read))
    }
    if receipt == nil {
      let first = response.bytes.extracting(droppingFirst: start)
      let id = try DeleteCustomerResponse(stored: first).receiptID
      receipt = try writer.read.unfinishedErasure(id: id)
    }
    guard let receipt else { return .done }
    return try step(HistoryErasure(store: context.call.store, receipt: receipt), context)
  }

  /// Erases one part of the history. The next transaction erases the rest.
  private static func step(
    _ erasure: HistoryErasure,
    _ context: WriteContext
  ) throws -> WriteStep {
    let rest = try erasure.step(in: context.writer)
    return rest.map { rest in .more { context, _ in try step(rest, context) } } ?? .done
  }

  /// Erases the record and returns the receipt. For a customer whose erasure is unfinished, returns
  /// its receipt.
  private static func begin(
    _ deletion: Deletion,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> ErasureRow {
    let key = try deletion.customer.resolved(in: writer.read)
    if let row = try writer.read.customerRow(key) {
      return try Erasure.begin(row, deletion.mode, reason: deletion.reason, in: writer, at: now)
    }
    if case .id(let id) = key,
      let erasure = try writer.read.erasureID(ofCustomer: id),
      let unfinished = try writer.read.unfinishedErasure(id: erasure)
    {
      return unfinished
    }
    throw try DomainError.customerNotFound(key, in: writer.read)
  }
}

extension DeleteCustomerResponse {
  /// Creates the answer from a receipt. The author is that of the event with the receipt's number.
  fileprivate init(_ receipt: ErasureRow, in reader: StoreReader) throws {
    self.init()
    receiptID = receipt.id
    deletedAt = .init(micros: receipt.erasedAt)
    eventCount = receipt.eventCount
    orderCount = receipt.orderCount
    suppressionCount = receipt.suppressionCount
    if let event = try reader.event(id: receipt.id) {
      author = try Event(stored: event.body).author
    }
  }
}
