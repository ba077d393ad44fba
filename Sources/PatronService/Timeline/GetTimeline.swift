internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// The maximum number of orders in the header.
  private static let latestOrders = 10
  /// The number of bytes of a header after which no more orders are added, so that the page fits a
  /// frame.
  private static let enoughOrderBytes = 1 << 20

  /// Appends a page of a timeline. Stored events are appended unchanged.
  static func getTimeline(
    _ request: GetTimelineRequest,
    _ context: ReadContext,
    _ response: inout ResponseBuffer
  ) throws {
    let reader = context.reader
    let size = try PageSize.check(request.pageSize)
    let filter = try TimelineFilter(request.filter ?? EventFilter())
    let key = try (request.customer ?? CustomerRef()).key().resolved(in: reader)
    guard let row = try reader.customerRow(key) else {
      throw try DomainError.customerNotFound(key, in: reader)
    }
    let binding = binding(filter, row.id, reader.store)
    var position = TimelinePosition(
      occurredAt: filter.before ?? .max,
      id: filter.before == nil ? .max : .min
    )
    if request.pageToken.isEmpty {
      try appendHeader(of: row, reader, context.now, &response)
    } else {
      let token = try PageToken(request.pageToken, boundTo: binding, count: 2)
      position = TimelinePosition(occurredAt: token.position[0], id: token.position[1])
    }
    let next = try appendEvents(
      of: row.id,
      behind: position,
      filter,
      size,
      reader,
      &response
    )
    if let next {
      let token = PageToken(position: [next.occurredAt, next.id])
      response.appendString(GetTimelineResponse.Field.nextPageToken, token.text(boundTo: binding))
    }
  }

  /// Appends up to `size` events. Returns the position of the last if more events follow.
  private static func appendEvents(
    of customerID: Int64,
    behind position: TimelinePosition,
    _ filter: TimelineFilter,
    _ size: Int,
    _ reader: StoreReader,
    _ response: inout ResponseBuffer
  ) throws -> TimelinePosition? {
    var count = 0
    var last = position
    var hasMore = false
    let titles = EventTitles(reader)
    try reader.timeline(of: customerID, behind: position, notBefore: filter.from) { entry in
      guard try filter.matches(entry, titles) else { return true }
      guard count < size, count == 0 || response.count < PageSize.enoughBytes else {
        hasMore = true
        return false
      }
      try response.appendEvent(
        GetTimelineResponse.Field.events,
        entry,
        try titles.missingTitle(of: entry)
      )
      count += 1
      last = entry.position
      return true
    }
    return hasMore ? last : nil
  }

  private static func appendHeader(
    of row: CustomerRow,
    _ reader: StoreReader,
    _ now: Int64,
    _ response: inout ResponseBuffer
  ) throws {
    var header = ResponseBuffer(capacity: 2048)
    try header.appendStored(
      TimelineHeader.Field.customer,
      Customer.self,
      joining: row.body.span.bytes,
      row.stats.span.bytes
    )
    var count = 0
    try reader.latestOrders(of: row.id) { order in
      try header.appendOrder(TimelineHeader.Field.latestOrders, order)
      count += 1
      return count < latestOrders && header.count < enoughOrderBytes
    }
    let channels = try ChannelStatuses(of: row, in: reader, at: now).marketing
    try header.append(
      TimelineHeader.with {
        $0.channels = channels
        $0.availableActions = actions(channels)
      }
    )
    response.appendField(GetTimelineResponse.Field.header, bytes: header.bytes)
  }

  /// Returns the actions that an operator may take. An opt-out is listed only for a channel with
  /// consent to end.
  private static func actions(_ channels: [ChannelStatus]) -> [TimelineAction] {
    var actions: [TimelineAction] = []
    for channel in channels where channel.state == .subscribed || channel.state == .pending {
      actions.append(channel.channel == .sms ? .unsubscribeSMS : .unsubscribeEmail)
    }
    return actions + [.export]
  }

  private static func binding(
    _ filter: TimelineFilter,
    _ customerID: Int64,
    _ store: StoreID
  ) -> PageBinding {
    var binding = PageBinding(.timeline, store: store.name)
    binding.bind(.customer, Fingerprint(customerID))
    var fingerprint = Fingerprint()
    filter.add(to: &fingerprint)
    binding.bind(.filter, fingerprint)
    return binding
  }
}
