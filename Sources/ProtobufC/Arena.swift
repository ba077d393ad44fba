import CProtobufC

/// Memory for one message at a time: allocation moves a pointer, ``reset(limit:)`` frees all of it.
///
/// libprotobuf-c allocates several times the size of its input, 24 to 56 times for hostile input.
/// An arena therefore has a hard limit: past it `allocate` throws, and libprotobuf-c gets NULL and
/// fails cleanly. Keep one arena for each thread and reset it before each message. Pointers into an
/// arena are valid until the next reset.
public struct Arena: ~Copyable {
  let state: UnsafeMutablePointer<ArenaState>

  /// Creates an arena that allocates at most `limit` bytes between two resets.
  public init(limit: Int = .max) {
    state = .allocate(capacity: 1)
    state.initialize(to: ArenaState(limit: limit))
    state.pointee.allocator = ProtobufCAllocator(
      alloc: { data, size in
        data.unsafelyUnwrapped.assumingMemoryBound(to: ArenaState.self).pointee.allocate(size)
      },
      free: { _, _ in },
      allocator_data: UnsafeMutableRawPointer(state)
    )
  }

  deinit {
    state.pointee.freeChunks()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Returns the limit for decoding a message of `payload` bytes: sixteen times the payload, which
  /// honest messages do not reach, and 4 MiB so that a thousand short items of a batch fit.
  public static func decodingLimit(payload: Int) -> Int { payload * 16 + (4 << 20) }

  /// The bytes allocated since the last reset, rounding included.
  public var used: Int { state.pointee.used }

  /// The most bytes that can be allocated between two resets.
  public var limit: Int { state.pointee.limit }

  /// Frees all allocations and sets the limit. A block of at most 256 KiB is kept, so that ordinary
  /// messages need no call to malloc.
  public func reset(limit: Int) {
    state.pointee.reset()
    state.pointee.limit = limit
  }

  /// Frees all allocations and keeps the limit.
  public func reset() { state.pointee.reset() }

  /// Allocates `size` uninitialised bytes, aligned to 8. Throws ``CodecError`` if the limit is
  /// reached.
  public func allocate(_ size: Int) throws(CodecError) -> UnsafeMutableRawPointer {
    guard let pointer = state.pointee.allocate(size) else {
      throw CodecError(.outOfMemory(limit: state.pointee.limit))
    }
    return pointer
  }

  /// The allocator for libprotobuf-c. Its address is constant for the life of the arena.
  var allocator: UnsafeMutablePointer<ProtobufCAllocator> {
    // The allocator is the first member of the state, so a pointer to the state points to it.
    UnsafeMutableRawPointer(state).assumingMemoryBound(to: ProtobufCAllocator.self)
  }
}

/// The state behind an ``Arena``, at an address that does not move.
struct ArenaState {
  /// The first member, because ``Arena/allocator`` relies on it.
  var allocator = ProtobufCAllocator()
  private var cursor: UnsafeMutableRawPointer?
  private var available = 0
  private var chunk: UnsafeMutablePointer<Chunk>?
  private(set) var used = 0
  var limit: Int

  /// The header of a block of memory; the allocations follow it.
  private struct Chunk {
    var next: UnsafeMutablePointer<Chunk>?
    var size: Int
  }

  private static let firstChunk = 16 << 10
  private static let maxChunk = 1 << 20
  private static let maxKeptChunk = 256 << 10

  init(limit: Int) { self.limit = limit }

  mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    let rounded = (size &+ 7) & ~7
    guard size >= 0, rounded >= size, rounded <= limit &- used else { return nil }
    if rounded > available || cursor == nil { grow(rounded) }
    guard let result = cursor else { return nil }
    cursor = result + rounded
    available &-= rounded
    used &+= rounded
    return result
  }

  private mutating func grow(_ size: Int) {
    let doubled = chunk.map { min($0.pointee.size * 2, Self.maxChunk) } ?? Self.firstChunk
    addChunk(max(doubled, size))
  }

  private mutating func addChunk(_ size: Int) {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<Chunk>.size + size,
      alignment: 16
    )
    let head = memory.bindMemory(to: Chunk.self, capacity: 1)
    head.initialize(to: Chunk(next: chunk, size: size))
    chunk = head
    cursor = memory + MemoryLayout<Chunk>.size
    available = size
  }

  mutating func reset() {
    let wanted = used
    used = 0
    guard let first = chunk else { return }
    if first.pointee.next == nil && first.pointee.size <= Self.maxKeptChunk {
      cursor = UnsafeMutableRawPointer(first) + MemoryLayout<Chunk>.size
      available = first.pointee.size
    } else {
      freeChunks()
      addChunk(max(Self.firstChunk, min(wanted, Self.maxKeptChunk)))
    }
  }

  mutating func freeChunks() {
    while let head = chunk {
      chunk = head.pointee.next
      head.deallocate()
    }
    cursor = nil
    available = 0
  }
}
