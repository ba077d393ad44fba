internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The write lane: one thread that owns the only read-write connection and does every write and
/// every checkpoint.
///
/// Writes are committed in groups without a timer: all that was queued during the last sync becomes
/// the next transaction. Replies leave after COMMIT returned.
package final class WriteLane: Sendable {
  private let queue: WriteQueue
  private let thread: LaneThread
  private let summary: Monitor<CloseSummary?>

  /// What the writer did last.
  struct CloseSummary: Sendable {
    /// Pages that the last checkpoint had to leave in the write-ahead log.
    let logPagesLeft: Int
  }

  /// Starts the thread, which opens its connection with `open` and then works. Returns when the
  /// connection is open. The thread keeps `directory`, and with it the lock, until it has closed
  /// the connection.
  init(
    _ settings: WriterSettings,
    _ directory: DataDirectory,
    open: @escaping @Sendable () throws(StoreOpenError) -> Connection
  ) throws(StoreOpenError) {
    let queue = WriteQueue(
      countMax: settings.limits.writeQueueCount,
      bytesMax: settings.limits.writeQueueBytes
    )
    let opened = Monitor<Result<Void, StoreOpenError>?>(nil)
    let summary = Monitor<CloseSummary?>(nil)
    self.queue = queue
    self.summary = summary
    self.thread = LaneThread(name: "patron-writer") {
      let writer: Writer
      do throws(StoreOpenError) {
        writer = Writer(try open(), settings, queue)
      } catch {
        opened.update { $0 = .failure(error) }
        return
      }
      let claim = WriterClaim(path: directory.databasePath)
      opened.update { $0 = .success(()) }
      writer.work()
      let left = writer.finish()
      _ = consume claim
      summary.update { $0 = CloseSummary(logPagesLeft: left) }
    }
    if let result = opened.wait({ $0 }) { try result.get() }
  }

  /// Queues a job; its sink gets the answer. Throws ``StoreError/queueFull(retryAfter:)`` when the
  /// queue is full, ``StoreError/closing`` or ``StoreError/failStop`` when no more are taken; the
  /// sink hears nothing then.
  package func submit(_ job: WriteJob) throws(StoreError) { try queue.submit(job) }

  /// Drops the job with this token if it waits: its caller is gone. The sink hears of it as
  /// ``StoreError/cancelled``. Jobs that run or go on with what is on disk are not touched.
  package func abandon(_ token: ReplyToken) { queue.abandon(token) }

  /// Jobs that wait for the writer at this moment.
  package var queuedCount: Int { queue.count }

  /// Refuses new jobs, finishes those that are queued, checkpoints and closes the connection.
  /// Returns the pages that stay in the write-ahead log: 0, unless a reader is still open.
  @discardableResult
  func close() -> Int {
    stop()
    thread.join()
    return summary.withLock { $0?.logPagesLeft ?? 0 }
  }

  /// As ``close()``, without waiting.
  func stop() { queue.close(.closing) }
}

/// What a writer is told when it starts.
struct WriterSettings: Sendable {
  var limits: StoreLimits
  /// False: each job gets a transaction of its own.
  var groupCommit: Bool
  var commits: CommitCounter
  var snapshots: SnapshotRegistry
  /// Told of every commit that changed records, on the writer's thread, before replies leave.
  var commitObserver: (@Sendable ([RecordChange]) -> Void)?
  /// A search index that fails is made again while writes go on.
  var mendsSearch = true
  /// Told what whoever runs the server should know, without personal data.
  var onNotice: (@Sendable (String) -> Void)?
  /// Called once when the disk failed under the writer.
  var onFailStop: @Sendable (String) -> Void
}

/// The default for a failed disk: one line on stderr, then the end of the process. Going on would
/// mean to acknowledge writes that may not be on disk.
@Sendable
func stopProcess(_ reason: String) {
  let line = "patrond: the disk failed, stopping at once: \(reason)\n"
  _ = line.withCString { write(2, $0, strlen($0)) }
  _exit(74)
}
