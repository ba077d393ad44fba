package import PatronCore
package import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire

/// A customer in an export: its encoded bytes, and the positions of its fields in them. One value
/// serves all rows of an export, so that a row needs almost no allocation. Spans that it returns
/// are of the bytes that it holds.
package struct ExportedCustomer: ~Copyable {
  /// The encoded `patron.v1.Customer`.
  private var bytes: [UInt8] = []
  /// The offsets of strings and sub-messages, by field number of `patron.v1.Customer`.
  private var parts = [Range<Int>?](repeating: nil, count: 32)
  /// Numbers, by field number.
  private var numbers = [UInt64?](repeating: nil, count: 32)
  /// The offsets of parts of the address, by field number of `patron.v1.Address`.
  private var address = [Range<Int>?](repeating: nil, count: 16)
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
    _ record: RawSpan,
    _ stats: RawSpan
  ) throws(StoreError) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(record)
    bytes.append(stats)
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
    // A reference of its own, because the walk over the bytes changes this value.
    let bytes = bytes
    do throws(WireError) {
      try scan(bytes.span.bytes)
    } catch {
      throw StoreError(error)
    }
  }

  /// The encoded customer.
  var message: RawSpan {
    @_lifetime(borrow self) get { bytes.span.bytes }
  }

  /// Returns a string, or nil if it is absent.
  @_lifetime(borrow self)
  package func text(_ field: Int) -> RawSpan? {
    guard let part = parts[field] else { return nil }
    return bytes.span.bytes.extracting(part)
  }

  /// Returns a part of the address, or nil if it is absent.
  @_lifetime(borrow self)
  func addressPart(_ field: Int) -> RawSpan? {
    guard let part = address[field] else { return nil }
    return bytes.span.bytes.extracting(part)
  }

  /// Returns a number or flag, or nil if it is absent.
  package func number(_ field: Int) -> UInt64? { numbers[field] }

  /// Returns an instant in microseconds since 1970, or nil if it is absent.
  package func time(_ field: Int) throws(StoreError) -> Int64? {
    guard let part = text(field) else { return nil }
    do throws(WireError) {
      return try GoogleProtobuf.Timestamp.micros(of: part)
    } catch {
      throw StoreError(error)
    }
  }

  /// Returns a day as `YYYY-MM-DD`, or an empty text if it is absent.
  func date(_ field: Int) throws(StoreError) -> String {
    guard let part = text(field) else { return "" }
    do throws(WireError) {
      return try ExportedProperty.date(part)
    } catch {
      throw StoreError(error)
    }
  }

  /// Returns a string of a sub-message such as `loyalty`, or nil if either is absent.
  @_lifetime(borrow self)
  func text(_ field: Int, in message: Int) throws(StoreError) -> RawSpan? {
    guard case .bytes(let range) = try value(field, in: message) else { return nil }
    return bytes.span.bytes.extracting(range)
  }

  /// Returns a number or flag of a sub-message such as `reviews`, or nil if either is absent.
  func number(_ field: Int, in message: Int) throws(StoreError) -> UInt64? {
    guard case .varint(let number) = try value(field, in: message) else { return nil }
    return number
  }

  /// Returns a floating-point number of a sub-message, or nil if either is absent.
  func double(_ field: Int, in message: Int) throws(StoreError) -> Double? {
    guard case .fixed64(let bits) = try value(field, in: message) else { return nil }
    return Double(bitPattern: bits)
  }

  private func value(_ field: Int, in message: Int) throws(StoreError) -> WireValue? {
    guard let part = parts[message] else { return nil }
    do throws(WireError) {
      var reader = ProtoReader(bytes.span.bytes, part)
      while let (number, value) = try reader.next() {
        if number == field { return value }
      }
      return nil
    } catch {
      throw StoreError(error)
    }
  }

  /// Returns true if the customer has a sub-message.
  package func has(_ message: Int) -> Bool { parts[message] != nil }

  /// Returns the consent of a channel and topic, or nil if there is none.
  package func consent(_ channel: PatronModel.Channel, _ topic: PatronModel.Topic)
    -> ExportedConsent?
  {
    consents.first { $0.channel == channel.rawValue && $0.topic == topic.rawValue }
  }

  private mutating func scan(_ bytes: RawSpan) throws(WireError) {
    var reader = ProtoReader(bytes)
    while let (field, value) = try reader.next() {
      switch value {
      case .varint(let number):
        if field < numbers.count { numbers[field] = number }
      case .bytes(let range):
        switch field {
        case Customer.Field.address: try scanAddress(bytes, range)
        case Customer.Field.customProperties:
          properties.append(try ExportedProperty(bytes, range))
        case Customer.Field.subscriptions: consents.append(try ExportedConsent(bytes, range))
        case Customer.Field.orderStats: try orders.add(bytes, range)
        default: if field < parts.count { parts[field] = range }
        }
      case .fixed64, .fixed32: break
      }
    }
  }

  private mutating func scanAddress(_ bytes: RawSpan, _ message: Range<Int>) throws(WireError) {
    var reader = ProtoReader(bytes, message)
    while let (field, value) = try reader.next() {
      if case .bytes(let range) = value, field < address.count { address[field] = range }
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
      hasAddress: has(Self.addressField(channel)),
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
    guard let suppressed, let id = number(Customer.Field.id) else { return true }
    return suppressed.contains(Int64(bitPattern: id), channel)
  }

  private static func addressField(_ channel: PatronModel.Channel) -> Int {
    channel == .sms ? Customer.Field.phoneNumber : Customer.Field.email
  }

  /// Returns the channel's address in the form that is compared.
  private func compared(_ channel: PatronModel.Channel) throws -> String? {
    guard let address = text(Self.addressField(channel)) else { return nil }
    let text = String(utf8: address)
    return channel == .sms ? text : try EmailAddress(text).key
  }
}

/// The order statistics of a customer: count and dates over all currencies, amounts of the currency
/// with the most orders.
package struct ExportedOrders {
  private(set) var count: Int64 = 0
  private(set) var firstAt: Int64?
  private(set) var lastAt: Int64?
  /// The currency with the most orders; of several, the first by code. Nil without orders.
  private(set) var currency: String?
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
  mutating func add(_ bytes: RawSpan, _ message: Range<Int>) throws(WireError) {
    typealias Field = OrderStats.Field
    var reader = ProtoReader(bytes, message)
    var code: Range<Int>?
    var orders: Int64 = 0
    var total: Int64 = 0
    var back: Int64 = 0
    var left: Int64 = 0
    while let next = try reader.next() {
      switch next {
      case (Field.currencyCode, .bytes(let range)): code = range
      case (Field.orderCount, .varint(let number)): orders = Int64(bitPattern: number)
      case (Field.totalSpent, .varint(let number)): total = Int64(bitPattern: number)
      case (Field.refundedTotal, .varint(let number)): back = Int64(bitPattern: number)
      case (Field.netSpent, .varint(let number)): left = Int64(bitPattern: number)
      case (Field.firstOrderAt, .bytes(let range)):
        firstAt = min(try GoogleProtobuf.Timestamp.micros(of: reader[range]), firstAt ?? .max)
      case (Field.lastOrderAt, .bytes(let range)):
        lastAt = max(try GoogleProtobuf.Timestamp.micros(of: reader[range]), lastAt ?? .min)
      default: break
      }
    }
    count += orders
    if orders > currencyCount {
      currency = code.map { String(utf8: bytes.extracting($0)) }
      currencyCount = orders
      (spent, refunded, net) = (total, back, left)
    }
  }
}
