internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// The maximum number of customers in a request.
  private static let maxReferences = 100

  /// Finds customers, in the order of the request. In the basic view their stored bytes are
  /// appended unchanged.
  static func batchGetCustomers(
    _ request: BatchGetCustomersRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let customers = try CustomerAppending(request.view, reader, at: context.now)
    guard (1...maxReferences).contains(request.customers.count) else {
      throw DomainError.invalid(
        "customers",
        "BATCH_SIZE_OUT_OF_RANGE",
        "A request names 1 to \(maxReferences) customers; this one has \(request.customers.count)."
      )
    }
    let keys = try request.customers.enumerated().map { index, ref in
      try ref.key(path: "customers[\(index)]").resolved(in: reader)
    }
    var missing: [Int32] = []
    let field = BatchGetCustomersResponse.Field.customers
    try reader.holdSnapshot()
    for (index, key) in keys.enumerated() {
      guard response.count < PageSize.maxAnswerBytes else {
        throw DomainError.reason(
          .resourceExhausted,
          "ANSWER_TOO_LARGE",
          "The first \(index) customers fill an answer. Request fewer at a time.",
          metadata: ["fitting": String(index)]
        )
      }
      let isFound = try reader.currentCustomer(key, bypassing: request.view == .full) { customer in
        response.appendField(field, bytes: customer)
      } stored: { record, stats in
        try customers.append(record, stats, as: field, to: &response)
      }
      if !isFound { missing.append(Int32(index)) }
    }
    try response.append(BatchGetCustomersResponse.with { $0.missing = missing })
  }
}
