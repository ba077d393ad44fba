internal import ProtoWire

/// A queue of records in chunks of memory, the oldest first. The memory is allocated once and never
/// moved, so that bytes which were overwritten leave no copy behind. The system gives a page when
/// it is first written.
///
/// A record is a header of 40 bytes, then the texts of its key and its value. A record that is
/// removed is overwritten at once; its room is used again when all records before it have gone.
struct RecordRing {
  static let chunkBytes = 64 << 10
  /// Maximum size of a record with its header, in bytes.
  static let maxRecordBytes = 16 << 10
  /// Reads that are counted of a record.
  static let maxReads: UInt8 = 3

  private static let headerBytes = 40
  /// Offsets of the parts of a header.
  private enum Part {
    static let hash = 0
    static let filledAt = 8
    static let number = 16
    static let length = 24
    static let valueLength = 28
    static let textLength = 32
    static let storeLength = 34
    static let kind = 35
    static let reads = 36
  }

  /// Maximum number of chunks, at least 2.
  let maxChunks: Int
  private var memory: [UInt8]
  /// The used bytes of each chunk that was ever used, from its beginning.
  private var ends: [Int] = []
  private var head = 0
  private var tail = 0
  private var tailOffset = 0

  init(maxChunks: Int) {
    precondition(maxChunks >= 2)
    self.maxChunks = maxChunks
    let count = maxChunks * Self.chunkBytes
    // Zeros would make the system give all pages now. No byte is read before it is written.
    memory = [UInt8](unsafeUninitializedCapacity: count) { $1 = count }
  }

  /// The memory of the chunks that were ever used, in bytes.
  var bytes: Int { ends.count * Self.chunkBytes }

  /// Returns the size of a record with its header, a multiple of 8.
  static func length(_ key: RecordKey, valueLength: Int) -> Int {
    (headerBytes + key.store.utf8.count + key.text.utf8.count + valueLength + 7) & ~7
  }
}

// MARK: - The queue

extension RecordRing {
  /// True until every chunk was used once.
  var isGrowing: Bool { ends.count < maxChunks }

  /// True if the chunk behind the head is free.
  var hasFreeChunk: Bool { isGrowing || next(head) != tail }

  /// True if a record of this length can be appended.
  func hasRoom(for length: Int) -> Bool {
    hasFreeChunk || ends[head] + length <= Self.chunkBytes
  }

  /// Returns the place of the oldest record, removed or not; nil if there is none.
  mutating func oldest() -> Int? {
    guard !ends.isEmpty else { return nil }
    while tailOffset >= ends[tail] {
      if tail == head {
        ends[head] = 0
        tailOffset = 0
        return nil
      }
      tail = next(tail)
      tailOffset = 0
    }
    return tail * Self.chunkBytes + tailOffset
  }

  /// Ends the queue's hold of the oldest record, which was removed.
  mutating func dropOldest() {
    guard let place = oldest() else { return }
    tailOffset += length(at: place)
    _ = oldest()
  }

  /// Appends room for a record. There must be room.
  private mutating func append(_ length: Int) -> Int {
    if ends.isEmpty || ends[head] + length > Self.chunkBytes {
      if isGrowing {
        ends.append(0)
        head = ends.count - 1
      } else {
        head = next(head)
        precondition(head != tail, "the ring has no room")
        ends[head] = 0
      }
    }
    let place = head * Self.chunkBytes + ends[head]
    ends[head] += length
    return place
  }

  private func next(_ chunk: Int) -> Int { chunk + 1 == ends.count ? 0 : chunk + 1 }
}

// MARK: - Records

extension RecordRing {
  /// Appends a record whose value has two parts. There must be room. Returns its place.
  mutating func append(
    _ key: RecordKey,
    _ first: RawSpan,
    _ second: RawSpan,
    filledAt: UInt64
  ) -> Int {
    let valueLength = first.byteCount + second.byteCount
    let length = Self.length(key, valueLength: valueLength)
    let place = append(length)
    let (store, text) = (key.store.utf8Span, key.text.utf8Span)
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: key.hash, toByteOffset: place + Part.hash, as: UInt64.self)
    bytes.storeBytes(of: filledAt, toByteOffset: place + Part.filledAt, as: UInt64.self)
    bytes.storeBytes(of: key.number, toByteOffset: place + Part.number, as: Int64.self)
    bytes.storeBytes(of: UInt32(length), toByteOffset: place + Part.length, as: UInt32.self)
    bytes.storeBytes(
      of: UInt32(valueLength),
      toByteOffset: place + Part.valueLength,
      as: UInt32.self
    )
    bytes.storeBytes(of: UInt16(text.count), toByteOffset: place + Part.textLength, as: UInt16.self)
    bytes.storeBytes(of: UInt8(store.count), toByteOffset: place + Part.storeLength, as: UInt8.self)
    bytes.storeBytes(of: key.kind.rawValue, toByteOffset: place + Part.kind, as: UInt8.self)
    bytes.storeBytes(of: UInt8(0), toByteOffset: place + Part.reads, as: UInt8.self)
    let texts = place + Self.headerBytes
    bytes.copy(store.span.bytes, at: texts)
    bytes.copy(text.span.bytes, at: texts + store.count)
    let value = texts + store.count + text.count
    bytes.copy(first, at: value)
    bytes.copy(second, at: value + first.byteCount)
    return place
  }

  /// Appends a copy of the record at `place` of another ring, and overwrites the original. There
  /// must be room. Returns the new place.
  mutating func append(movedFrom other: inout RecordRing, _ place: Int) -> Int {
    let length = other.length(at: place)
    let own = append(length)
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    bytes.copy(
      other.memory.span.bytes.extracting(place..<place + length),
      at: own
    )
    setReads(0, at: own)
    other.overwrite(place)
    return own
  }

  /// Appends a copy of the oldest record, and overwrites the original. There must be room, and the
  /// oldest must not be in the chunk of the latest. Returns the new place.
  mutating func reappend(_ place: Int, reads: UInt8) -> Int {
    let length = length(at: place)
    let own = append(length)
    precondition(own / Self.chunkBytes != place / Self.chunkBytes)
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    for offset in stride(from: 0, to: length, by: 8) {
      let word = bytes.unsafeLoad(fromByteOffset: place + offset, as: UInt64.self)
      bytes.storeBytes(of: word, toByteOffset: own + offset, as: UInt64.self)
    }
    setReads(reads, at: own)
    overwrite(place)
    return own
  }

  /// Overwrites a record with zeros. Only its length stays.
  mutating func overwrite(_ place: Int) {
    let length = length(at: place)
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    for offset in stride(from: place, to: place + length, by: 8) {
      bytes.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
    }
    bytes.storeBytes(of: UInt32(length), toByteOffset: place + Part.length, as: UInt32.self)
  }

  /// Returns the hash of a record's key; 0 if the record was removed.
  func hash(at place: Int) -> UInt64 { load(place, Part.hash) }

  /// Returns the size of a record with its header, also of one that was removed.
  func length(at place: Int) -> Int { Int(load(place, Part.length) as UInt32) }

  /// Returns the number of commits that the snapshot had from which the record was filled.
  func filledAt(_ place: Int) -> UInt64 { load(place, Part.filledAt) }

  /// Notes that an older snapshot had the same record.
  mutating func setFilledAt(_ count: UInt64, at place: Int) {
    store(count, place, Part.filledAt)
  }

  /// Returns the reads of a record since it came or was passed over, at most ``maxReads``.
  func reads(at place: Int) -> UInt8 { load(place, Part.reads) }

  mutating func setReads(_ reads: UInt8, at place: Int) {
    store(reads, place, Part.reads)
  }

  /// Returns true if the record has this key.
  func isOf(_ key: RecordKey, _ place: Int) -> Bool {
    let (store, text) = (key.store.utf8Span, key.text.utf8Span)
    guard
      load(place, Part.number) as Int64 == key.number,
      load(place, Part.kind) as UInt8 == key.kind.rawValue,
      Int(load(place, Part.storeLength) as UInt8) == store.count,
      Int(load(place, Part.textLength) as UInt16) == text.count
    else { return false }
    let bytes = memory.span.bytes
    let texts = place + Self.headerBytes
    let end = texts + store.count + text.count
    return bytes.extracting(texts..<texts + store.count).hasSameBytes(as: store.span.bytes)
      && bytes.extracting(texts + store.count..<end).hasSameBytes(as: text.span.bytes)
  }

  /// Lends the value of a record to `body` and counts the read. Returns false if the record may be
  /// newer than a snapshot with `count` commits; nil stands for the present.
  mutating func read(_ place: Int, in count: UInt64?, _ body: (RawSpan) -> Void) -> Bool {
    if let count, filledAt(place) > count { return false }
    let reads = reads(at: place)
    if reads < Self.maxReads { setReads(reads + 1, at: place) }
    let store = Int(load(place, Part.storeLength) as UInt8)
    let text = Int(load(place, Part.textLength) as UInt16)
    let start = place + Self.headerBytes + store + text
    let length = Int(load(place, Part.valueLength) as UInt32)
    body(memory.span.bytes.extracting(start..<start + length))
    return true
  }

  /// Returns true if the bytes occur anywhere in the memory of the ring. For tests.
  func contains(_ bytes: [UInt8]) -> Bool {
    let used = memory[..<self.bytes]
    guard let first = bytes.first else { return true }
    return used.indices.contains { used[$0] == first && used[$0...].starts(with: bytes) }
  }

  private func load<Value: BitwiseCopyable>(_ place: Int, _ part: Int) -> Value {
    memory.span.bytes.unsafeLoad(
      fromByteOffset: place + part,
      as: Value.self
    )
  }

  private mutating func store<Value: BitwiseCopyable>(_ value: Value, _ place: Int, _ part: Int) {
    var span = memory.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: value, toByteOffset: place + part, as: Value.self)
  }
}
