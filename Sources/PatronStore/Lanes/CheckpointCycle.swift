/// The progress of checkpoints of the write-ahead log, in its pages, and the choice of the next
/// step.
///
/// A whole checkpoint copies all pages and syncs the database file, for which the writer would stop
/// for as long as that takes. So pages are copied in slices behind a ``LogPin``, and the file is
/// synced on another thread, again and again until little is left. Then a whole checkpoint is
/// short, and SQLite uses the log from its beginning again.
struct CheckpointCycle {
  /// The next work on the log.
  enum Step: Equatable {
    case none
    /// Copy what the pin sees, then move the pin.
    case slice
    /// Begin to sync what was copied.
    case sync
    /// Copy and sync everything.
    case whole
  }

  /// Pages after which a slice is due.
  static let slicePages = 400
  /// Pages that were not synced up to which a checkpoint is taken as a whole.
  static let restPages = 2 * slicePages
  /// Pages that were copied and not synced from which a sync is due: few, so that the disk is busy
  /// for a short time and commits, which it also serves, do not wait.
  static let syncPages = 4 * slicePages
  /// Syncs in vain before a whole checkpoint that is due. More are no use: the writer fills the log
  /// as fast.
  static let maxSyncs = 8

  /// Pages since the last whole checkpoint from which the next is due.
  let wholeEveryPages: Int
  /// Pages of the log at the last attempt at a whole checkpoint.
  private var wholeAt = 0
  /// Pages of the log at the last slice.
  private var sliceAt = 0
  /// Pages that are in the database file.
  private var copied = 0
  /// Pages of these that are on disk.
  private var synced = 0
  /// Pages that the sync which runs brings to the disk; nil if none runs.
  private var syncing: Int?
  /// Syncs that ended since a whole checkpoint became due.
  private var syncs = 0

  init(wholeEveryPages: Int) { self.wholeEveryPages = wholeEveryPages }

  /// True from the begin of a sync to its end.
  var isSyncing: Bool { syncing != nil }

  /// Returns the next step for a log of `pages`.
  func step(pages: Int) -> Step {
    let isWholeDue = pages - wholeAt >= wholeEveryPages
    if isWholeDue, pages - synced <= Self.restPages || syncs >= Self.maxSyncs { return .whole }
    if !isSyncing, isWholeDue || copied - synced >= Self.syncPages { return .sync }
    return pages - sliceAt >= Self.slicePages ? .slice : .none
  }

  /// Notes that SQLite writes the log from its beginning. A sync that runs was of the log before.
  mutating func noteRestart() {
    let isSyncing = isSyncing
    self = CheckpointCycle(wholeEveryPages: wholeEveryPages)
    if isSyncing { syncing = 0 }
  }

  /// Notes a slice of a log of `pages`. `copied` is the number of all its pages that are in the
  /// database file; nil if nothing was copied.
  mutating func noteSlice(pages: Int, copied: Int?) {
    sliceAt = pages
    if let copied { self.copied = copied }
  }

  mutating func noteSyncBegin() { syncing = copied }

  /// Notes the end of a sync, with a log of `pages`.
  mutating func noteSyncEnd(pages: Int) {
    synced = max(synced, syncing ?? 0)
    syncing = nil
    if pages - wholeAt >= wholeEveryPages { syncs += 1 }
  }

  /// Notes that no sync can begin, so that the next step is a whole checkpoint.
  mutating func noteSyncFailure() { syncs = Self.maxSyncs }

  /// Notes an attempt at a whole checkpoint of a log of `pages`, of which `copied` are in the
  /// database file now.
  mutating func noteWhole(pages: Int, copied: Int) {
    wholeAt = pages
    sliceAt = pages
    syncs = 0
    self.copied = copied
    if copied >= pages { synced = copied }
  }
}
