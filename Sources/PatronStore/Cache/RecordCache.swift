internal import Synchronization

/// The records of customers that were read lately, in the form in which they are sent: in front of
/// the database, for the reads of the I/O loops.
///
/// All loops share it. It is cut into shards by the hash of the key, each behind a lock that is
/// held while one record is copied, or while a chunk of 64 KiB makes room. The one writer removes
/// what a commit changes *before* the commit begins, and a fill is refused if its snapshot may lack
/// the last change. So a record that is found here is what the database has, and stays so until its
/// next change begins.
///
/// A record is kept under the identifiers that its customer has in its row: an alias is looked up
/// in the database, because its target can change without the row.
package final class RecordCache: Sendable {
  private final class Shard: Sendable {
    let state: Mutex<RecordShard>

    init(bytes: Int) { state = Mutex(RecordShard(bytes: bytes)) }
  }

  /// The measurements of a cache.
  package struct Measurements: Sendable, Equatable {
    package var hits: UInt64 = 0
    package var misses: UInt64 = 0
    /// Records that made room for others.
    package var evictions: UInt64 = 0
    /// The memory that is taken, in bytes.
    package var bytes = 0
    /// Records that are kept; a customer counts once for each identifier that was used.
    package var records = 0

    package init() {}
  }

  /// Bytes of a shard from which a cache has more of them.
  private static let shardBytes = 4 << 20
  private static let maxShards = 1024

  private let shards: [Shard]
  private let shift: UInt64

  /// Makes an empty cache that takes at most `bytes`. Nil below 1 MiB.
  package init?(bytes: Int) {
    guard bytes >= 1 << 20 else { return nil }
    var count = 1
    while count < Self.maxShards, bytes / (2 * count) >= Self.shardBytes { count *= 2 }
    shards = (0..<count).map { _ in Shard(bytes: bytes / count) }
    shift = UInt64(64 - count.trailingZeroBitCount)
  }

  /// Lends the stored bytes of a record to `body`. Returns false if the record is not kept, or if
  /// it may be newer than a snapshot with `count` commits; nil stands for the present. `body` runs
  /// under a lock: it only copies.
  func read(_ key: RecordKey, in count: UInt64?, _ body: (RawSpan) -> Void) -> Bool {
    shard(of: key.hash).state.withLock { $0.read(key, in: count, body) }
  }

  /// Keeps a record in two parts that a snapshot had. `count` was the number of commits before the
  /// snapshot began.
  func fill(_ key: RecordKey, _ first: RawSpan, _ second: RawSpan, count: UInt64) {
    shard(of: key.hash).state.withLock { $0.fill(key, first, second, count: count) }
  }

  /// Removes and overwrites the records of these hashes. The writer calls it before the commit of
  /// this number begins.
  func change(_ hashes: [UInt64], commit: UInt64) {
    for hash in hashes { shard(of: hash).state.withLock { $0.change(hash, commit: commit) } }
  }

  /// The present measurements. Locks each shard for a moment.
  package var measurements: Measurements {
    var sum = Measurements()
    for shard in shards {
      shard.state.withLock { shard in
        sum.hits += shard.hits
        sum.misses += shard.misses
        sum.evictions += shard.evictions
        sum.bytes += shard.bytes
        sum.records += shard.count
      }
    }
    return sum
  }

  /// Returns true if the bytes occur anywhere in the cache's memory. For tests.
  func contains(_ bytes: [UInt8]) -> Bool {
    shards.contains { $0.state.withLock { $0.contains(bytes) } }
  }

  private func shard(of hash: UInt64) -> Shard {
    // A shift by 64 gives 0.
    shards[Int(truncatingIfNeeded: hash >> shift)]
  }
}
