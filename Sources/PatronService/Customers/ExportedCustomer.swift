internal import PatronModel
internal import PatronProto
internal import PatronStore

/// A customer as an export needs it: where each field lies in the stored bytes. One value serves
/// all rows of an export, so that a row allocates next to nothing. What it lends is valid until the
/// visitor of the row returns.
struct ExportedCustomer {
  /// Strings and sub-messages by field number of `patron.v1.Customer`.
  private var parts = [UnsafeRawBufferPointer?](repeating: nil, count: 32)
  /// Numbers by field number.
  private var numbers = [UInt64?](repeating: nil, count: 32)
  /// Parts of the address by field number of `patron.v1.Address`.
  private var address = [UnsafeRawBufferPointer?](repeating: nil, count: 16)
  private(set) var properties: [ExportedProperty] = []
  private(set) var consents: [ExportedConsent] = []
  private(set) var orders = ExportedOrders()
  private var statuses: [ChannelStatus]?
  private let reader: StoreReader
  private let suppressed: SuppressedCustomers?
  private let now: Int64

  /// Without `suppressed` the suppressions of every row are looked up.
  init(_ reader: StoreReader, suppressed: SuppressedCustomers? = nil, now: Int64) {
    self.reader = reader
    self.suppressed = suppressed
    self.now = now
  }

  /// Reads a row. `record` and `stats` are the two parts of one message.
  mutating func read(
    _ record: UnsafeRawBufferPointer, _ stats: UnsafeRawBufferPointer
  ) throws(StoreError) {
    for index in parts.indices {
      parts[index] = nil
      numbers[index] = nil
    }
    for index in address.indices { address[index] = nil }
    properties.removeAll(keepingCapacity: true)
    consents.removeAll(keepingCapacity: true)
    orders = ExportedOrders()
    statuses = nil
    try scan(record)
    try scan(stats)
  }

  /// A string; nil when it is absent.
  func text(_ field: Int) -> UnsafeRawBufferPointer? { parts[field] }

  /// A part of the address; nil when it is absent.
  func addressPart(_ field: Int) -> UnsafeRawBufferPointer? { address[field] }

  /// A number or flag; nil when it is absent.
  func number(_ field: Int) -> UInt64? { numbers[field] }

  /// An instant; nil when it is absent.
  func time(_ field: Int) throws(StoreError) -> Int64? {
    guard let part = parts[field] else { return nil }
    return try WireFields.micros(part)
  }

  /// A field of a sub-message such as `reviews`; nil when either is absent.
  func number(_ field: Int, in message: Int) throws(StoreError) -> WireFields.Value? {
    guard let part = parts[message] else { return nil }
    var fields = WireFields(part)
    while let (number, value) = try fields.next() {
      if number == field { return value }
    }
    return nil
  }

  /// Whether a sub-message is there.
  func has(_ message: Int) -> Bool { parts[message] != nil }

  /// The consent of a channel and topic; nil when there is none.
  func consent(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic) -> ExportedConsent? {
    consents.first { $0.channel == channel.rawValue && $0.topic == topic.rawValue }
  }

  private mutating func scan(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    while let (field, value) = try fields.next() {
      switch value {
      case .number(let number):
        if field < numbers.count { numbers[field] = number }
      case .bytes(let bytes):
        switch field {
        case 13: try scanAddress(bytes)
        case 16: properties.append(try ExportedProperty(bytes))
        case 17: consents.append(try ExportedConsent(bytes))
        case 25: try orders.add(bytes)
        default: if field < parts.count { parts[field] = bytes }
        }
      case .fixed: break
      }
    }
  }

  private mutating func scanAddress(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    while let (field, value) = try fields.next() {
      if case .bytes(let bytes) = value, field < address.count { address[field] = bytes }
    }
  }
}

extension ExportedCustomer {
  /// Whether marketing may be sent by the channel now.
  mutating func canReceive(_ channel: PatronModel.Channel) throws -> Bool {
    if isMaybeSuppressed(channel) { return try status(channel).canReceive }
    let isSMS = channel == .sms
    var consents = ChannelConsents()
    for consent in self.consents where consent.channel == channel.rawValue {
      guard let topic = PatronModel.Topic(rawValue: Int(consent.topic)) else { continue }
      consents[topic] = ChannelConsent(consent.subscription)
    }
    return Deliverability(
      channel: channel, topic: .marketing, consents: consents, suppressions: [],
      hasAddress: text(isSMS ? 4 : 3) != nil, now: now
    ).canReceive
  }

  /// Why the channel's address is suppressed; empty when it is not.
  mutating func suppressions(
    _ channel: PatronModel.Channel
  ) throws -> [PatronProto.Suppression] {
    isMaybeSuppressed(channel) ? try status(channel).suppressions : []
  }

  private func isMaybeSuppressed(_ channel: PatronModel.Channel) -> Bool {
    guard let suppressed, let id = numbers[1] else { return true }
    return suppressed.contains(Int64(bitPattern: id), channel)
  }

  /// Marketing by the channel as it stands now. It is computed when the first column asks for it.
  private mutating func status(_ channel: PatronModel.Channel) throws -> ChannelStatus {
    let all: [ChannelStatus]
    if let statuses {
      all = statuses
    } else {
      all = try ChannelStatuses(of: contact, in: reader, at: now).marketing
      statuses = all
    }
    return all.first { $0.channel.rawValue == channel.rawValue } ?? ChannelStatus()
  }

  /// As much of the record as ``ChannelStatuses`` looks at.
  private var contact: Customer {
    var customer = Customer()
    customer.email = parts[3].map { String(decoding: $0, as: UTF8.self) }
    customer.phoneNumber = parts[4].map { String(decoding: $0, as: UTF8.self) }
    customer.subscriptions = consents.map(\.subscription)
    return customer
  }
}

/// Orders of all currencies, and those of the currency with the most of them.
struct ExportedOrders {
  private(set) var count: Int64 = 0
  private(set) var firstAt: Int64?
  private(set) var lastAt: Int64?
  /// The currency with the most orders, of the same number the first by code; nil without orders.
  private(set) var currency: UnsafeRawBufferPointer?
  private(set) var currencyCount: Int64 = 0
  private(set) var spent: Int64 = 0

  /// Adds a stored `patron.v1.OrderStats`. They come in the order of their codes.
  mutating func add(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    var code: UnsafeRawBufferPointer?
    var orders: Int64 = 0
    var total: Int64 = 0
    while let (field, value) = try fields.next() {
      switch (field, value) {
      case (1, .bytes(let bytes)): code = bytes
      case (2, .number(let number)): orders = Int64(bitPattern: number)
      case (3, .number(let number)): total = Int64(bitPattern: number)
      case (6, .bytes(let bytes)): firstAt = min(try WireFields.micros(bytes), firstAt ?? .max)
      case (7, .bytes(let bytes)): lastAt = max(try WireFields.micros(bytes), lastAt ?? .min)
      default: break
      }
    }
    count += orders
    if orders > currencyCount {
      (currency, currencyCount, spent) = (code, orders, total)
    }
  }
}
