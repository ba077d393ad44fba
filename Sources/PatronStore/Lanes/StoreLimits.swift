internal import SQLite

/// The limits of a database. Queue lengths bound memory; WAL bytes bound disk space.
package struct StoreLimits: Sendable, Equatable {
  /// Writes that may wait for the writer. An eighth is kept for stores with fewer than eight.
  package var writeQueueCount = 8192
  /// Memory of the writes that may wait for the writer, in bytes: of what the requests became. An
  /// eighth is kept for stores with fewer than eight writes.
  package var writeQueueBytes = 64 << 20
  /// Answers that each store keeps for repeats of requests with an id; an answer counts once for
  /// each KiB of its outcome. The oldest are removed first.
  package var maxKeptAnswers = 100_000
  /// Maximum time that a write is expected to wait for the writer. A store whose own backlog takes
  /// longer is refused; others are not.
  package var writeQueueWait = Duration.seconds(1)
  /// Maximum number of writes in one transaction.
  package var writeBatchCount = 512
  /// Maximum cost of the writes in one transaction: an item costs 1. It is less while several
  /// stores write.
  package var writeBatchCost = 512
  /// Streams that run at the same time. Parked ones do not count.
  package var scanThreads = 2
  /// Streams that may wait for their clients, each with a thread, a snapshot and two open files.
  /// If one more wants to begin, the one that has waited longest ends.
  package var maxParkedScans = 32
  /// Streams of one store that have begun. Further ones wait.
  package var maxScansPerStore = 8
  /// Streams of one connection that have begun. Further ones wait.
  package var maxScansPerConnection = 4
  /// Streams that may wait to begin. One store may use half of them.
  package var scanQueueCount = 512
  /// The time for which a stream must have waited for its client before it can lose its place.
  package var scanEvictableAfter = Duration.seconds(1)
  /// Unary reads of the lane for long ones that run at the same time.
  package var readThreads = 2
  /// Unary reads that may wait to begin. One store may use half of them.
  package var readQueueCount = 1024
  /// Duration of a turn of a long read, unary or streaming, while others wait.
  package var scanTurn = Duration.milliseconds(20)
  /// The time after which a thread for long reads ends if it has no work.
  package var idleThreadAge = Duration.seconds(10)
  /// Maximum age of a scan's snapshot.
  package var scanAgeMax = Duration.seconds(300)
  /// Maximum time that a scan waits for a client that accepts no messages.
  package var scanStallMax = Duration.seconds(30)
  /// Step budget of a read on an I/O thread, in steps of SQLite's VM, to the nearest thousand. Each
  /// read has its own.
  package var pointBudgetSteps = 50_000
  /// Bytes that a read on an I/O thread may take out of rows, to the nearest 64 KiB.
  package var pointBudgetBytes = 1 << 20
  /// Processor time of a read on an I/O thread. It counts from the first 64 rows or 64 KiB on: the
  /// read of a single record is not timed.
  package var pointBudgetTime = Duration.milliseconds(1)
  /// Pages written to the WAL since the last whole checkpoint that trigger the next one. Until then
  /// they are copied in slices.
  package var checkpointEveryPages = 8000
  /// Target size of the write-ahead log, in bytes. The writer ends the oldest scans, so that the
  /// log can be reset, from a quarter below this mark on: at least 4 MiB below it, or half of a
  /// small mark.
  package var logBytesMark = 64 << 20
  /// Size of the write-ahead log, in bytes, at which writes are refused, because something other
  /// than a scan of this process keeps it from being reset.
  package var logBytesHard = 128 << 20
  /// Disk space kept for deletions, checkpoints and the start on a full disk, in bytes, in the file
  /// `patron.reserve`. 0 keeps none and removes the file, nil leaves the file as it is.
  package var diskReserveBytes: Int?
  /// Maximum time that the writer waits for readers before it ends a scan to reset the WAL.
  package var checkpointWait = Duration.milliseconds(50)
  /// Maximum time that a statement waits for another process's lock.
  package var busyTimeout = Duration.seconds(5)
  /// Bytes of the database that read-only connections map; 0 disables mapping. A mapped read is a
  /// third cheaper, but a failing disk ends the process instead of the call. The default is the
  /// maximum that Debian's SQLite is built for; bytes beyond it are read by system calls.
  package var readerMapBytes = 0x7FFF_0000
  /// Page cache of each read-only connection, in bytes.
  package var readerCacheBytes = 2 << 20
  /// Page cache of the connection of each thread for long reads, in bytes.
  package var scanCacheBytes = 512 << 10
  /// Records of customers kept in memory for the I/O loops, in bytes; less than 1 MiB keeps none.
  package var recordCacheBytes = 256 << 20
  /// Page cache of the writer, in bytes.
  package var writerCacheBytes = 64 << 20

  package init() {}

  /// Streams that may have begun, each with a thread and a page cache.
  package var streamPlaces: Int { ScanLaneLimits.scans(self).places }
  /// Long unary reads that may have begun, each with a thread and a page cache.
  package var readPlaces: Int { ScanLaneLimits.reads(self).places }

  /// The budget of a read on an I/O thread.
  var pointBudget: WorkBudget {
    WorkBudget(
      steps: pointBudgetSteps,
      bytes: pointBudgetBytes,
      nanoseconds: UInt64(max(0, min(pointBudgetTime / .nanoseconds(1), 1e18)))
    )
  }

  /// Maximum number of threads for long reads, streams and unary ones. Each has a connection.
  package var maxReadThreads: Int {
    ScanLaneLimits.scans(self).places + ScanLaneLimits.reads(self).places
  }

  /// The flag that sets ``writeQueueCount``.
  package static let writeQueueCountFlag = "--max-queued-writes"
  /// The flag that sets ``writeQueueBytes``.
  package static let writeQueueBytesFlag = "--max-queued-write-mib"
  /// The flag that sets ``writeQueueWait``.
  package static let writeQueueWaitFlag = "--max-write-wait-ms"
}

extension Duration {
  /// Whole milliseconds, clamped to 0...`Int32.max`.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return Int32(max(0, min(milliseconds, Double(Int32.max))))
  }
}
