internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire

/// An order of a list other than the newest first. The key of a customer is a fixed number of
/// words, the last one its id: the list begins with the least key, and a page token tells the key
/// that it ended with.
package enum CustomerOrder: Equatable {
  case updated
  case lastEvent
  case name
  /// By a currency; nil takes each customer's largest total.
  case totalSpent(currency: String?)
  case orderCount

  /// The order that a request asks for; nil is the newest first.
  package static func checked(
    _ sort: CustomerSort,
    _ reader: StoreReader
  ) throws -> CustomerOrder? {
    switch sort {
    case .unspecified, .created: return nil
    case .updated: return .updated
    case .lastEvent: return .lastEvent
    case .name: return .name
    case .totalSpent: return .totalSpent(currency: try currency(of: reader))
    case .orderCount: return .orderCount
    default:
      throw DomainError.invalid(
        "sort",
        "SORT_UNKNOWN",
        "The order is none that this version knows."
      )
    }
  }

  /// The currency by which a store's lists are sorted; nil when it chose none.
  private static func currency(of reader: StoreReader) throws -> String? {
    let code = try StoreSettings(of: reader).currencyCode ?? ""
    return code.isEmpty ? nil : code
  }

  /// Words of a name in a key: what comes after its first 64 bytes does not matter.
  private static let nameWords = 8

  /// What page tokens are bound to: the order, and the currency of its totals.
  package var label: String {
    switch self {
    case .updated: "updated"
    case .lastEvent: "last_event"
    case .name: "name"
    case .totalSpent(let currency): "total_spent \(currency ?? "")"
    case .orderCount: "order_count"
    }
  }

  /// The key of a customer.
  package func key(_ customer: borrowing StoreReader.ListedCustomer) -> [UInt64] {
    let last = Self.descending(customer.id)
    switch self {
    case .updated: return [Self.descending(customer.updatedAt), last]
    case .lastEvent:
      let time = Self.lastEvent(customer.stats.bytes)
      return [time.map(Self.descending) ?? .max, last]
    case .totalSpent(let currency):
      return [Self.descending(Self.totalSpent(customer.stats.bytes, currency)), last]
    case .orderCount: return [Self.descending(Self.orderCount(customer.stats.bytes)), last]
    case .name: return Self.nameKey(customer.record.bytes) + [last]
    }
  }

  /// The customer that a key is of.
  package static func id(_ key: [UInt64]) -> Int64 {
    Int64(bitPattern: ~(key.last ?? 0) ^ (1 << 63))
  }

  /// Numbers of a key in a page token.
  package static let positionWords = 2

  /// What a page token holds of a key. Tokens stand in addresses and logs, so that of a name it is
  /// only a check, and the customer's id.
  package func position(of key: [UInt64]) -> [Int64] {
    let words = self == .name ? [Self.check(key), key.last ?? 0] : key
    return words.map { Int64(bitPattern: $0) }
  }

  /// The key that a page ended with.
  ///
  /// - Throws: FAILED_PRECONDITION `PAGE_TOKEN_OUTDATED` when the customer has another name now, or
  ///   is gone: nobody knows where the page ended then.
  package func key(at position: [Int64], _ reader: StoreReader) throws -> [UInt64] {
    let words = position.map { UInt64(bitPattern: $0) }
    guard self == .name else { return words }
    var found: [UInt64] = []
    try reader.listedCustomer(Self.id(words)) { found = key($0) }
    guard Self.check(found) == words.first else {
      throw DomainError.reason(
        .failedPrecondition,
        "PAGE_TOKEN_OUTDATED",
        "The customer with whom the page before ended was renamed or is gone: begin without a "
          + "token."
      )
    }
    return found
  }

  private static func check(_ key: [UInt64]) -> UInt64 {
    var fingerprint = Fingerprint()
    for word in key { fingerprint.add(Int64(bitPattern: word)) }
    return fingerprint.value
  }

  /// The day of the last event that a key by last event has.
  package static func lastEventDay(_ key: [UInt64]) -> String {
    guard let word = key.first, word != .max else { return FilterDays.never }
    return FilterDays.value(Int64(bitPattern: ~word ^ (1 << 63)))
  }

  /// A word that is the less the greater the number is.
  private static func descending(_ number: Int64) -> UInt64 {
    ~(UInt64(bitPattern: number) ^ (1 << 63))
  }
}

// MARK: - Keys from stored records

extension CustomerOrder {
  // A malformed record ends a walk without an error, because the sort of a list has no caller to
  // report it to; checks of the store report it.

  private static func lastEvent(_ stats: RawSpan) -> Int64? {
    var reader = ProtoReader(stats)
    while let next = try? reader.next() {
      if case (Customer.Field.lastEventAt, .bytes(let time)) = next {
        return try? GoogleProtobuf.Timestamp.micros(of: reader[time])
      }
    }
    return nil
  }

  /// Calls `body` with each of the order statistics (`order_stats`).
  private static func forEachCurrency(
    _ stats: RawSpan,
    _ body: (_ currency: RawSpan, _ orders: Int64, _ spent: Int64) -> Void
  ) {
    var reader = ProtoReader(stats)
    while let next = try? reader.next() {
      guard case (Customer.Field.orderStats, .bytes(let content)) = next else { continue }
      var currency = 0..<0
      var orders: Int64 = 0
      var spent: Int64 = 0
      var parts = ProtoReader(stats, content)
      while let part = try? parts.next() {
        switch part {
        case (OrderStats.Field.currencyCode, .bytes(let code)): currency = code
        case (OrderStats.Field.orderCount, .varint(let count)): orders = Int64(bitPattern: count)
        case (OrderStats.Field.totalSpent, .varint(let sum)): spent = Int64(bitPattern: sum)
        default: break
        }
      }
      body(reader[currency], orders, spent)
    }
  }

  private static func totalSpent(_ stats: RawSpan, _ currency: String?) -> Int64 {
    var total: Int64 = 0
    forEachCurrency(stats) { name, _, spent in
      if let currency {
        if String(utf8: name) == currency { total = spent }
      } else {
        total = max(total, spent)
      }
    }
    return total
  }

  private static func orderCount(_ stats: RawSpan) -> Int64 {
    var count: Int64 = 0
    forEachCurrency(stats) { _, orders, _ in count += orders }
    return count
  }

  /// Last name, then first name, without regard to case and accents. Who has no last name comes
  /// after all who have, and who has no name at all comes last.
  private static func nameKey(_ record: RawSpan) -> [UInt64] {
    var first = ""
    var last = ""
    var reader = ProtoReader(record)
    while let next = try? reader.next() {
      switch next {
      case (Customer.Field.firstName, .bytes(let text)): first = String(utf8: reader[text])
      case (Customer.Field.lastName, .bytes(let text)): last = String(utf8: reader[text])
      default: break
      }
    }
    var bytes: [UInt8] = []
    // No text in UTF-8 begins with these bytes.
    if last.isEmpty { bytes.append(first.isEmpty ? 0xFF : 0xFE) }
    if !last.isEmpty { bytes += Array(SortText.key(last).utf8) + [0] }
    bytes += Array(SortText.key(first).utf8)
    var words: [UInt64] = []
    for word in 0..<nameWords {
      var value: UInt64 = 0
      for place in word * 8..<word * 8 + 8 {
        value = value << 8 | UInt64(place < bytes.count ? bytes[place] : 0)
      }
      words.append(value)
    }
    return words
  }
}

/// Keeps the least keys of very many.
package struct LeastKeys {
  private let count: Int
  private let after: [UInt64]?
  private var keys: [[UInt64]] = []
  private var limit: [UInt64]?

  /// Keeps the `count` least keys that are greater than `after`.
  package init(count: Int, after: [UInt64]?) {
    self.count = count
    self.after = after
  }

  /// Takes a key.
  package mutating func add(_ key: [UInt64]) {
    if let limit, !key.lexicographicallyPrecedes(limit) { return }
    if let after, !after.lexicographicallyPrecedes(key) { return }
    keys.append(key)
    if keys.count >= max(4 * count, 256) { shrink() }
  }

  /// Whether as many keys as wanted are there.
  package var isFull: Bool { keys.count >= count }

  /// The keys, least first.
  package mutating func sorted() -> [[UInt64]] {
    shrink()
    return keys
  }

  private mutating func shrink() {
    keys.sort { $0.lexicographicallyPrecedes($1) }
    guard keys.count > count else { return }
    keys.removeSubrange(count...)
    limit = keys.last
  }
}
