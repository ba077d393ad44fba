public import ProtoWire

/// The buffer to which a handler appends its response message.
///
/// On a connection it is the tail of the outgoing bytes, so nothing is copied; elsewhere it stands
/// alone: `var buffer = ResponseBuffer()`, then ``takeBytes()``. It is used on one thread at a
/// time.
public struct ResponseBuffer: ~Copyable {
  private(set) var base: UnsafeMutableRawPointer?
  private(set) var capacity: Int
  /// The offset behind the last byte written.
  private(set) var end = 0
  /// The offset of the message's first byte. All bytes before it belong to the connection.
  var start = 0

  /// Creates a buffer that stands alone and allocates `capacity` bytes at once.
  public init(capacity: Int = 0) {
    self.capacity = capacity
    base = capacity > 0 ? .allocate(byteCount: capacity, alignment: 16) : nil
  }

  deinit { base?.deallocate() }

  /// The number of bytes appended to the message so far.
  public var count: Int { end - start }

  /// Makes room for `byteCount` more bytes. Moves the storage if it is too small.
  public mutating func reserve(_ byteCount: Int) {
    if capacity - end < byteCount { grow(byteCount) }
  }

  /// Appends a copy of `bytes`.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    (base! + end).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  /// Appends a copy of `bytes`.
  public mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends bytes.
  public mutating func append(_ bytes: RawSpan) {
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
    reserve(Varint.maxByteCount)
    end = storeVarint(value, at: end)
  }

  /// Appends up to `byteCount` bytes that `body` writes in place. `body` returns the number of
  /// bytes it wrote; if it throws, nothing is appended.
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

  /// The bytes of the message so far.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let raw = UnsafeRawBufferPointer(
        start: base.map { UnsafeRawPointer($0 + start) },
        count: count
      )
      return _overrideLifetime(raw.bytes, borrowing: self)
    }
  }

  /// Calls `body` with the message's bytes so far; the pointer is valid during the call only.
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

  /// Returns the size in bytes of the shortest varint of `value`, 1 to 10.
  public static func varintSize(_ value: UInt64) -> Int {
    Varint.byteCount(value)
  }

  /// Writes a varint over the bytes at `offset`, for which there must be room. Returns the offset
  /// behind it.
  @discardableResult @inline(__always)
  mutating func storeVarint(_ value: UInt64, at offset: Int) -> Int {
    var memory = UnsafeMutableRawBufferPointer(start: base, count: capacity).mutableBytes
    return Varint.write(value, to: &memory, at: offset)
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

extension ResponseBuffer: ProtoOutput {}

// Operations of the connection that handlers do not see.
extension ResponseBuffer {
  /// Moves the tail that starts at `offset` up by `distance` bytes and leaves a gap.
  mutating func openGap(at offset: Int, distance: Int) {
    reserve(distance)
    (base! + offset + distance).copyMemory(from: base! + offset, byteCount: end - offset)
    end += distance
  }

  /// Moves the end of the written bytes to `offset`.
  mutating func setEnd(_ offset: Int) { end = offset }

  /// Removes all bytes. Frees the storage if its capacity exceeds `keep` bytes.
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
