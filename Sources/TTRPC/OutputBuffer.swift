/// The bytes that one connection has yet to send. Owned by one connection, used on one thread.
///
/// A response or request message is appended in place between `begin…` and `end…`. Lengths are
/// patched afterwards, always in the shortest form, so that frames are byte for byte those of a
/// stock encoder.
public struct OutputBuffer: ~Copyable {
  /// The message of the frame that is being written; see ``ResponseBuffer``.
  public var message: ResponseBuffer
  /// The offset of the frame that is being written.
  private var frameStart = 0

  /// The memory that is kept after everything was sent, in bytes.
  private static let maxKeptBytes = 64 << 10

  /// Creates an empty buffer and allocates `capacity` bytes at once.
  public init(capacity: Int = 0) { message = ResponseBuffer(capacity: capacity) }

  /// The number of bytes that wait to be sent.
  public var count: Int { message.end }
  /// True when nothing waits.
  public var isEmpty: Bool { message.end == 0 }

  /// Calls `body` with the bytes to send; the pointer is valid during the call only.
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(
      UnsafeRawBufferPointer(start: message.base.map { UnsafeRawPointer($0) }, count: message.end)
    )
  }

  /// Removes all bytes. Call it after they were sent.
  public mutating func removeAll() { message.removeAll(keeping: OutputBuffer.maxKeptBytes) }

  /// Appends a whole frame.
  public mutating func appendFrame(
    _ type: FrameType,
    flags: FrameFlags = [],
    stream: UInt32,
    body: UnsafeRawBufferPointer
  ) {
    beginFrame(type, flags: flags, stream: stream)
    message.append(body)
    endFrame()
  }

  /// Appends a Data frame with one message.
  public mutating func appendData(stream: UInt32, _ bytes: [UInt8], flags: FrameFlags = []) {
    bytes.withUnsafeBytes { appendFrame(.data, flags: flags, stream: stream, body: $0) }
  }

  /// Appends the frame that closes the sender's side of a stream. It never carries a message,
  /// because Go servers refuse one on it.
  public mutating func appendClose(stream: UInt32) {
    appendFrame(
      .data,
      flags: [.remoteClosed, .noData],
      stream: stream,
      body: UnsafeRawBufferPointer(start: nil, count: 0)
    )
  }

  /// Starts a frame. Its body is everything appended to ``message`` until ``endFrame()``.
  public mutating func beginFrame(_ type: FrameType, flags: FrameFlags = [], stream: UInt32) {
    frameStart = message.end
    message.reserve(FrameHeader.byteCount)
    FrameHeader(length: 0, streamID: stream, type: type, flags: flags)
      .encode(to: message.base! + frameStart)
    message.setEnd(frameStart + FrameHeader.byteCount)
    message.start = message.end
  }

  /// Ends the frame that was begun and patches its length.
  public mutating func endFrame() {
    let length = message.end - frameStart - FrameHeader.byteCount
    precondition(length < 1 << 24, "a frame of 16 MiB or more cannot be framed")
    (message.base! + frameStart).storeBytes(of: UInt32(length).bigEndian, as: UInt32.self)
    message.start = message.end
  }

  /// Drops the frame that was begun.
  public mutating func abandonFrame() {
    message.setEnd(frameStart)
    message.start = frameStart
  }

  /// The data bytes of the frame that was begun, envelope included.
  public var frameLength: Int { message.end - frameStart - FrameHeader.byteCount }
}

// Request and Response envelopes.
extension OutputBuffer {
  /// Starts a Response. Its message is everything appended to ``message`` until ``endEnvelope()``.
  public mutating func beginResponse(stream: UInt32) {
    beginFrame(.response, stream: stream)
    beginPayload(tag: 0x12)
  }

  /// Ends the envelope that was begun and patches both lengths. An empty message leaves no field.
  public mutating func endEnvelope() {
    let count = message.count
    let prefix = message.start - 2
    if count == 0 {
      message.setEnd(prefix)
    } else {
      let size = ResponseBuffer.varintSize(UInt64(count))
      if size > 1 { message.openGap(at: message.start, distance: size - 1) }
      message.storeVarint(UInt64(count), at: prefix + 1)
    }
    endFrame()
  }

  /// Appends a whole successful Response.
  public mutating func appendResponse(stream: UInt32, _ bytes: [UInt8]) {
    beginResponse(stream: stream)
    message.append(bytes)
    endEnvelope()
  }

  /// Appends a Response with a status. Its payload stays empty, because Go clients decode the
  /// payload before they look at the status. If the status does not fit into a frame, the details
  /// are dropped, then the message is cut.
  public mutating func appendError(stream: UInt32, _ error: RPCError) {
    var error = error
    if StatusEncoding.size(error) > FrameHeader.protocolMaxLength - 16 { error.details = [] }
    if StatusEncoding.size(error) > FrameHeader.protocolMaxLength - 16 {
      error.message = String(error.message.prefix(1024))
    }
    beginFrame(.response, stream: stream)
    message.appendByte(0x0a)
    message.appendVarint(UInt64(StatusEncoding.size(error)))
    StatusEncoding.append(error, to: &message)
    endFrame()
  }

  /// Starts a Request. Its message is everything appended to ``message`` until
  /// ``endRequest(timeoutNanos:metadata:)``.
  public mutating func beginRequest(
    stream: UInt32,
    flags: FrameFlags = [],
    service: String,
    method: String
  ) {
    beginFrame(.request, flags: flags, stream: stream)
    appendString(0x0a, service)
    appendString(0x12, method)
    beginPayload(tag: 0x1a)
  }

  /// Ends the Request that was begun. A `timeoutNanos` of 0 means no deadline.
  public mutating func endRequest(timeoutNanos: Int64, metadata: Metadata) {
    endRequest(timeoutNanos: timeoutNanos, metadata: metadata, standing: nil)
  }

  mutating func endRequest(
    timeoutNanos: Int64,
    metadata: Metadata,
    standing: StandingMetadata?
  ) {
    endEnvelope()
    guard timeoutNanos != 0 || !metadata.isEmpty || standing != nil else { return }
    if timeoutNanos != 0 {
      message.appendByte(0x20)
      message.appendVarint(UInt64(bitPattern: timeoutNanos))
    }
    for entry in metadata.entries { entry.append(to: &message) }
    standing?.append(to: &message, replacedBy: metadata)
    endFrame()
  }

  /// Writes the payload's tag and one byte for its length, which ``endEnvelope()`` widens.
  private mutating func beginPayload(tag: UInt8) {
    message.appendByte(tag)
    message.appendByte(0)
    message.start = message.end
  }

  private mutating func appendString(_ tag: UInt8, _ string: String) {
    StatusEncoding.appendString(tag, string, to: &message)
  }
}
