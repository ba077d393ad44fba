/// The extensions of ttrpc that Patron speaks. A stock peer never receives any of their frames.
public enum Extensions {
  /// The metadata key by which a client announces that it knows the extensions.
  public static let metadataKey = "ttrpc-ext"
  /// The value of ``metadataKey``: the version of the extensions.
  public static let version = "1"
  /// The number of bytes in a PING and in its PONG.
  public static let pingBytes = 8
}

/// The extension frames that a sender of SETTINGS handles. Unknown bits are ignored.
public struct Capabilities: OptionSet, Sendable, Hashable {
  /// The bits on the wire.
  public let rawValue: UInt64

  /// Creates a set from the bits on the wire, unknown ones included.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Answers PING with PONG.
  public static let ping = Capabilities(rawValue: 1)
  /// Understands CANCEL.
  public static let cancel = Capabilities(rawValue: 2)
  /// Sends or understands GOAWAY.
  public static let goaway = Capabilities(rawValue: 4)
}

/// Body of SETTINGS: protobuf `{ uint32 max_message_bytes = 1; uint64 capabilities = 2; }`.
public struct SettingsBody: Sendable, Hashable {
  /// The largest frame data that the sender accepts, in bytes. 0: the protocol's 4 MiB.
  public var maxMessageBytes: Int
  /// The extension frames that the sender handles.
  public var capabilities: Capabilities

  /// Creates a body from its fields.
  public init(maxMessageBytes: Int, capabilities: Capabilities) {
    self.maxMessageBytes = maxMessageBytes
    self.capabilities = capabilities
  }

  /// Reads a body; unknown fields are skipped.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    self.init(maxMessageBytes: 0, capabilities: [])
    var reader = WireReader(bytes)
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.varint):
        maxMessageBytes = Int(UInt32(truncatingIfNeeded: try reader.varint()))
      case (2, WireReader.WireType.varint):
        capabilities = Capabilities(rawValue: try reader.varint())
      default: try reader.skip(tag)
      }
    }
  }

  /// Appends the encoded body.
  public func append(to buffer: inout ResponseBuffer) {
    appendNumber(0x08, UInt64(maxMessageBytes), to: &buffer)
    appendNumber(0x10, capabilities.rawValue, to: &buffer)
  }
}

/// Body of CANCEL: protobuf `{ int32 code = 1; string text = 2; }`. Without a code: CANCELLED.
public struct CancelBody: Sendable, Hashable {
  /// The status code with which the sender cancels the call.
  public var code: StatusCode
  /// A short text for people.
  public var text: String

  /// Creates a body from its fields.
  public init(code: StatusCode = .cancelled, text: String = "") {
    self.code = code
    self.text = text
  }

  /// Reads a body; unknown fields are skipped.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    self.init()
    var reader = WireReader(bytes)
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.varint):
        let number = Int32(truncatingIfNeeded: try reader.varint())
        if number != 0 { code = StatusCode(rawValue: number) }
      case (2, WireReader.WireType.lengthDelimited): text = try reader.string("the text")
      default: try reader.skip(tag)
      }
    }
  }

  /// Appends the encoded body.
  public func append(to buffer: inout ResponseBuffer) {
    appendNumber(0x08, UInt64(bitPattern: Int64(code.rawValue)), to: &buffer)
    if !text.isEmpty { StatusEncoding.appendString(0x12, text, to: &buffer) }
  }
}

/// Body of GOAWAY: protobuf
/// `{ uint32 last_stream_id = 1; uint32 grace_millis = 2; string reason = 3; }`.
public struct GoawayBody: Sendable, Hashable {
  /// The highest stream id that was accepted: calls with higher ids had no effect and may be
  /// repeated elsewhere.
  public var lastStreamID: UInt32
  /// The time that accepted calls get to finish, in milliseconds.
  public var graceMillis: UInt32
  /// A short text for people.
  public var reason: String

  /// Creates a body from its fields.
  public init(lastStreamID: UInt32, graceMillis: UInt32, reason: String) {
    self.lastStreamID = lastStreamID
    self.graceMillis = graceMillis
    self.reason = reason
  }

  /// Reads a body; unknown fields are skipped.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    self.init(lastStreamID: 0, graceMillis: 0, reason: "")
    var reader = WireReader(bytes)
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.varint):
        lastStreamID = UInt32(truncatingIfNeeded: try reader.varint())
      case (2, WireReader.WireType.varint):
        graceMillis = UInt32(truncatingIfNeeded: try reader.varint())
      case (3, WireReader.WireType.lengthDelimited): reason = try reader.string("the reason")
      default: try reader.skip(tag)
      }
    }
  }

  /// Appends the encoded body.
  public func append(to buffer: inout ResponseBuffer) {
    appendNumber(0x08, UInt64(lastStreamID), to: &buffer)
    appendNumber(0x10, UInt64(graceMillis), to: &buffer)
    if !reason.isEmpty { StatusEncoding.appendString(0x1a, reason, to: &buffer) }
  }
}

/// Appends a varint field unless it has proto3's default value.
private func appendNumber(_ tag: UInt8, _ value: UInt64, to buffer: inout ResponseBuffer) {
  if value == 0 { return }
  buffer.appendByte(tag)
  buffer.appendVarint(value)
}
