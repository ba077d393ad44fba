package import PatronStore
package import TTRPC

/// The most memory that clients can make a server take, in bytes: a sum of parts that follow from
/// its limits.
///
/// Mapped files and the socket buffers of the system are not in it. The system takes back the first
/// when it needs memory, and bounds the second by itself.
package struct MemoryBound: Sendable, Equatable {
  /// Answers on their way to clients.
  package private(set) var answers: Int
  /// Large requests on their way from clients.
  package private(set) var requests: Int
  /// Writes that wait for the writer.
  package private(set) var writes: Int
  /// The records in memory, and the page caches of all connections to the database.
  package private(set) var caches: Int
  /// Long reads and streams that have begun or wait.
  package private(set) var reads: Int
  /// State of calls and watches, and the events that watches share.
  package private(set) var calls: Int
  /// Buffers and state of connections.
  package private(set) var connections: Int
  /// The program with nothing to do, the batch that the writer works on, and the request that each
  /// I/O thread checks.
  package private(set) var base: Int

  /// Space that the allocator cannot use, as a share of all parts.
  private static let slackDivisor = 8

  /// Computes the parts.
  package init(_ settings: Settings) {
    let (limits, store, watches) = (settings.limits, settings.store, settings.watches)
    let threads = max(1, settings.threads)
    // A buffer that grows is twice as large as its contents, and so is an answer that NIO copies.
    answers = 2 * (limits.totalOutboundBytes + threads * limits.responseBytes)
    requests = 2 * max(limits.totalInboundBytes, limits.requestBytes)
    writes = store.writeQueueBytes
    let (streams, longReads) = (store.streamPlaces, store.readPlaces)
    caches =
      store.recordCacheBytes + store.writerCacheBytes + threads * store.readerCacheBytes
      + (streams + longReads) * store.scanCacheBytes
    reads =
      (streams + longReads) * Self.longReadBytes + 2 * longReads * limits.responseBytes
      + (store.scanQueueCount + store.readQueueCount) * Self.callBytes
    calls =
      (limits.callsInFlight + watches.maxWatches) * Self.callBytes
      + threads * 2 * (watches.feedBytes + watches.pageBytes)
    connections =
      (limits.connections + settings.spareConnections)
      * (Self.connectionBytes + (settings.encrypts ? Self.encryptionBytes : 0))
    base = (64 << 20) + threads * Self.checkFactor * limits.requestBytes
  }

  /// Memory of one connection: a receive buffer, input that waits for its turn, the output's two
  /// buffers, and state.
  private static let connectionBytes = (64 + 128 + 64 + 64 + 16) << 10
  /// Memory of TLS on a connection: the buffer of decrypted input, which grows from 32 KiB to the
  /// next power of two above what one read of the socket and the rest of a record decrypt to; that
  /// of encrypted output, which takes a piece of 60 KiB with its overhead; a record of 16 KiB that
  /// has not come whole, and the state of BoringSSL. `dev/tls-bench --only memory` measures it.
  private static let encryptionBytes = (128 + 64 + 48) << 10
  /// Memory that a request takes while it is checked, as a multiple of its length: sixteen times in
  /// the decoder's arena, and its values.
  private static let checkFactor = 32
  /// Memory of a call in flight: its state, context and closures.
  private static let callBytes = 2 << 10
  /// Memory of a stream or long read that has begun: the stack of its thread, and its sorting.
  private static let longReadBytes = 1 << 20

  /// The sum of all parts.
  fileprivate var sum: Int {
    answers + requests + writes + caches + reads + calls + connections + base
  }

  /// The sum of all parts and of the allocator's slack.
  package var total: Int { sum + sum / Self.slackDivisor }

  /// The sum without slack that a total allows.
  fileprivate static func sum(within total: Int) -> Int {
    total / (slackDivisor + 1) * slackDivisor
  }

  /// A line for the operator, in MiB.
  package var description: String {
    func mib(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
    return """
      memory for clients: at most \(mib(total)) MiB (answers \(mib(answers)), requests \
      \(mib(requests)), writes \(mib(writes)), caches \(mib(caches)), long reads \(mib(reads)), \
      calls and watches \(mib(calls)), connections \(mib(connections)), base \(mib(base)), \
      allocator \(mib(total - sum)))
      """
  }
}

extension MemoryBound {
  /// The settings of a server from which the bound follows.
  package struct Settings: Sendable {
    package var limits: Limits
    package var store: StoreLimits
    package var watches: WatchSettings
    /// The number of I/O threads.
    package var threads: Int
    /// Connections beyond `Limits.connections` that are kept for a moment.
    package var spareConnections: Int
    /// True if listeners speak TLS.
    package var encrypts: Bool

    package init(
      limits: Limits = Limits(),
      store: StoreLimits = StoreLimits(),
      watches: WatchSettings = WatchSettings(),
      threads: Int = 1,
      spareConnections: Int = 64,
      encrypts: Bool = false
    ) {
      self.limits = limits
      self.store = store
      self.watches = watches
      self.threads = threads
      self.spareConnections = spareConnections
      self.encrypts = encrypts
    }
  }

  /// A limit that follows the total, unless the operator has set it.
  package enum Scaled: CaseIterable, Sendable {
    case answers
    case requests
    case writes
    case cache
    /// The records in memory. They get a quarter of the total, up to 1 GiB, if the other limits
    /// leave as much; the others share the rest.
    case records
  }

  /// A total that is less than the other limits need.
  package struct TooSmall: Error, Equatable {
    /// The least total, in bytes.
    package let minimum: Int

    package init(minimum: Int) { self.minimum = minimum }
  }
}

extension MemoryBound.Settings {
  /// Scales the limits that are not `set`, so that ``MemoryBound/total`` is at most `total` bytes
  /// and not much less.
  package func scaled(
    to total: Int,
    set: Set<MemoryBound.Scaled>
  ) throws(MemoryBound.TooSmall) -> MemoryBound.Settings {
    let free = MemoryBound.Scaled.allCases.filter { !set.contains($0) && $0 != .records }
    var least = self
    if !set.contains(.records) { least.store.recordCacheBytes = 0 }
    for part in free { least[part] = min(self[part], leastValue(of: part)) }
    let leastBound = MemoryBound(least)
    let minimum = leastBound.total
    guard minimum <= total else { throw MemoryBound.TooSmall(minimum: minimum) }
    var room = MemoryBound.sum(within: total) - leastBound.sum
    if !set.contains(.records) {
      let records = max(0, min(total / 4, 1 << 30, room / 2)) & ~0xF_FFFF
      least.store.recordCacheBytes = records
      room -= records
    }
    let span = free.reduce(0) { $0 + Self.weight(of: $1) * (self[$1] - least[$1]) }
    guard span > 0 else { return least }
    let factor = Double(max(0, room)) / Double(span)
    var scaled = least
    for part in free {
      scaled[part] += Int(factor * Double(self[part] - least[part])) & ~0xFFF
    }
    return scaled
  }

  private subscript(part: MemoryBound.Scaled) -> Int {
    get {
      switch part {
      case .answers: limits.totalOutboundBytes
      case .requests: limits.totalInboundBytes
      case .writes: store.writeQueueBytes
      case .cache: store.writerCacheBytes
      case .records: store.recordCacheBytes
      }
    }
    set {
      switch part {
      case .answers: limits.totalOutboundBytes = newValue
      case .requests: limits.totalInboundBytes = newValue
      case .writes: store.writeQueueBytes = newValue
      case .cache: store.writerCacheBytes = newValue
      case .records: store.recordCacheBytes = newValue
      }
    }
  }

  /// The value below which a server would refuse ordinary work: some of the largest answers and
  /// requests, and one of the largest batches.
  private func leastValue(of part: MemoryBound.Scaled) -> Int {
    switch part {
    case .answers: 2 * limits.outboundBytes
    case .requests: 2 * limits.requestBytes
    case .writes: 8 * limits.requestBytes
    case .cache: 4 << 20
    case .records: 0
    }
  }

  /// The bytes that the sum grows by for each byte of a limit.
  private static func weight(of part: MemoryBound.Scaled) -> Int {
    switch part {
    case .answers, .requests: 2
    case .writes, .cache, .records: 1
    }
  }
}
