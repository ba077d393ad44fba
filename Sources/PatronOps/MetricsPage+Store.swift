import PatronServer
import PatronStore

// Measurements of the threads of the database.
extension MetricsPage {
  mutating func addDatabase(_ database: ServerStatus.Database, _ measured: StoreMeasurements) {
    addWriter(database, measured)
    addCache(database.cache)
    text.gauge("patron_log_bytes", "Pages in the write-ahead log.", database.logBytes)
    text.gauge("patron_database_bytes", "Size of the database's file.", database.bytes)
    text.gauge("patron_database_free_bytes", "Free pages in it.", database.freeBytes)
    if let free = database.freeDiskBytes {
      text.gauge("patron_disk_free_bytes", "Free space of the disk of the database.", free)
    }
    text.gauge("patron_disk_full", "1 if only deletions are accepted.", database.isDiskFull)
    text.gauge(
      "patron_writer_failed",
      "1 if writes are not accepted until a restart.",
      database.failure != nil
    )
    addScans(database, measured)
  }

  mutating func addBackups(_ backups: Backups) {
    text.gauge("patron_backup_running", "1 while a backup runs.", backups.isRunning)
    guard let last = backups.last else { return }
    text.gauge(
      "patron_backup_last_success_timestamp_seconds",
      "End of the last backup since the start of the process, since 1970.",
      last.finishedAt / 1_000_000
    )
  }

  private mutating func addCache(_ cache: RecordCache.Measurements) {
    text.counter("patron_cache_hits_total", "Reads of customers from memory.", cache.hits)
    text.counter("patron_cache_misses_total", "Reads that went to the database.", cache.misses)
    text.counter("patron_cache_evictions_total", "Records that made room.", cache.evictions)
    text.gauge("patron_cache_bytes", "Memory of the records.", cache.bytes)
  }

  private mutating func addWriter(
    _ database: ServerStatus.Database,
    _ measured: StoreMeasurements
  ) {
    let queue = database.queue
    text.gauge("patron_write_queue_jobs", "Writes that wait for the writer.", queue.jobs)
    text.gauge("patron_write_queue_bytes", "Memory of waiting writes.", queue.bytes)
    text.gauge(
      "patron_write_queue_seconds",
      "Expected time until all waiting writes are committed.",
      queue.wait.inSeconds
    )
    add("patron_commit_seconds", "Time of a batch of writes, commit included.", measured.commits)
    add("patron_commit_jobs", "Writes in a batch.", measured.commitJobs)
    add("patron_fsync_seconds", "Time of a commit: writing and syncing the log.", measured.syncs)
    add("patron_checkpoint_seconds", "Time of a checkpoint of the log.", measured.checkpoints)
    let name = "patron_lane_wait_seconds"
    text.begin(name, .histogram, "Time that calls waited in the queue of a lane.")
    for lane in QueuedLane.allCases {
      let waits = measured.waits[lane] ?? Distribution(Distribution.seconds)
      text.add(
        name,
        ["lane": lane.rawValue],
        bounds: waits.bounds,
        counts: waits.counts,
        sum: waits.sum
      )
    }
  }

  private mutating func addScans(
    _ database: ServerStatus.Database,
    _ measured: StoreMeasurements
  ) {
    text.begin("patron_scans", .gauge, "Streams (scan) and long reads (read) by their state.")
    for (lane, phases) in [("scan", database.streams), ("read", database.reads)] {
      let states = [
        ("queued", phases.queued), ("running", phases.running), ("parked", phases.parked),
        ("yielding", phases.yielding),
      ]
      for (state, count) in states {
        text.add("patron_scans", ["lane": lane, "state": state], count)
      }
    }
    let name = "patron_scans_ended_total"
    text.begin(name, .counter, "Streams and long reads that have ended, by the reason.")
    for reason in StoreMeter.scanReasons {
      text.add(name, ["reason": reason], measured.scansEnded[reason] ?? 0)
    }
    text.gauge(
      "patron_snapshots_oldest_seconds",
      "Age of the oldest snapshot of a stream or long read.",
      database.oldestSnapshot.inSeconds
    )
  }

  private mutating func add(_ name: String, _ help: String, _ values: Distribution) {
    text.begin(name, .histogram, help)
    text.add(name, bounds: values.bounds, counts: values.counts, sum: values.sum)
  }
}
