internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtoWire

/// A sort of a list of customers, other than newest first. The key of a customer is a fixed number
/// of words; the last is its id. A list begins with the least key, and a page token holds the key
/// of the page's last customer.
package enum CheckedSort: Equatable {
  case updated
  case lastEvent
  case name
  /// The total spent in a currency; nil takes each customer's largest total.
  case totalSpent(currency: String?)
  case orderCount

  /// Returns the sort that a request asks for; nil for newest first.
  package static func checked(
    _ sort: CustomerSort,
    _ reader: StoreReader
  ) throws -> CheckedSort? {
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
        "This version has no such sort."
      )
    }
  }

  /// Returns the currency by which a store's lists are sorted, or nil if the store has not set one.
  private static func currency(of reader: StoreReader) throws -> String? {
    let code = try StoreSettings(of: reader).currencyCode ?? ""
    return code.isEmpty ? nil : code
  }

  /// The number of words of a name in a key. Names are sorted by their first 64 bytes.
  private static let nameWords = 8

  /// The text that page tokens are bound to: the sort, and the currency of its totals.
  package var label: String {
    switch self {
    case .updated: "updated"
    case .lastEvent: "last_event"
    case .name: "name"
    case .totalSpent(let currency): "total_spent \(currency ?? "")"
    case .orderCount: "order_count"
    }
  }

  /// Returns the key of a customer in this sort.
  package func key(_ customer: borrowing StoreReader.ListedCustomer) -> [UInt64] {
    let last = Self.descending(customer.id)
    switch self {
    case .updated: return [Self.descending(customer.updatedAt), last]
    case .lastEvent:
      let time = Self.lastEvent(customer.stats)
      return [time.map(Self.descending) ?? .max, last]
    case .totalSpent(let currency):
      return [Self.descending(Self.totalSpent(customer.stats, currency)), last]
    case .orderCount: return [Self.descending(Self.orderCount(customer.stats)), last]
    case .name: return Self.nameKey(customer.record) + [last]
    }
  }

  /// Returns the id of the customer to whom a key belongs.
  package static func id(_ key: [UInt64]) -> Int64 {
    Int64(bitPattern: ~(key.last ?? 0) ^ (1 << 63))
  }

  /// The count of numbers of a key in a page token.
  package static let positionWords = 2

  /// Returns the part of a key that a page token holds. Tokens appear in addresses and logs, so a
  /// token of the sort by name holds only a checksum of the name and the customer's id.
  package func position(of key: [UInt64]) -> [Int64] {
    let words = self == .name ? [Self.check(key), key.last ?? 0] : key
    return words.map { Int64(bitPattern: $0) }
  }

  /// Returns the key of the page's last customer from a token's position.
  /// - Throws: FAILED_PRECONDITION `PAGE_TOKEN_OUTDATED` when the customer has another name now, or
  ///   is gone: the end of the page is unknown then.
  package func key(at position: [Int64], _ reader: StoreReader) throws -> [UInt64] {
    let words = position.map { UInt64(bitPattern: $0) }
    guard self == .name else { return words }
    var found: [UInt64] = []
    try reader.listedCustomer(Self.id(words)) { found = key($0) }
    guard Self.check(found) == words.first else {
      throw DomainError.reason(
        .failedPrecondition,
        "PAGE_TOKEN_OUTDATED",
        "The last customer of the page before was renamed or is gone. Begin without a token."
      )
    }
    return found
  }

  private static func check(_ key: [UInt64]) -> UInt64 {
    var fingerprint = Fingerprint()
    for word in key { fingerprint.add(Int64(bitPattern: word)) }
    return fingerprint.value
  }

  /// Returns the day of the last event from a key of the sort by last event.
  package static func lastEventDay(_ key: [UInt64]) -> String {
    guard let word = key.first, word != .max else { return FilterDays.never }
    return FilterDays.value(Int64(bitPattern: ~word ^ (1 << 63)))
  }

  /// Returns a word that sorts the numbers in descending order.
  private static func descending(_ number: Int64) -> UInt64 {
    ~(UInt64(bitPattern: number) ^ (1 << 63))
  }
}

// MARK: - Keys from stored records

extension CheckedSort {
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

  /// Calls `body` with each entry of the order statistics (`order_stats`).
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

  /// Returns the sort key of a name: last name, then first name, without regard to case and
  /// accents. Customers without a last name come after those with one; customers without any name
  /// come last.
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
    // UTF-8 text never begins with these bytes.
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

/// A collection of the least of very many keys, in bounded memory.
package struct LeastKeys {
  private let count: Int
  private let after: [UInt64]?
  private var keys: [[UInt64]] = []
  private var limit: [UInt64]?

  /// Creates a collection of the `count` least keys that are greater than `after`.
  package init(count: Int, after: [UInt64]?) {
    self.count = count
    self.after = after
  }

  package mutating func add(_ key: [UInt64]) {
    if let limit, !key.lexicographicallyPrecedes(limit) { return }
    if let after, !after.lexicographicallyPrecedes(key) { return }
    keys.append(key)
    if keys.count >= max(4 * count, 256) { shrink() }
  }

  /// True if `count` keys were found.
  package var isFull: Bool { keys.count >= count }

  /// Returns the keys, least first.
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
