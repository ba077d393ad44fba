internal import PatronModel
internal import ProtoWire
internal import ProtobufC

/// The end of a page, bound to every parameter of the list request.
///
/// Callers see an opaque text: base64url of the list's number, a word for the binding, and the
/// position. The word distinguishes tokens of other stores, customers, filters or sorts. It is not
/// a secret, and a position contains no personal data.
package struct PageToken: Equatable {
  /// The key of the page's last record, as the list defines it.
  package var position: [Int64]

  package init(position: [Int64]) { self.position = position }

  /// Reads a token that was made for the same list, with a position of `count` numbers. `field` is
  /// the token's field in the request.
  ///
  /// - Throws: `PAGE_TOKEN_MALFORMED` for text that is not a token of this list, and
  ///   `PAGE_TOKEN_MISMATCH` for a token of another list or of other parameters.
  package init(
    _ text: String,
    boundTo binding: PageBinding,
    count: Int,
    field: String = "page_token"
  ) throws(DomainError) {
    guard let bytes = Base64.decode(exactly: text, as: .url), bytes.count > 8, bytes.count % 8 == 1,
      let list = PageBinding.List(rawValue: bytes[0])
    else { throw Self.malformed(field) }
    var words: [UInt64] = []
    for start in stride(from: 1, to: bytes.count, by: 8) {
      words.append(bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }
    guard list == binding.list else { throw Self.mismatch(field, "is one of \(list)") }
    if let part = binding.difference(from: words[0]) {
      throw Self.mismatch(field, "belongs to another \(part.rawValue)")
    }
    guard words.count == 1 + count else { throw Self.malformed(field) }
    position = words.dropFirst().map { Int64(bitPattern: $0) }
  }

  private static func mismatch(_ field: String, _ how: String) -> DomainError {
    .invalid(
      field,
      "PAGE_TOKEN_MISMATCH",
      "The token \(how): repeat the request that it came from, or begin without a token."
    )
  }

  private static func malformed(_ field: String) -> DomainError {
    .invalid(
      field,
      "PAGE_TOKEN_MALFORMED",
      "The token does not belong to this list. Send next_\(field) unchanged, or no token."
    )
  }

  /// Returns the text of the token for callers.
  package func text(boundTo binding: PageBinding) -> String {
    var bytes = [binding.list.rawValue]
    for word in [binding.word] + position.map({ UInt64(bitPattern: $0) }) {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return Base64.encode(bytes, as: .url)
  }
}

/// The parameters that a page token is bound to: the list, and each part of its request separately.
/// The error for a token that does not match names the part that differs.
package struct PageBinding {
  /// The lists that have pages. A raw value is never reused for another list.
  package enum List: UInt8, CustomStringConvertible {
    case customers = 2
    case consentHistory = 3
    case orders = 4
    case timeline = 5
    case pendingParts = 6
    case suppressions = 7
    case orderParts = 8
    case keys = 9
    case stores = 10
    case audit = 11

    package var description: String {
      switch self {
      case .customers: "ListCustomers"
      case .consentHistory: "ListConsentHistory"
      case .orders: "ListOrders"
      case .timeline: "GetTimeline"
      case .pendingParts: "ListOrders with pending_parts"
      case .suppressions: "ListSuppressions"
      case .orderParts: "GetOrder"
      case .keys: "ListKeys"
      case .stores: "ListStores"
      case .audit: "ListAudit"
      }
    }
  }

  /// A part of a request. The raw value is its name in error messages.
  package enum Part: String {
    case store, customer, filter
    case order = "order of the list"
    case state = "order, or to another state of it"
  }

  package let list: List
  private var parts: [(part: Part, fingerprint: Fingerprint)]

  package init(_ list: List, store: String) {
    self.list = list
    parts = [(.store, Fingerprint(store))]
  }

  /// Binds tokens to another part. Every request for a list must bind the same parts in the same
  /// order.
  package mutating func bind(_ part: Part, _ fingerprint: Fingerprint) {
    parts.append((part, fingerprint))
  }

  /// The fingerprints of all parts side by side, each in an equal share of the 64 bits: 21 bits or
  /// more.
  package var word: UInt64 { parts.reduce(0) { $0 << width | $1.fingerprint.folded(to: width) } }

  /// Returns the first part that differs in another word, or nil if all parts are the same.
  func difference(from word: UInt64) -> Part? {
    let other = word ^ self.word
    for (index, entry) in parts.enumerated() {
      let place = UInt64(parts.count - 1 - index) * width
      if other >> place != 0 { return entry.part }
    }
    return nil
  }

  private var width: UInt64 { UInt64(64 / parts.count) }
}

/// An FNV-1a hash of a part of a request that a page token is bound to.
package struct Fingerprint {
  private var hash = FNV1a()

  package var value: UInt64 { hash.value }

  package init() {}

  package init(_ text: String) { add(text) }

  package init(_ number: Int64) { add(number) }

  /// Adds a text and its end, so that two texts differ from their concatenation.
  package mutating func add(_ text: String) {
    for byte in text.utf8 { hash.add(byte) }
    hash.add(0xff)
  }

  /// Adds a number as its decimal text.
  package mutating func add(_ number: Int64) { add(String(number)) }

  /// Returns the value in 1 to 64 bits, folded as the authors of FNV recommend.
  func folded(to bits: UInt64) -> UInt64 {
    var rest = value
    var folded: UInt64 = 0
    while rest != 0 {
      folded ^= rest
      rest = rest >> bits
    }
    return folded & (.max >> (64 - bits))
  }
}

/// The limits of a request's page size, in records.
package enum PageSize {
  package static let usual = 50
  package static let greatest = 100
  /// The size in bytes at which a page ends early, after its first record. It bounds what an answer
  /// costs in memory: the record that reaches it has at most 1 MiB.
  package static let enoughBytes = 1 << 20
  /// The size in bytes at which an answer without page tokens ends. One more record of at most
  /// 1 MiB then still fits a frame of 4 MiB.
  package static let maxAnswerBytes = (3 << 20) - (4 << 10)

  package static func check(
    _ size: Int32,
    usual: Int = usual,
    greatest: Int = greatest
  ) throws(DomainError) -> Int {
    guard size >= 0, size <= greatest else {
      throw .invalid(
        "page_size",
        "PAGE_SIZE_OUT_OF_RANGE",
        "A page has 1 to \(greatest) records; leave page_size at 0 for \(usual)."
      )
    }
    return size == 0 ? usual : Int(size)
  }
}
