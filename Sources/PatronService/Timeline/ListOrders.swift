internal import PatronCore
internal import PatronFiles
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// Appends a page of a customer's orders, newest first. Stored orders are appended unchanged.
  static func listOrders(
    _ request: ListOrdersRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let size = try PageSize.check(request.pageSize)
    if request.pendingParts {
      return try listPendingParts(request, size, reader, at: context.now, &response)
    }
    let key = try (request.customer ?? CustomerRef()).key().resolved(in: reader)
    guard let customer = try reader.customer(key, { id, _, _ in id }) else {
      throw try DomainError.customerNotFound(key, in: reader)
    }
    var binding = PageBinding(.orders, store: reader.store.name)
    binding.bind(.customer, Fingerprint(customer))
    var position = TimelinePosition.newest
    if !request.pageToken.isEmpty {
      let token = try PageToken(request.pageToken, boundTo: binding, count: 2)
      position = TimelinePosition(occurredAt: token.position[0], id: token.position[1])
    }
    var count = 0
    var hasMore = false
    try reader.orders(of: customer, behind: position) { place, body in
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      try response.appendOrder(ListOrdersResponse.Field.orders, body)
      count += 1
      position = place
      return true
    }
    if hasMore {
      let token = PageToken(position: [position.occurredAt, position.id])
      response.appendString(ListOrdersResponse.Field.nextPageToken, token.text(boundTo: binding))
    }
  }

  /// Appends a page of the store's parts that wait for their order, oldest first.
  private static func listPendingParts(
    _ request: ListOrdersRequest,
    _ size: Int,
    _ reader: StoreReader,
    at now: Int64,
    _ response: inout ResponseBuffer
  ) throws {
    guard request.customer == nil else {
      throw DomainError.invalid(
        "customer",
        "REF_UNEXPECTED",
        "Parts that wait for their order have no customer yet. Name none with pending_parts."
      )
    }
    let binding = PageBinding(.pendingParts, store: reader.store.name)
    var position = (at: now - WaitingParts.longest - 1, id: Int64.max)
    if !request.pageToken.isEmpty {
      let token = try PageToken(request.pageToken, boundTo: binding, count: 2)
      position = (token.position[0], token.position[1])
    }
    var count = 0
    var hasMore = false
    try reader.pendingParts(after: position.at, position.id) { row in
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      response.appendField(ListOrdersResponse.Field.pendingParts, bytes: row.body)
      count += 1
      position = (row.receivedAt, row.id)
      return true
    }
    if hasMore {
      let token = PageToken(position: [position.at, position.id])
      response.appendString(ListOrdersResponse.Field.nextPageToken, token.text(boundTo: binding))
    }
  }

  /// The maximum number of events in an answer about an order.
  private static let maxOrderEvents = 50

  /// Appends one order and its events.
  static func getOrder(
    _ request: GetOrderRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    var reference = OrderRef()
    switch request.order {
    case .id(let id): reference.ref = .id(id)
    case .externalID(let text): reference.ref = .externalID(text)
    case nil: break
    }
    let row = try reference.row(in: reader)
    guard try appendOrder(row, request.partToken, reader, &response) else { return }
    var count = 0
    var left = maxLookedAt
    let titles = EventTitles(reader)
    try reader.timeline(of: row.customerID, behind: .newest, notBefore: .min) { entry in
      left -= 1
      guard left >= 0, count == 0 || response.count < PageSize.maxAnswerBytes else {
        return false
      }
      let event = try Event(stored: entry.body)
      guard event.orderID == row.id || event.references?.orderExternalID == row.externalID else {
        return true
      }
      try response.appendEvent(
        GetOrderResponse.Field.events,
        entry,
        try titles.missingTitle(of: entry)
      )
      count += 1
      return count < maxOrderEvents
    }
  }

  /// Appends an order, or the part of it that a token names. Returns true if that is its beginning.
  private static func appendOrder(
    _ row: OrderRow,
    _ token: String,
    _ reader: StoreReader,
    _ response: inout ResponseBuffer
  ) throws -> Bool {
    let isWhole = !OrderParts.isLarge(row.body.count)
    if isWhole, token.isEmpty {
      try response.appendStored(GetOrderResponse.Field.order, Order.self, row.body.span.bytes)
      return true
    }
    let parts = try OrderParts(row.body)
    var binding = PageBinding(.orderParts, store: reader.store.name)
    binding.bind(.state, parts.fingerprint)
    var first: Int64 = 0
    if !token.isEmpty {
      first = try PageToken(token, boundTo: binding, count: 1, field: "part_token").position[0]
    }
    let (body, next) = parts.part(from: Int(clamping: first))
    response.appendField(GetOrderResponse.Field.order, bytes: body)
    if let next {
      let token = PageToken(position: [Int64(next)])
      response.appendString(GetOrderResponse.Field.nextPartToken, token.text(boundTo: binding))
    }
    return token.isEmpty
  }
}
