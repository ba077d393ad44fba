internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// Finds one customer. The stored bytes are appended unchanged; only the full view decodes them.
  static func getCustomer(
    _ request: GetCustomerRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let key = try (request.customer ?? CustomerRef()).key().resolved(in: reader)
    let customers = try CustomerAppending(request.view, reader, at: context.now)
    guard request.view != .full else {
      return try getFullCustomer(reader, key, customers, &response)
    }
    let field = GetCustomerResponse.Field.customer
    let isFound = try reader.currentCustomer(key) { customer in
      response.appendField(field, bytes: customer)
    } stored: { record, stats in
      try customers.append(record, stats, as: field, to: &response)
    }
    if !isFound { throw try DomainError.customerNotFound(key, in: reader) }
  }

  private static func getFullCustomer(
    _ reader: StoreReader,
    _ key: CustomerKey,
    _ customers: CustomerAppending,
    _ response: inout ResponseBuffer
  ) throws {
    guard let row = try reader.customerRow(key, withProvenance: true) else {
      throw try DomainError.customerNotFound(key, in: reader)
    }
    let statuses = try customers.statuses(of: row.body)
    try customers.append(
      row.body.span.bytes,
      row.stats.span.bytes,
      statuses,
      as: GetCustomerResponse.Field.customer,
      to: &response
    )
    for status in statuses.all {
      try response.appendMessage(GetCustomerResponse.Field.channels, status)
    }
    for entry in try Provenance(stored: row.provenance(in: reader)).entries {
      try response.appendMessage(GetCustomerResponse.Field.provenance, entry)
    }
  }
}
