package import PatronCore
package import PatronModel
package import PatronStore

/// A customer in an export: the positions of its fields in the stored bytes. One value serves all
/// rows of an export, so that a row needs almost no allocation. Values that it returns are
/// borrowed, and are valid until the visitor of the row returns.
package struct ExportedCustomer: ~Copyable {
  /// Strings and sub-messages, by field number of `patron.v1.Customer`.
  private var parts = [UnsafeRawBufferPointer?](repeating: nil, count: 32)
  /// Numbers, by field number.
  private var numbers = [UInt64?](repeating: nil, count: 32)
  /// Parts of the address, by field number of `patron.v1.Address`.
  private var address = [UnsafeRawBufferPointer?](repeating: nil, count: 16)
  package private(set) var properties: [ExportedProperty] = []
  package private(set) var consents: [ExportedConsent] = []
  package private(set) var orders = ExportedOrders()
  /// The suppressions of the SMS address; nil until a column needs them.
  private var smsSuppressions: [SuppressionRow]?
  private var emailSuppressions: [SuppressionRow]?
  private let reader: StoreReader
  private let suppressed: SuppressedCustomers?
  private let now: Int64

  /// Creates a value for the rows of an export. If `suppressed` is nil, the suppressions of every
  /// row are looked up.
  package init(_ reader: StoreReader, suppressed: SuppressedCustomers? = nil, now: Int64) {
    self.reader = reader
    self.suppressed = suppressed
    self.now = now
  }

  /// Reads a row. `record` and `stats` are the two parts of one message.
  package mutating func read(
    _ record: UnsafeRawBufferPointer,
    _ stats: UnsafeRawBufferPointer
  ) throws(StoreError) {
    for index in parts.indices {
      parts[index] = nil
      numbers[index] = nil
    }
    for index in address.indices { address[index] = nil }
    properties.removeAll(keepingCapacity: true)
    consents.removeAll(keepingCapacity: true)
    orders = ExportedOrders()
    smsSuppressions = nil
    emailSuppressions = nil
    try scan(record)
    try scan(stats)
  }

  /// Returns a string, or nil if it is absent.
  package func text(_ field: Int) -> UnsafeRawBufferPointer? { parts[field] }

  /// Returns a part of the address, or nil if it is absent.
  func addressPart(_ field: Int) -> UnsafeRawBufferPointer? { address[field] }

  /// Returns a number or flag, or nil if it is absent.
  package func number(_ field: Int) -> UInt64? { numbers[field] }

  /// Returns an instant in microseconds since 1970, or nil if it is absent.
  package func time(_ field: Int) throws(StoreError) -> Int64? {
    guard let part = parts[field] else { return nil }
    return try WireFields.micros(part)
  }

  /// Returns a day as `YYYY-MM-DD`, or an empty text if it is absent.
  func date(_ field: Int) throws(StoreError) -> String {
    guard let part = parts[field] else { return "" }
    return try ExportedProperty.date(part)
  }

  /// Returns a field of a sub-message such as `reviews`, or nil if either is absent.
  package func number(_ field: Int, in message: Int) throws(StoreError) -> WireFields.Value? {
    guard let part = parts[message] else { return nil }
    var fields = WireFields(part)
    while let (number, value) = try fields.next() {
      if number == field { return value }
    }
    return nil
  }

  /// Returns true if the customer has a sub-message.
  package func has(_ message: Int) -> Bool { parts[message] != nil }

  /// Returns the consent of a channel and topic, or nil if there is none.
  package func consent(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic)
    -> ExportedConsent?
  {
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
  /// Returns true if marketing may be sent on the channel now.
  mutating func canReceive(_ channel: PatronModel.Channel) throws -> Bool {
    var consents = ChannelConsents()
    for consent in self.consents where consent.channel == channel.rawValue {
      guard let topic = PatronModel.Topic(rawValue: Int(consent.topic)) else { continue }
      consents[topic] = consent.rules
    }
    return Deliverability(
      channel: channel,
      topic: .marketing,
      consents: consents,
      suppressions: try suppressions(channel).compactMap(PatronModel.Suppression.init),
      hasAddress: text(channel == .sms ? 4 : 3) != nil,
      now: now
    ).canReceive
  }

  /// Returns the suppressions of the channel's address; empty if it has none.
  package mutating func suppressions(_ channel: PatronModel.Channel) throws -> [SuppressionRow] {
    switch channel {
    case .sms:
      let found = try smsSuppressions ?? lookUp(channel)
      smsSuppressions = found
      return found
    case .email:
      let found = try emailSuppressions ?? lookUp(channel)
      emailSuppressions = found
      return found
    }
  }

  private func lookUp(_ channel: PatronModel.Channel) throws -> [SuppressionRow] {
    guard isMaybeSuppressed(channel), let address = try compared(channel) else { return [] }
    return try SuppressionReader(reader).suppressions(channel, of: address)
  }

  private func isMaybeSuppressed(_ channel: PatronModel.Channel) -> Bool {
    guard let suppressed, let id = numbers[1] else { return true }
    return suppressed.contains(Int64(bitPattern: id), channel)
  }

  /// Returns the channel's address in the form that is compared.
  private func compared(_ channel: PatronModel.Channel) throws -> String? {
    let text = text(channel == .sms ? 4 : 3).map { String(decoding: $0, as: UTF8.self) }
    return channel == .sms ? text : try text.map { try EmailAddress($0).key }
  }
}

/// The order statistics of a customer: count and dates over all currencies, amounts of the currency
/// with the most orders.
package struct ExportedOrders {
  private(set) var count: Int64 = 0
  private(set) var firstAt: Int64?
  private(set) var lastAt: Int64?
  /// The currency with the most orders; of several, the first by code. Nil without orders.
  private(set) var currency: UnsafeRawBufferPointer?
  private(set) var currencyCount: Int64 = 0
  private(set) var spent: Int64 = 0
  private(set) var refunded: Int64 = 0
  private(set) var net: Int64 = 0

  /// The amount spent divided by the number of orders in the currency, in its smallest unit,
  /// rounded half up.
  var average: Int64 {
    let count = max(currencyCount, 1)
    let (quotient, rest) = spent.quotientAndRemainder(dividingBy: count)
    return rest >= count - rest ? quotient + 1 : quotient
  }

  /// Adds a stored `patron.v1.OrderStats`. They must be added in the order of their currency codes.
  mutating func add(_ message: UnsafeRawBufferPointer) throws(StoreError) {
    var fields = WireFields(message)
    var code: UnsafeRawBufferPointer?
    var orders: Int64 = 0
    var total: Int64 = 0
    var back: Int64 = 0
    var left: Int64 = 0
    while let (field, value) = try fields.next() {
      switch (field, value) {
      case (1, .bytes(let bytes)): code = bytes
      case (2, .number(let number)): orders = Int64(bitPattern: number)
      case (3, .number(let number)): total = Int64(bitPattern: number)
      case (4, .number(let number)): back = Int64(bitPattern: number)
      case (9, .number(let number)): left = Int64(bitPattern: number)
      case (6, .bytes(let bytes)): firstAt = min(try WireFields.micros(bytes), firstAt ?? .max)
      case (7, .bytes(let bytes)): lastAt = max(try WireFields.micros(bytes), lastAt ?? .min)
      default: break
      }
    }
    count += orders
    if orders > currencyCount {
      (currency, currencyCount) = (code, orders)
      (spent, refunded, net) = (total, back, left)
    }
  }
}
