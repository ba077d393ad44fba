/// Where a handler appends its response message.
///
/// On a connection it is the tail of the outgoing bytes, so nothing is copied; elsewhere it stands
/// alone: `var buffer = ResponseBuffer()`, then ``takeBytes()``.
public struct ResponseBuffer: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer?
  private(set) var capacity: Int
  /// Offset behind the last byte written.
  private(set) var end = 0
  /// Offset of the message's first byte: everything before belongs to the connection.
  var start = 0

  /// A buffer of its own; `capacity` bytes are allocated at once.
  public init(capacity: Int = 0) {
    self.capacity = capacity
    base = capacity > 0 ? .allocate(byteCount: capacity, alignment: 16) : nil
  }

  deinit { base?.deallocate() }

  /// Bytes of the message so far.
  public var count: Int { end - start }

  /// Makes room for `byteCount` more bytes.
  public mutating func reserve(_ byteCount: Int) {
    if capacity - end < byteCount { grow(byteCount) }
  }

  /// Appends bytes.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (base! + end).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  /// Appends bytes.
  public mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends one byte.
  public mutating func appendByte(_ byte: UInt8) {
    reserve(1)
    (base! + end).storeBytes(of: byte, as: UInt8.self)
    end += 1
  }

  /// Appends a varint in its shortest form.
  public mutating func appendVarint(_ value: UInt64) {
    reserve(10)
    end += ResponseBuffer.writeVarint(value, to: base! + end)
  }

  /// Appends up to `byteCount` bytes that `body` writes in place; it returns how many it wrote.
  public mutating func append<E: Error>(
    upTo byteCount: Int,
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) {
    reserve(byteCount)
    let room = UnsafeMutableRawBufferPointer(
      start: base.map { $0 + end },
      count: base == nil ? 0 : byteCount
    )
    let written = try body(room)
    precondition(written >= 0 && written <= byteCount, "wrote past the reserved bytes")
    end += written
  }

  /// Calls `body` with the message's bytes so far.
  public func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: base.map { UnsafeRawPointer($0 + start) }, count: count))
  }

  /// Drops the message's bytes beyond the first `byteCount`.
  public mutating func truncate(to byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= count, "cannot truncate to more than there is")
    end = start + byteCount
  }

  /// Takes the message as an array and empties the buffer.
  public mutating func takeBytes() -> [UInt8] {
    let bytes = withUnsafeBytes { [UInt8]($0) }
    end = start
    return bytes
  }

  /// How many bytes the shortest varint of `value` takes.
  public static func varintSize(_ value: UInt64) -> Int {
    (64 - (value | 1).leadingZeroBitCount + 6) / 7
  }

  static func writeVarint(_ value: UInt64, to target: UnsafeMutableRawPointer) -> Int {
    var rest = value
    var offset = 0
    while rest >= 0x80 {
      target.storeBytes(
        of: UInt8(truncatingIfNeeded: rest) | 0x80,
        toByteOffset: offset,
        as: UInt8.self
      )
      rest >>= 7
      offset += 1
    }
    target.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: offset, as: UInt8.self)
    return offset + 1
  }

  private mutating func grow(_ byteCount: Int) {
    let wanted = max(end + byteCount, capacity * 2, 256)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
    if let old = base {
      fresh.copyMemory(from: old, byteCount: end)
      old.deallocate()
    }
    base = fresh
    capacity = wanted
  }
}

// What the connection's buffer needs beyond a handler's view.
extension ResponseBuffer {
  /// Moves the tail that starts at `offset` up by `distance` bytes and leaves a gap.
  mutating func openGap(at offset: Int, distance: Int) {
    reserve(distance)
    (base! + offset + distance).copyMemory(from: base! + offset, byteCount: end - offset)
    end += distance
  }

  /// Sets where the written bytes end.
  mutating func setEnd(_ offset: Int) { end = offset }

  /// Forgets everything; a buffer that grew beyond `keep` bytes is freed.
  mutating func removeAll(keeping keep: Int) {
    end = 0
    start = 0
    if capacity > keep {
      base?.deallocate()
      base = nil
      capacity = 0
    }
  }
}
