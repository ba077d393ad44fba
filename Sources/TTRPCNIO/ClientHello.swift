import NIOCore

/// The first message of a TLS client, as far as the server must know it before it spends anything
/// on the handshake.
struct ClientHello: Equatable {
  /// The application protocols that the client offers (ALPN); empty if it names none.
  let protocols: [String]

  /// The result of a look at the first bytes of a connection.
  enum Reading: Equatable {
    case needsMore
    /// The bytes are not TLS.
    case foreign(firstByte: UInt8)
    /// The bytes begin like TLS and break its rules.
    case malformed
    case whole(ClientHello)
  }

  /// The largest message that is waited for, in bytes. Those of browsers with keys that resist
  /// quantum computers have less than 2 KiB.
  static let maxBytes = 16 << 10

  private static let handshakeRecord: UInt8 = 22
  private static let clientHello: UInt32 = 1
  private static let alpnExtension: UInt16 = 16
  private static let maxRecordBytes: UInt16 = 1 << 14

  /// Reads the message from the start of a connection; it may be in several records.
  static func read(_ input: ByteBuffer) -> Reading {
    var input = input
    var message = ByteBuffer()
    while let type = input.readInteger(as: UInt8.self) {
      guard type == handshakeRecord else {
        return message.readableBytes == 0 ? .foreign(firstByte: type) : .malformed
      }
      guard let version = input.readInteger(as: UInt16.self) else { return .needsMore }
      guard let length = input.readInteger(as: UInt16.self) else { return .needsMore }
      guard version >> 8 == 3, (1...maxRecordBytes).contains(length) else { return .malformed }
      guard let part = input.readSlice(length: Int(length)) else { return .needsMore }
      message.writeImmutableBuffer(part)
      guard let header = message.getInteger(at: 0, as: UInt32.self) else { continue }
      let count = Int(header & 0xff_ffff)
      guard header >> 24 == clientHello, count <= maxBytes else { return .malformed }
      if let body = message.getSlice(at: 4, length: count) { return .whole(Self(body)) }
    }
    return .needsMore
  }

  /// Reads the body. What cannot be read is left to the TLS library, which refuses it.
  private init(_ body: ByteBuffer) {
    protocols = Self.protocols(in: body) ?? []
  }

  private static func protocols(in body: ByteBuffer) -> [String]? {
    var body = body
    // The version and the client's random bytes.
    body.moveReaderIndex(forwardBy: min(2 + 32, body.readableBytes))
    guard body.readLengthPrefixedSlice(as: UInt8.self) != nil,
      body.readLengthPrefixedSlice(as: UInt16.self) != nil,
      body.readLengthPrefixedSlice(as: UInt8.self) != nil,
      var extensions = body.readLengthPrefixedSlice(as: UInt16.self)
    else { return nil }
    while let type = extensions.readInteger(as: UInt16.self),
      var content = extensions.readLengthPrefixedSlice(as: UInt16.self)
    {
      guard type == alpnExtension else { continue }
      var names: [String] = []
      var list = content.readLengthPrefixedSlice(as: UInt16.self) ?? ByteBuffer()
      while let name = list.readLengthPrefixedSlice(as: UInt8.self) {
        names.append(String(buffer: name))
      }
      return names
    }
    return nil
  }
}
