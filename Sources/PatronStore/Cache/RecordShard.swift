/// A part of the record cache: its index, its memory, and the choice of what stays.
///
/// The choice is S3-FIFO: a new record waits in a small queue, and only if it is read there, or
/// comes back soon, it goes to the main one. So a pass over many customers, each read once, goes
/// through a tenth of the memory. The main queue gives records that were read another round, as
/// CLOCK does. Queues need no links between records, and a hit writes one byte.
struct RecordShard {
  /// Numbers of commits for parts of the hashes: the last one that changed a record of the part.
  private static let stampCount = 512

  private var index: RecordIndex
  private var ghosts: RecordGhosts
  private var small: RecordRing
  private var main: RecordRing
  private var stamps = [UInt64](repeating: 0, count: stampCount)
  private(set) var hits: UInt64 = 0
  private(set) var misses: UInt64 = 0
  private(set) var evictions: UInt64 = 0

  /// Makes an empty shard that takes at most `bytes`, at least 1 MiB. Memory is taken as it fills.
  init(bytes: Int) {
    precondition(bytes >= 1 << 20)
    let slots = 1 << (Int.bitWidth - 1 - (bytes / 128).leadingZeroBitCount)
    index = RecordIndex(maxSlots: slots)
    ghosts = RecordGhosts(slots: index.slots / 2)
    let tables =
      slots * RecordIndex.slotBytes + slots / 2 * RecordGhosts.slotBytes + Self.stampCount * 8
    let chunks = (bytes - tables) / RecordRing.chunkBytes
    let smallChunks = max(2, chunks / 10)
    small = RecordRing(maxChunks: smallChunks)
    main = RecordRing(maxChunks: chunks - smallChunks)
  }

  /// Records in the shard.
  var count: Int { index.count }

  /// The memory that the shard has taken, in bytes.
  var bytes: Int {
    small.bytes + main.bytes + index.slots * RecordIndex.slotBytes
      + ghosts.slots * RecordGhosts.slotBytes + Self.stampCount * 8
  }

  /// Lends the value of a record to `body`. Returns false if it is not here, or if it may be newer
  /// than a snapshot with `count` commits; nil stands for the present.
  mutating func read(_ key: RecordKey, in count: UInt64?, _ body: (RawSpan) -> Void) -> Bool {
    var isHit = false
    if let place = index.place(of: key.hash).map(Place.init), isOf(key, place) {
      isHit =
        place.isMain
        ? main.read(place.offset, in: count, body) : small.read(place.offset, in: count, body)
    }
    if isHit { hits &+= 1 } else { misses &+= 1 }
    return isHit
  }

  /// Keeps a record that a snapshot with `count` commits had, unless a later commit changes it.
  mutating func fill(_ key: RecordKey, _ first: RawSpan, _ second: RawSpan, count: UInt64) {
    guard stamps[stamp(of: key.hash)] <= count else { return }
    if let place = index.place(of: key.hash).map(Place.init) {
      if isOf(key, place) { return noteFill(place, count) }
      remove(key.hash)
    }
    let length = RecordRing.length(key, valueLength: first.byteCount + second.byteCount)
    guard length <= RecordRing.maxRecordBytes else { return }
    while index.isFull { evictForIndex() }
    let isMain = ghosts.take(key.hash)
    let offset: Int
    if isMain {
      makeRoomInMain()
      offset = main.append(key, first, second, filledAt: count)
    } else {
      while !small.hasRoom(for: length) { evictFromSmall() }
      offset = small.append(key, first, second, filledAt: count)
    }
    index.set(key.hash, Place(offset, isMain: isMain).bits)
    // While the table grows, nothing was evicted yet.
    if ghosts.slots < index.slots / 2 { ghosts = RecordGhosts(slots: index.slots / 2) }
  }

  /// Notes that the commit of this number, which has not begun, changes the record of a hash. The
  /// record goes at once, and none comes from a snapshot without the commit.
  mutating func change(_ hash: UInt64, commit: UInt64) {
    stamps[stamp(of: hash)] = commit
    guard index.place(of: hash).map(Place.init)?.isMain == true else { return remove(hash) }
    remove(hash)
    ghosts.insert(hash)
  }

  /// Returns true if the bytes occur anywhere in the shard's memory. For tests.
  func contains(_ bytes: [UInt8]) -> Bool { small.contains(bytes) || main.contains(bytes) }

  private func stamp(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash >> 40) & (Self.stampCount - 1)
  }

  private func isOf(_ key: RecordKey, _ place: Place) -> Bool {
    place.isMain ? main.isOf(key, place.offset) : small.isOf(key, place.offset)
  }

  private mutating func noteFill(_ place: Place, _ count: UInt64) {
    if place.isMain {
      if main.filledAt(place.offset) > count { main.setFilledAt(count, at: place.offset) }
    } else {
      if small.filledAt(place.offset) > count { small.setFilledAt(count, at: place.offset) }
    }
  }

  private mutating func remove(_ hash: UInt64) {
    guard let place = index.place(of: hash).map(Place.init) else { return }
    if place.isMain { main.overwrite(place.offset) } else { small.overwrite(place.offset) }
    index.remove(hash)
  }
}

// MARK: - Eviction

extension RecordShard {
  /// Takes the oldest record out of the small queue: to the main one if it was read, or while that
  /// one has memory which was never used.
  private mutating func evictFromSmall() {
    guard let offset = small.oldest() else { return }
    let hash = small.hash(at: offset)
    if hash != 0 {
      if main.isGrowing || small.reads(at: offset) > 0 {
        makeRoomInMain()
        let place = main.append(movedFrom: &small, offset)
        index.set(hash, Place(place, isMain: true).bits)
      } else {
        remove(hash)
        ghosts.insert(hash)
        evictions &+= 1
      }
    }
    small.dropOldest()
  }

  /// Empties the oldest chunk of the main queue if there is no free one, so that a record has room.
  private mutating func makeRoomInMain() {
    while !main.hasFreeChunk {
      guard let offset = main.oldest() else { return }
      let hash = main.hash(at: offset)
      if hash != 0 {
        let reads = main.reads(at: offset)
        if reads > 0, main.hasRoom(for: main.length(at: offset)) {
          index.set(hash, Place(main.reappend(offset, reads: reads - 1), isMain: true).bits)
        } else {
          remove(hash)
          evictions &+= 1
        }
      }
      main.dropOldest()
    }
  }

  /// Evicts the oldest record, because the index is full.
  private mutating func evictForIndex() {
    if let offset = main.oldest() {
      let hash = main.hash(at: offset)
      if hash != 0 { evictions &+= 1 }
      remove(hash)
      main.dropOldest()
    } else if let offset = small.oldest() {
      let hash = small.hash(at: offset)
      if hash != 0 { evictions &+= 1 }
      remove(hash)
      small.dropOldest()
    }
  }

  /// The place of a record in one of the queues, packed for the index. Offsets are multiples of 8.
  private struct Place {
    let bits: UInt32

    init(_ bits: UInt32) { self.bits = bits }

    init(_ offset: Int, isMain: Bool) { bits = UInt32(offset / 8) << 1 | (isMain ? 1 : 0) }

    var isMain: Bool { bits & 1 == 1 }
    var offset: Int { Int(bits >> 1) * 8 }
  }
}
