import ArgumentParser
import Foundation
import PatronCore
import PatronStore

struct Compact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rewrite the database: free unused space and remove all traces of erased data.",
    discussion: """
      SQLite never shrinks the file, and after an erasure an unused part of a page or of the \
      search index may still hold a copy of a row. No query reaches it, but it can be read from \
      the raw file. The command rebuilds the search index from the records, and checks the \
      database at the end. The server must not be running. It requires free disk space of about \
      twice the size of the database, half of it in SQLite's temporary directory: SQLITE_TMPDIR, \
      or /var/tmp. If it is interrupted, the database stays as it was.
      """
  )

  @OptionGroup var data: DataOptions

  func run() throws {
    try data.requireDatabase(for: "compact")
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // The search index is rebuilt in any case.
    options.mendsSearch = false
    // Opening the store also completes interrupted erasures.
    let store = try Store.opened(options)
    var progress = SearchProgress(total: try store.counts().customers)
    store.close()
    do {
      let (before, after) = try Store.compact(options) { progress.report($0) }
      print("ok: \(Self.mebibytes(before)) before, \(Self.mebibytes(after)) after")
    } catch {
      throw Failure(description: "\(error)")
    }
  }

  private static func mebibytes(_ bytes: Int64) -> String {
    let tenths = (bytes * 10 + (1 << 19)) >> 20
    return "\(tenths / 10).\(tenths % 10) MiB"
  }
}
