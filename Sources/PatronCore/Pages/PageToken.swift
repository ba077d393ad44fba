internal import PatronModel
internal import ProtoWire
internal import ProtobufC

/// Where a page ended, bound to everything that the list was asked for with.
///
/// It is opaque to callers: base64url of the list, a word for what it is bound to, and the
/// position. The word tells a token of another store, customer, filter or order from one of this;
/// it is no secret, and a position holds nothing that a customer is.
package struct PageToken: Equatable {
  /// The key of the last record of the page, as the list defines it.
  package var position: [Int64]

  package init(position: [Int64]) { self.position = position }

  /// Reads a token that was made for the same list, with a position of `count` numbers. `field` is
  /// where the request has it.
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
      "The token is none of this list: send next_\(field) as it came, or none."
    )
  }

  /// The token as callers get it.
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

/// What a page token is bound to: the list, and each part of its request by itself, so that a token
/// that does not fit says which part does not.
package struct PageBinding {
  /// Lists that have pages. A number that was given once is never given to another.
  package enum List: UInt8, CustomStringConvertible {
    case customers = 2
    case consentHistory = 3
    case orders = 4
    case timeline = 5
    case pendingParts = 6
    case suppressions = 7
    case orderParts = 8

    package var description: String {
      switch self {
      case .customers: "ListCustomers"
      case .consentHistory: "ListConsentHistory"
      case .orders: "ListOrders"
      case .timeline: "GetTimeline"
      case .pendingParts: "ListOrders with pending_parts"
      case .suppressions: "ListSuppressions"
      case .orderParts: "GetOrder"
      }
    }
  }

  /// A part of a request.
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

  /// Binds tokens to another part; every request for a list has the same ones.
  package mutating func bind(_ part: Part, _ fingerprint: Fingerprint) {
    parts.append((part, fingerprint))
  }

  /// The parts side by side, each in as many bits as there are for it: 21 or more.
  package var word: UInt64 { parts.reduce(0) { $0 << width | $1.fingerprint.folded(to: width) } }

  /// The first part that another word has otherwise; nil when all are the same.
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

/// FNV-1a over a part of a request that a page token is bound to.
package struct Fingerprint {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package init(_ text: String) { add(text) }

  package init(_ number: Int64) { add(number) }

  /// Adds a text; where it ends is part of the fingerprint.
  package mutating func add(_ text: String) {
    for byte in text.utf8 { mix(byte) }
    mix(0xff)
  }

  /// Adds a number.
  package mutating func add(_ number: Int64) { add(String(number)) }

  /// The value in 1 to 64 bits, folded as the authors of FNV recommend.
  func folded(to bits: UInt64) -> UInt64 {
    var rest = value
    var folded: UInt64 = 0
    while rest != 0 {
      folded ^= rest
      rest = rest >> bits
    }
    return folded & (.max >> (64 - bits))
  }

  private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
}

/// The size of a page that a request asks for.
package enum PageSize {
  package static let usual = 50
  package static let greatest = 100
  /// A page that has as many bytes ends early, so that it fits a frame of 4 MiB with one more
  /// record, which has 1 MiB at the most.
  package static let enoughBytes = (3 << 20) - (4 << 10)

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
