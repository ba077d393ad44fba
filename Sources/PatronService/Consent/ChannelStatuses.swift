internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// What a customer may be sent now, computed from record and suppressions: it moves with the clock,
/// so it is never stored.
struct ChannelStatuses {
  private let customer: Customer
  private let now: Int64
  private var hasAddress: Set<PatronModel.Channel> = []
  private var suppressions: [PatronModel.Channel: [SuppressionRow]] = [:]

  /// The channels of a stored customer.
  init(of row: CustomerRow, in reader: StoreReader, at now: Int64) throws {
    try self.init(Customer(stored: row.body), in: reader, at: now, row.address)
  }

  /// The channels of an address that no customer has.
  init(of address: CustomerKey, in reader: StoreReader, at now: Int64) throws {
    try self.init(Customer(), in: reader, at: now, address.address)
  }

  /// The channels of a record without its row.
  init(of customer: Customer, in reader: StoreReader, at now: Int64) throws {
    let emailKey = customer.email.flatMap { try? EmailAddress($0).key }
    try self.init(customer, in: reader, at: now) { channel in
      channel == .sms ? customer.phoneNumber : emailKey
    }
  }

  private init(
    _ customer: Customer, in reader: StoreReader, at now: Int64,
    _ address: (PatronModel.Channel) -> String?
  ) throws {
    self.customer = customer
    self.now = now
    let reader = SuppressionReader(reader)
    for channel in PatronModel.Channel.allCases {
      guard let address = address(channel) else { continue }
      hasAddress.insert(channel)
      suppressions[channel] = try reader.suppressions(channel, of: address)
    }
  }

  /// Marketing by SMS and by e-mail: what the header of a timeline shows.
  var marketing: [ChannelStatus] {
    PatronModel.Channel.allCases.map { status($0, .marketing) }
  }

  /// Marketing, and every channel and topic that the record knows something of.
  var all: [ChannelStatus] {
    PatronModel.Channel.allCases.flatMap { channel in
      PatronModel.Topic.allCases.compactMap { topic in
        let status = status(channel, topic)
        return topic == .marketing || status.state != .neverSubscribed ? status : nil
      }
    }
  }

  /// One channel and topic.
  func status(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic) -> ChannelStatus {
    let consent = customer.consent(channel, topic)
    let suppressed = suppressions[channel] ?? []
    let delivery = Deliverability(
      channel: channel, topic: topic,
      consents: customer.consents(channel),
      suppressions: suppressed.compactMap(PatronModel.Suppression.init),
      hasAddress: hasAddress.contains(channel), now: now)
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
    }
  }
}

extension PatronProto.Suppression {
  /// What the store keeps.
  fileprivate init(_ row: SuppressionRow) {
    self.init()
    channel = .init(rawValue: Int32(row.channel.rawValue))
    reason = .init(rawValue: Int32(row.reason))
    suppressedAt = .init(micros: row.suppressedAt)
    source = row.source
    note = row.note
  }
}
