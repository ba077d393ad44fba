package import PatronStore
package import TTRPC

/// The state of a server at one moment, for its operator: without data of customers, and without
/// names of stores.
package struct ServerStatus: Sendable {
  /// The phase in the life of the server.
  package enum Phase: String, Sendable {
    /// The database is being opened, and its schema brought up to date.
    case starting
    case serving
    /// No new calls are accepted.
    case draining
  }

  package var phase: Phase
  /// The version of the server.
  package var version: String
  /// The version of the SQLite library.
  package var sqliteVersion: String
  /// The time since the process started.
  package var uptime: Duration
  /// The addresses on which clients are served.
  package var addresses: [String] = []
  /// The state of the database; nil until it is open.
  package var database: Database?
  /// The state of connections and calls; nil until the server listens.
  package var clients: Clients?

  /// The state of the database.
  package struct Database: Sendable {
    package var schemaVersion: Int
    /// Bytes of the database's file, and of its pages that are free.
    package var bytes: Int
    package var freeBytes: Int
    /// Bytes of the write-ahead log that hold pages.
    package var logBytes: Int
    /// Bytes that are free on the disk; nil if unknown.
    package var freeDiskBytes: Int?
    /// True if only deletions are accepted.
    package var isDiskFull: Bool
    /// The reason why the writer has stopped for good; nil while it works.
    package var failure: String?
    package var queue: WriteLane.Load
    package var streams: ScanLane.Phases
    package var reads: ScanLane.Phases
    package var oldestSnapshot: Duration
    /// The measurements of the records in memory.
    package var cache: RecordCache.Measurements

    /// Reads the state of an open database. Two system calls, and short locks.
    package init(_ store: Store) {
      let measured = store.meter.current
      schemaVersion = store.schemaVersion
      bytes = store.databaseBytes
      freeBytes = measured.freeBytes
      logBytes = measured.logBytes
      freeDiskBytes = store.freeDiskBytes
      isDiskFull = measured.isDiskFull
      failure = measured.failure
      queue = store.writer.load
      streams = store.scans.phases
      reads = store.reads.phases
      oldestSnapshot = store.oldestSnapshotAge
      cache = store.records?.measurements ?? RecordCache.Measurements()
    }
  }

  /// The state of connections and calls.
  package struct Clients: Sendable {
    package var connections: Int
    package var callsInFlight: Int
    /// Bytes of answers that clients have not taken.
    package var unreadAnswerBytes: Int
    /// Bytes of large requests that are reserved.
    package var requestBytes: Int
    package var watches: Int
    /// The limits in force.
    package var limits: Limits

    package init(
      connections: Int,
      callsInFlight: Int,
      unreadAnswerBytes: Int,
      requestBytes: Int,
      watches: Int,
      limits: Limits
    ) {
      self.connections = connections
      self.callsInFlight = callsInFlight
      self.unreadAnswerBytes = unreadAnswerBytes
      self.requestBytes = requestBytes
      self.watches = watches
      self.limits = limits
    }
  }

  package init(phase: Phase, version: String, sqliteVersion: String, uptime: Duration) {
    self.phase = phase
    self.version = version
    self.sqliteVersion = sqliteVersion
    self.uptime = uptime
  }

  /// Free space below which the disk counts as full, in bytes: that of one large batch.
  private static let leastFreeDisk = 16 << 20

  /// The reasons why a load balancer should send no calls, in words; empty if it should.
  package var unreadiness: [String] {
    var reasons: [String] = []
    switch phase {
    case .starting: reasons.append("starting: the database is being opened")
    case .draining: reasons.append("draining: the server finishes its calls and stops")
    case .serving: break
    }
    guard let database else { return reasons }
    if database.failure != nil {
      reasons.append("writer failed: writes are not accepted until the server is started again")
    }
    if database.isDiskFull {
      reasons.append("disk full: only deletions are accepted; make room on the disk")
    } else if let free = database.freeDiskBytes, free < Self.leastFreeDisk {
      reasons.append("disk full: \(free) bytes are free; make room on the disk")
    }
    return reasons
  }
}
