/// The type of a frame. Unknown types are kept, because peers must ignore them.
public struct FrameType: RawRepresentable, Sendable, Hashable {
  /// The byte on the wire.
  public let rawValue: UInt8

  /// Creates a type from any byte, known or not.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Starts a call; the body is a `ttrpc.Request` envelope.
  public static let request = FrameType(rawValue: 0x01)
  /// Ends a call; the body is a `ttrpc.Response` envelope.
  public static let response = FrameType(rawValue: 0x02)
  /// One bare message of a streaming call.
  public static let data = FrameType(rawValue: 0x03)
  /// Extension: eight opaque bytes that the peer sends back. Stream 0.
  public static let ping = FrameType(rawValue: 0x04)
  /// Extension: the answer to a ping. Stream 0.
  public static let pong = FrameType(rawValue: 0x05)
  /// Extension: the sender's limits and capabilities, see ``SettingsBody``. Stream 0.
  public static let settings = FrameType(rawValue: 0x10)
  /// Extension: the sender cancels a call, see ``CancelBody``. On the call's stream.
  public static let cancel = FrameType(rawValue: 0x11)
  /// Extension: the sender accepts no new calls, see ``GoawayBody``. Stream 0.
  public static let goaway = FrameType(rawValue: 0x12)
}

/// The flag bits of a frame; their meaning depends on the type.
public struct FrameFlags: OptionSet, Sendable, Hashable {
  /// The byte on the wire.
  public let rawValue: UInt8

  /// Creates flags from any byte; peers ignore bits that they do not know.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender sends nothing more on this stream (Request, Data).
  public static let remoteClosed = FrameFlags(rawValue: 0x01)
  /// The sender will send Data on this stream (Request).
  public static let remoteOpen = FrameFlags(rawValue: 0x02)
  /// The frame carries no message; without it a frame of length 0 is an empty message.
  public static let noData = FrameFlags(rawValue: 0x04)
}

/// The ten bytes before every frame's data: length and stream id as big-endian 32-bit numbers,
/// then the type, then the flags.
public struct FrameHeader: Sendable, Hashable {
  /// Bytes of data that follow the header.
  public var length: UInt32
  /// The stream id: odd for calls, 0 for frames about the connection.
  public var streamID: UInt32
  /// The type of the frame.
  public var type: FrameType
  /// The flag bits of the frame.
  public var flags: FrameFlags

  /// Size of an encoded header, in bytes.
  public static let byteCount = 10
  /// The protocol's bound for a frame's data, in bytes: 4 MiB.
  public static let protocolMaxLength = 4 << 20

  /// Creates a header from its fields.
  public init(length: UInt32, streamID: UInt32, type: FrameType, flags: FrameFlags = []) {
    self.length = length
    self.streamID = streamID
    self.type = type
    self.flags = flags
  }

  /// Decodes the first ten bytes at `bytes`.
  public init(decoding bytes: UnsafeRawPointer) {
    length = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
    streamID = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    type = FrameType(rawValue: bytes.load(fromByteOffset: 8, as: UInt8.self))
    flags = FrameFlags(rawValue: bytes.load(fromByteOffset: 9, as: UInt8.self))
  }

  /// Writes the encoded header, ten bytes, at `bytes`.
  public func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: length.bigEndian, as: UInt32.self)
    bytes.storeBytes(of: streamID.bigEndian, toByteOffset: 4, as: UInt32.self)
    bytes.storeBytes(of: type.rawValue, toByteOffset: 8, as: UInt8.self)
    bytes.storeBytes(of: flags.rawValue, toByteOffset: 9, as: UInt8.self)
  }

  /// The encoded header as an array, for tests and tools.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: FrameHeader.byteCount) { buffer, count in
      encode(to: UnsafeMutableRawPointer(buffer.baseAddress!))
      count = FrameHeader.byteCount
    }
  }
}
