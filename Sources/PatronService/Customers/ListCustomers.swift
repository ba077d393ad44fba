internal import PatronProto
internal import PatronStore
internal import TTRPC

extension CustomerHandlers {
  /// The longest text of the search box in characters: an e-mail address fits.
  private static let longestQuery = 254

  /// A page of customers, newest first.
  static func listCustomers(
    _ request: ListCustomersRequest, _ context: ReadContext, _ response: inout ResponseBuffer
  ) throws {
    let reader = try context.store(request.storeID)
    let filter = request.filter ?? CustomerFilter()
    try checkSupported(request)
    let size = try PageSize.check(request.pageSize)
    let fingerprint = fingerprint(request, reader.store)
    var before = Int64.max
    if !request.pageToken.isEmpty {
      before = try PageToken(request.pageToken, fingerprint: fingerprint, count: 1).position[0]
    }
    var count = 0
    var last: Int64 = 0
    var hasMore = false
    func visit(
      _ id: Int64, _ record: UnsafeRawBufferPointer, _ stats: UnsafeRawBufferPointer
    ) -> Bool {
      // One more than the page tells whether there is another page.
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      response.appendMessage(1, record, stats)
      count += 1
      last = id
      return true
    }
    if filter.query.allSatisfy(\.isWhitespace) {
      try reader.customers(before: before, visit)
    } else {
      try reader.customers(matching: filter.query, before: before, visit)
    }
    if hasMore {
      response.appendString(2, PageToken(position: [last]).text(fingerprint: fingerprint))
    }
  }

  private static func checkSupported(_ request: ListCustomersRequest) throws(RPCError) {
    let filter = request.filter ?? CustomerFilter()
    guard filter.selections.isEmpty else {
      throw .unimplementedPart("filter.selections", "predefined filters")
    }
    guard request.sort == .unspecified || request.sort == .created else {
      throw .unimplementedPart("sort", "orders other than CUSTOMER_SORT_CREATED")
    }
    guard filter.query.unicodeScalars.count <= longestQuery else {
      throw .invalid(
        "filter.query", "QUERY_TOO_LONG", "A search has up to \(longestQuery) characters.")
    }
  }

  private static func fingerprint(_ request: ListCustomersRequest, _ store: StoreID) -> UInt64 {
    var fingerprint = Fingerprint("ListCustomers", store.name)
    fingerprint.add(request.filter?.query ?? "")
    fingerprint.add(Int64(request.sort == .unspecified ? 1 : request.sort.rawValue))
    return fingerprint.value
  }
}

extension RPCError {
  /// A part of a request that this version does not serve.
  static func unimplementedPart(_ field: String, _ what: String) -> RPCError {
    reason(
      .unimplemented, "FIELD_UNIMPLEMENTED",
      "\(field): this version of patrond does not serve \(what).", metadata: ["field": field])
  }
}
