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
    let last = try appendHistory(
      of: row.id,
      before: before,
      request.channel,
      size: size,
      reader,
      &response
    )
    if let last {
      response.appendString(
        ListConsentHistoryResponse.Field.nextPageToken,
        PageToken(position: [last]).text(boundTo: binding)
      )
    }
  }

  /// Appends up to `size` rows of a channel, or of all, that are older than `before`. Returns the
  /// id of the last of them if there are more.
  private static func appendHistory(
    of customerID: Int64,
    before: Int64,
    _ channel: ContactChannel,
    size: Int,
    _ reader: StoreReader,
    _ response: inout ResponseBuffer
  ) throws -> Int64? {
    var count = 0
    var last = before
    var hasMore = false
    try reader.consentHistory(of: customerID, before: before) { id, body in
      if channel != .unspecified {
        let record = try ConsentRecord(stored: body)
        guard record.channel == channel else { return true }
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
    return hasMore ? last : nil
  }
}
