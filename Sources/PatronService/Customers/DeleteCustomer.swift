internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension Routes {
  /// The method that erases.
  mutating func addErasure() {
    steppedWrite(
      CustomerService.deleteCustomer, prepare: CustomerHandlers.prepareDelete,
      apply: CustomerHandlers.delete)
  }
}

extension CustomerHandlers {
  /// A checked request.
  struct Deletion: Sendable {
    var store: StoreID
    var requestID: String
    var customer: CustomerKey
    var mode: ErasureMode
    var reason: String
  }

  private static let longestReason = 255

  /// Checks everything that needs no look at the store.
  static func prepareDelete(_ request: DeleteCustomerRequest) throws -> Deletion {
    let store = try StoreID.named(request.storeID)
    let key = try (request.customer ?? CustomerRef()).key()
    var violations = Violations()
    FirstAnswers.check(request.requestID, &violations)
    violations.checkKnown("mode", request.mode.rawValue, DeleteMode.purge.rawValue)
    let reason = violations.check("reason") { () throws(RuleError) in
      try ShortText.parse(request.reason, limit: longestReason)
    }
    try violations.finish()
    return Deletion(
      store: store, requestID: request.requestID, customer: key,
      mode: request.mode == .purge ? .purge : .anonymize, reason: reason ?? "")
  }

  /// Erases a customer. Record, names and receipt are one transaction; a long history is worked off
  /// in further ones. The answer leaves when all of it is done.
  static func delete(
    _ deletion: Deletion, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let writer = context.store(deletion.store)
    var next = WriteStep.done
    try FirstAnswers.answer(
      deletion.requestID, of: CustomerService.deleteCustomer.method, in: writer, at: context.now,
      &response
    ) { response in
      guard let row = try writer.read.customerRow(deletion.customer) else {
        throw try RPCError.customerNotFound(deletion.customer, in: writer.read)
      }
      let receipt = try Erasure.begin(
        row, deletion.mode, reason: deletion.reason, in: writer, at: context.now)
      next = try HistoryErasure(store: deletion.store, receipt: receipt).step(in: context)
      try response.append(DeleteCustomerResponse(receipt))
    }
    return next
  }
}

extension DeleteCustomerResponse {
  /// A receipt as callers get it.
  fileprivate init(_ receipt: ErasureRow) {
    self.init()
    receiptID = receipt.id
    deletedAt = .init(micros: receipt.erasedAt)
    eventCount = receipt.eventCount
    orderCount = receipt.orderCount
    suppressionCount = receipt.suppressionCount
  }
}
