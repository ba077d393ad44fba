import PatronCore
import PatronStore

extension Store {
  /// Opens a data directory as every command does: with the schema and the records of this version.
  static func opened(_ options: StoreOptions) throws -> Store {
    var options = options
    options.onNotice = report
    let store: Store
    do {
      store = try Store(options)
    } catch {
      throw Failure(description: "\(error)")
    }
    if let warning = store.directory.warning { report("warning: \(warning)") }
    do {
      try TermsRebuild.run(store) { done in
        if done % 100_000 == 0 { report("bringing \(done) customers to this version") }
      }
      if options.mendsSearch { try mendSearch(store) }
      try OrderRebuild.run(store, at: nil) { done in
        if done % 100_000 == 0 { report("counting the orders of \(done) customers anew") }
      }
      var rewritten = 0
      try PhoneRewrite.run(store) { rewritten = $0 }
      if rewritten > 0 { report("brought \(rewritten) phone numbers into their one form") }
      try ExpiredMerges.run(store)
      try ExpiredAnswers.run(store)
      try PendingErasures.run(store, report: report)
    } catch {
      store.close()
      throw Failure(description: "\(error)")
    }
    return store
  }

  /// Makes a damaged search index again before anybody is served.
  private static func mendSearch(_ store: Store) throws {
    var progress: SearchProgress?
    try SearchMending.run(store) { done in
      // All customers are counted once, and only when there is something to do.
      if progress == nil { progress = SearchProgress(total: try store.counts().customers) }
      progress?.report(done)
    }
  }
}

/// Tells how far the search index is, every some seconds' worth of it.
struct SearchProgress {
  private static let interval = 20_000
  private let total: Int
  private var told = 0

  init(total: Int) { self.total = total }

  mutating func report(_ done: Int) {
    guard done - told >= Self.interval || (done == total && done > told) else { return }
    told = done
    patrond.report("search index: \(done) of \(CountText.of(total, "customer"))")
  }
}
