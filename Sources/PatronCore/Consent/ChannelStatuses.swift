package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The messages that a customer may receive now, computed from the record and suppressions. The
/// result depends on the clock, so it is never stored.
package struct ChannelStatuses {
  private let customer: Customer
  private let now: Int64
  private var hasAddress: Set<PatronModel.Channel> = []
  private var suppressions: [PatronModel.Channel: [SuppressionRow]] = [:]

  /// Reads the channels of a stored customer. `now` is in microseconds since 1970.
  package init(of row: CustomerRow, in reader: StoreReader, at now: Int64) throws {
    let suppressions = SuppressionReader(reader)
    try self.init(Customer(stored: row.body), at: now) { channel in
      try row.address(channel).map { try suppressions.suppressions(channel, of: $0) }
    }
  }

  /// Reads the channels of an address without a customer.
  package init(of address: CustomerKey, in reader: StoreReader, at now: Int64) throws {
    let suppressions = SuppressionReader(reader)
    try self.init(Customer(), at: now) { channel in
      try address.address(channel).map { try suppressions.suppressions(channel, of: $0) }
    }
  }

  /// Reads the channels of a record without its row. With `suppressed`, only the addresses of the
  /// customers in it are looked up.
  package init(
    of customer: Customer,
    _ suppressed: SuppressedCustomers? = nil,
    in reader: StoreReader,
    at now: Int64
  ) throws {
    try self.init(customer, at: now) { channel in
      guard let address = channel == .sms ? customer.phoneNumber : customer.email else {
        return nil
      }
      guard suppressed?.contains(customer.id, channel) ?? true else { return [] }
      let compared = try channel == .sms ? address : EmailAddress(address).key
      return try SuppressionReader(reader).suppressions(channel, of: compared)
    }
  }

  /// Creates the statuses from lookups. `find` returns the suppressions of the channel's address,
  /// or nil if there is no address.
  private init(
    _ customer: Customer,
    at now: Int64,
    _ find: (PatronModel.Channel) throws -> [SuppressionRow]?
  ) throws {
    self.customer = customer
    self.now = now
    for channel in PatronModel.Channel.allCases {
      guard let found = try find(channel) else { continue }
      hasAddress.insert(channel)
      suppressions[channel] = found
    }
  }

  /// The marketing statuses of all channels, as the header of a timeline shows them.
  package var marketing: [ChannelStatus] {
    PatronModel.Channel.allCases.map { status($0, .marketing) }
  }

  /// Marketing of every channel, and every other topic that the record has a state of.
  package var all: [ChannelStatus] {
    PatronModel.Channel.allCases.flatMap { channel in
      PatronModel.Topic.allCases.compactMap { topic in
        let status = status(channel, topic)
        return topic == .marketing || status.state != .neverSubscribed ? status : nil
      }
    }
  }

  /// Returns the status of a channel and topic.
  package func status(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic) -> ChannelStatus {
    let consent = customer.consent(channel, topic)
    let suppressed = suppressions[channel] ?? []
    let delivery = Deliverability(
      channel: channel,
      topic: topic,
      consents: customer.consents(channel),
      suppressions: suppressed.compactMap(PatronModel.Suppression.init),
      hasAddress: hasAddress.contains(channel),
      now: now
    )
    return ChannelStatus.with {
      $0.channel = .init(rawValue: Int32(channel.rawValue))
      $0.topic = .init(rawValue: Int32(topic.rawValue))
      $0.state = .init(rawValue: Int32(consent.state.rawValue))
      $0.subscribedAt = consent.subscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.unsubscribedAt = consent.unsubscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.changedAt = consent.changedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.source = consent.source ?? ""
      $0.suppressions = suppressed.map(PatronProto.Suppression.init)
      $0.canReceive = delivery.canReceive
      $0.blockReasons = delivery.blockReasons.map { .init(rawValue: Int32($0.rawValue)) }
      $0.blockingTopics = delivery.blockingTopics.map { .init(rawValue: Int32($0.rawValue)) }
    }
  }
}

extension PatronProto.Suppression {
  /// Creates the contract's suppression from a stored row.
  package init(_ row: SuppressionRow) {
    self.init()
    channel = .init(rawValue: Int32(row.channel.rawValue))
    reason = .init(rawValue: Int32(row.reason))
    suppressedAt = .init(micros: row.suppressedAt)
    source = row.source
    note = row.note
  }
}
