internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// Appends a page of a customer's consent ledger, newest first. Ledger rows are appended as they
  /// are stored.
  static func listHistory(
    _ request: ListConsentHistoryRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let size = try PageSize.check(request.pageSize)
    var violations = Violations()
    violations.checkKnown(
      "channel",
      request.channel.rawValue,
      ContactChannel.email.rawValue
    )
    try violations.finish()
    let key = try (request.customer ?? CustomerRef()).key().resolved(in: reader)
    guard let row = try reader.customerRow(key) else {
      throw try DomainError.customerNotFound(key, in: reader)
    }
    var binding = PageBinding(.consentHistory, store: reader.store.name)
    binding.bind(.customer, Fingerprint(row.id))
    binding.bind(.filter, Fingerprint(Int64(request.channel.rawValue)))
    var before = Int64.max
    if !request.pageToken.isEmpty {
      let token = try PageToken(request.pageToken, boundTo: binding, count: 1)
      before = token.position[0]
    }
    var count = 0
    var last = before
    var hasMore = false
    try reader.consentHistory(of: row.id, before: before) { id, body in
      if request.channel != .unspecified {
        let record = try ConsentRecord(stored: body)
        guard record.channel == request.channel else { return true }
      }
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      try response.appendStored(
        ListConsentHistoryResponse.Field.records,
        ConsentRecord.self,
        body
      )
      count += 1
      last = id
      return true
    }
    if hasMore {
      response.appendString(
        ListConsentHistoryResponse.Field.nextPageToken,
        PageToken(position: [last]).text(boundTo: binding)
      )
    }
  }
}
