/// Every limit of the store. Lengths of queues bound memory, bytes of the log bound the disk.
package struct StoreLimits: Sendable, Equatable {
  /// Writes that may wait for the writer.
  package var writeQueueCount = 8192
  /// Bytes of requests that may wait for the writer.
  package var writeQueueBytes = 64 << 20
  /// Writes that one transaction takes at most.
  package var writeBatchCount = 512
  /// Threads, and with it scans that run at the same time.
  package var scanThreads = 2
  /// Scans that may wait for a thread.
  package var scanQueueCount = 256
  /// How long a scan may hold its snapshot.
  package var scanAgeMax = Duration.seconds(300)
  /// How long a scan waits for a client that takes no messages.
  package var scanStallMax = Duration.seconds(30)
  /// Steps of SQLite's virtual machine, to the thousand, that a read on an I/O thread may take. The
  /// budget begins anew with each read.
  package var pointBudgetSteps = 50_000
  /// Pages written to the log since the last checkpoint that start the next one.
  package var checkpointEveryPages = 4000
  /// Bytes of the write-ahead log that it stays under. A quarter before it, or 4 MiB or half of a
  /// small mark, the oldest scans are ended so that it can be reset.
  package var logBytesMark = 64 << 20
  /// Bytes of the write-ahead log from which on writes are refused, because something that is not a
  /// scan of this process keeps it from being reset.
  package var logBytesHard = 128 << 20
  /// How long the writer waits for readers before it ends a scan to reset the log.
  package var checkpointWait = Duration.milliseconds(50)
  /// How long statements wait for a lock of another process.
  package var busyTimeout = Duration.seconds(5)
  /// Bytes of the database that read-only connections map; 0 maps nothing. A mapped read is a third
  /// cheaper, but a failing disk ends the process instead of the call. The default is the most that
  /// Debian's SQLite is built for; what lies beyond is read by system calls.
  package var readerMapBytes = 0x7FFF_0000
  /// Bytes of page cache of each read-only connection.
  package var readerCacheBytes = 2 << 20
  /// Bytes of page cache of the writer.
  package var writerCacheBytes = 64 << 20

  /// The defaults.
  package init() {}
}

extension Duration {
  /// Whole milliseconds, within 32 bits.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return Int32(max(0, min(milliseconds, Double(Int32.max))))
  }
}
