extension Message {
  /// Decodes a message; unknown fields are dropped. `arena` holds the unpacked struct; nothing
  /// points into it afterwards. Reset it before, with a limit of ``Arena/decodingLimit(payload:)``
  /// or less.
  public init(decoding bytes: RawSpan, arena: borrowing Arena) throws(CodecError) {
    let source = try bytes.withUnsafeBytes { buffer throws(CodecError) in
      try Self.descriptor.unpack(buffer, in: arena)
    }
    self.init(fromC: source)
  }

  /// Decodes a message; unknown fields are dropped. Uses an arena of its own.
  public init(decoding bytes: RawSpan) throws(CodecError) {
    let arena = Arena(limit: Arena.decodingLimit(payload: bytes.byteCount))
    try self.init(decoding: bytes, arena: arena)
    withExtendedLifetime(arena) {}
  }

  /// Decodes a message; unknown fields are dropped. Uses an arena of its own.
  public init(decoding bytes: [UInt8]) throws(CodecError) {
    try self.init(decoding: bytes.span.bytes)
  }

  /// Encodes the message into `arena`: the result is valid until the arena is reset. Maps are
  /// sorted by key, so equal messages give equal bytes. libprotobuf-c takes -0.0 for absent where a
  /// field has no explicit presence. Throws if the arena is full or a string contains U+0000.
  public func encode(into arena: borrowing Arena) throws(CodecError) -> UnsafeRawBufferPointer {
    let descriptor = Self.descriptor
    let target = try descriptor.makeStruct(in: arena)
    try fillC(target, in: arena)
    return try descriptor.pack(target, in: arena)
  }

  /// Returns the encoded message. Throws if a string contains U+0000.
  public func encoded() throws(CodecError) -> [UInt8] {
    let arena = Arena()
    let bytes = [UInt8](try encode(into: arena))
    withExtendedLifetime(arena) {}
    return bytes
  }

  /// The size of the encoded message in bytes. Costs nearly as much as encoding it. Throws if a
  /// string contains U+0000.
  public var encodedSize: Int {
    get throws(CodecError) {
      let arena = Arena()
      let target = try Self.descriptor.makeStruct(in: arena)
      try fillC(target, in: arena)
      let size = Self.descriptor.packedSize(target)
      withExtendedLifetime(arena) {}
      return size
    }
  }

  /// The full proto name: `patron.v1.Customer`.
  public static var protoName: String { descriptor.name }

  /// Builds a message: `Customer.with { $0.email = "a@example.com" }`.
  public static func with(_ body: (inout Self) throws -> Void) rethrows -> Self {
    var message = Self()
    try body(&message)
    return message
  }

  /// Allocates a C struct in `arena` and fills it from this message.
  @inlinable
  public func makeC(in arena: borrowing Arena) throws(CodecError) -> UnsafeMutableRawPointer {
    let target = try Self.descriptor.makeStruct(in: arena)
    try fillC(target, in: arena)
    return target
  }
}
