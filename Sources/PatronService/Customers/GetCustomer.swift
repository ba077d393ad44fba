internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// Finds one customer. The stored bytes go to the caller as they are; only the full view decodes
  /// them.
  static func getCustomer(
    _ request: GetCustomerRequest, _ context: ReadContext, _ response: inout ResponseBuffer
  ) throws {
    let reader = try context.store(request.storeID)
    let key = try (request.customer ?? CustomerRef()).key().resolved(in: reader)
    if request.view.rawValue > CustomerView.full.rawValue {
      var violations = Violations()
      violations.checkKnown("view", request.view.rawValue, CustomerView.full.rawValue)
      try violations.finish()
    }
    guard request.view != .full else {
      return try getFullCustomer(reader, key, context, &response)
    }
    let found: Void? = try reader.customer(key) { _, record, stats in
      response.appendMessage(1, record, stats)
    }
    if found == nil { throw try RPCError.customerNotFound(key, in: reader) }
  }

  private static func getFullCustomer(
    _ reader: StoreReader, _ key: CustomerKey, _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    guard let row = try reader.customerRow(key, withProvenance: true) else {
      throw try RPCError.customerNotFound(key, in: reader)
    }
    row.body.withUnsafeBytes { record in
      row.stats.withUnsafeBytes { response.appendMessage(1, record, $0) }
    }
    for status in try ChannelStatuses(of: row, in: reader, at: context.now).all {
      try response.appendMessage(2, status)
    }
    for entry in try Provenance(stored: row.provenance(in: reader)).entries {
      try response.appendMessage(3, entry)
    }
  }
}
