internal import ProtoWire

/// The name of a cached record: a store, and an identifier that one of its customers has now.
struct RecordKey {
  /// The column of the identifier.
  enum Kind: UInt8 {
    case id = 1
    case externalID
    case email
    case phone
  }

  /// Maximum length of a text that is kept, in bytes. Longer ones are read from the database.
  static let maxTextBytes = 1024

  let store: String
  let kind: Kind
  /// The customer's id; 0 for the other kinds.
  let number: Int64
  /// The identifier as it is stored; empty for an id.
  let text: String
  /// The hash of all of these, with a key that the process makes at its start.
  let hash: UInt64

  /// Makes the key of a customer's identifier. Nil if records are not cached under it.
  init?(_ key: CustomerKey, of store: StoreID) {
    switch key {
    case .id(let id): self.init(store.name, .id, id, "")
    case .externalID(let text): self.init(store.name, .externalID, 0, text)
    case .email(let text): self.init(store.name, .email, 0, text)
    case .phone(let text): self.init(store.name, .phone, 0, text)
    case .national: return nil
    }
    if text.utf8.count > Self.maxTextBytes { return nil }
  }

  /// Makes a key. Tests give the hash.
  init(_ store: String, _ kind: Kind, _ number: Int64, _ text: String, hash: UInt64? = nil) {
    self.store = store
    self.kind = kind
    self.number = number
    self.text = text
    self.hash =
      hash ?? Self.hash(store.utf8Span.span.bytes, kind, number, text.utf8Span.span.bytes)
  }

  /// Returns the hash of a key's parts, which is never 0.
  static func hash(_ store: RawSpan, _ kind: Kind, _ number: Int64, _ text: RawSpan) -> UInt64 {
    var hasher = Hasher()
    // The lengths separate the texts.
    hasher.combine(UInt64(store.byteCount) << 8 | UInt64(kind.rawValue))
    hasher.combine(UInt64(bitPattern: number))
    combine(store, &hasher)
    combine(text, &hasher)
    return max(1, UInt64(bitPattern: Int64(hasher.finalize())))
  }

  private static func combine(_ bytes: RawSpan, _ hasher: inout Hasher) {
    var offset = 0
    while bytes.byteCount &- offset >= 8 {
      hasher.combine(bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset &+= 8
    }
    var rest = UInt64(bytes.byteCount)
    while offset < bytes.byteCount {
      rest = rest << 8 | UInt64(bytes[offset])
      offset &+= 1
    }
    hasher.combine(rest)
  }
}
