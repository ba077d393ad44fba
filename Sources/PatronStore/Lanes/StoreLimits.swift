/// Every limit of the store. Lengths of queues bound memory, bytes of the log bound the disk.
public struct StoreLimits: Sendable, Equatable {
  /// Writes that may wait for the writer.
  public var writeQueueCount = 8192
  /// Bytes of requests that may wait for the writer.
  public var writeQueueBytes = 64 << 20
  /// Writes that one transaction takes at most.
  public var writeBatchCount = 512
  /// Threads, and with it scans that run at the same time.
  public var scanThreads = 2
  /// Scans that may wait for a thread.
  public var scanQueueCount = 256
  /// How long a scan may hold its snapshot.
  public var scanAgeMax = Duration.seconds(300)
  /// How long a scan waits for a client that takes no messages.
  public var scanStallMax = Duration.seconds(30)
  /// Steps of SQLite's virtual machine, to the thousand, that a read on an I/O thread may take. The
  /// budget begins anew with each read.
  public var pointBudgetSteps = 50_000
  /// Pages written to the log since the last checkpoint that start the next one.
  public var checkpointEveryPages = 4000
  /// Bytes of the write-ahead log that it stays under. A quarter before it, or 4 MiB or half of a
  /// small mark, the oldest scans are ended so that it can be reset.
  public var logBytesMark = 64 << 20
  /// Bytes of the write-ahead log from which on writes are refused, because something that is not a
  /// scan of this process keeps it from being reset.
  public var logBytesHard = 128 << 20
  /// How long the writer waits for readers before it ends a scan to reset the log.
  public var checkpointWait = Duration.milliseconds(50)
  /// How long statements wait for a lock of another process.
  public var busyTimeout = Duration.seconds(5)
  /// Bytes of the database that read-only connections map; 0 maps nothing. A mapped read is a third
  /// cheaper, but a failing disk ends the process instead of the call. The default is the most that
  /// Debian's SQLite is built for; what lies beyond is read by system calls.
  public var readerMapBytes = 0x7FFF_0000
  /// Bytes of page cache of each read-only connection.
  public var readerCacheBytes = 2 << 20
  /// Bytes of page cache of the writer.
  public var writerCacheBytes = 64 << 20

  /// The defaults.
  public init() {}
}

extension Duration {
  /// Whole milliseconds, within 32 bits.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    return Int32(max(0, min(milliseconds, Double(Int32.max))))
  }
}
