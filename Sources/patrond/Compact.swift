import ArgumentParser
import Foundation
import PatronCore
import PatronStore

/// Rewrites the database of a data directory that no server uses.
struct Compact: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rewrite the database: give free space back, leave nothing of what was erased.",
    discussion: """
      SQLite keeps the file at its greatest size, and after an erasure an unused part of a page or \
      of the search index may still hold a copy of a row, which no query reaches but who reads the \
      raw file can. The search index is made again from the records, and checked at the end. The \
      server must not be running. It needs free disk of about twice the size of \
      the database, half of it where SQLite keeps temporary files: SQLITE_TMPDIR, else /var/tmp. \
      Stopped in the middle, it leaves the database as it was.
      """
  )

  @OptionGroup var data: DataOptions

  func run() throws {
    try data.requireDatabase(for: "compact")
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // It is made again in any case.
    options.mendsSearch = false
    // Erasures that were stopped in the middle are finished first.
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
