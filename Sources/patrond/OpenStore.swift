import PatronService
import PatronStore

extension Store {
  /// Opens a data directory as every command does: with the schema and the records of this version.
  static func opened(_ options: StoreOptions) throws -> Store {
    let store: Store
    do {
      store = try Store(options)
    } catch {
      throw Failure(description: "\(error)")
    }
    do {
      try TermsRebuild.run(store) { done in
        if done % 100_000 == 0 { report("bringing \(done) customers to this version") }
      }
      var rewritten = 0
      try PhoneRewrite.run(store) { rewritten = $0 }
      if rewritten > 0 { report("brought \(rewritten) phone numbers into their one form") }
      try ExpiredMerges.run(store)
      try PendingErasures.run(store, report: report)
    } catch {
      store.close()
      throw Failure(description: "\(error)")
    }
    return store
  }
}
