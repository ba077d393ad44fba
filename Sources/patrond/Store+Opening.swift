import Logging
import PatronCore
import PatronStore

extension Store {
  /// Opens a data directory for any command: migrates the schema and the records to this version,
  /// and completes interrupted work, about which it tells the operator. `clock` decides what has
  /// expired.
  ///
  /// - Throws: ``StoreOpenError``, or ``Failure`` if the work cannot be completed.
  static func opened(
    _ options: StoreOptions,
    clock: WallClock = .system,
    telling told: OpeningNews = .terminal
  ) throws -> Store {
    var options = options
    options.onNotice = told.notice
    let report = told.progress
    let store = try Store(options)
    if let warning = store.directory.warning { told.warning(warning) }
    do {
      try TermsRebuild.run(store) { done in
        if done % 100_000 == 0 { report("upgraded \(done) customers to this version") }
      }
      if options.mendsSearch { try mendSearch(store, report) }
      try OrderRebuild.run(store, clock: clock) { done in
        if done % 100_000 == 0 { report("recounted the orders of \(done) customers") }
      }
      var rewritten = 0
      try PhoneRewrite.run(store, clock: clock) { rewritten = $0 }
      if rewritten > 0 { report("normalised \(rewritten) phone numbers") }
      try ExpiredMerges.run(store, clock: clock)
      try ExpiredAnswers.run(store, clock: clock)
      try PendingDeletions.run(store, report: report)
      try PendingErasures.run(store, report: report)
    } catch {
      store.close()
      throw Failure(description: "\(error)")
    }
    return store
  }

  /// Rebuilds a damaged search index before the server accepts calls.
  private static func mendSearch(
    _ store: Store,
    _ report: @escaping @Sendable (String) -> Void
  ) throws {
    var progress: SearchProgress?
    try SearchMending.run(store) { done in
      // Customers are counted once, and only if there is something to rebuild.
      if progress == nil {
        progress = SearchProgress(total: try store.counts().customers, report)
      }
      progress?.report(done)
    }
  }
}

/// The progress of a rebuild of the search index, reported every 20,000 customers.
struct SearchProgress {
  private static let interval = 20_000
  private let total: Int
  private let report: @Sendable (String) -> Void
  private var told = 0

  init(total: Int, _ report: @escaping @Sendable (String) -> Void = patrond.report) {
    self.total = total
    self.report = report
  }

  mutating func report(_ done: Int) {
    guard done - told >= Self.interval || (done == total && done > told) else { return }
    told = done
    report("search index: \(done) of \(CountText.of(total, "customer"))")
  }
}

/// The ways to tell the operator about the opening of a database.
struct OpeningNews: Sendable {
  /// Steps of long work.
  let progress: @Sendable (String) -> Void
  /// Events of the store, also of the open one; see ``StoreOptions/onNotice``.
  let notice: @Sendable (String) -> Void
  let warning: @Sendable (String) -> Void

  /// Lines on the standard error of a command.
  static let terminal = OpeningNews(
    progress: report,
    notice: report,
    warning: { report("warning: \($0)") }
  )

  /// Lines of a server's log.
  static func log(_ log: Logger) -> OpeningNews {
    OpeningNews(
      progress: { log.info("\($0)") },
      notice: { log.warning("\($0)") },
      warning: { log.warning("\($0)") }
    )
  }
}
