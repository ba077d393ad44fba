internal import SQLite

/// The writer's knowledge of the search index: the customers it covers, and the pending work on it.
final class SearchIndex {
  /// The customers that the index covers.
  enum Extent: Equatable {
    /// Not read from the database yet.
    case unknown
    /// All customers.
    case whole
    /// A rebuild is under way and has indexed all customers up to and including this one.
    case upTo(store: String, id: Int64)
    /// A rebuild is due. The present entries are not used.
    case nobody
    /// A rebuild failed. The next start retries it; until then searches read every record.
    case abandoned
  }

  /// Maximum number of pages of an index that an erasure merges completely.
  private static let smallPages: Int64 = 64
  /// Pages of a larger index that one erasure may write.
  private static let stepPages: Int64 = 32

  private static let progress = Query(
    "SELECT is_cleared, after_store, after_id FROM search_rebuild"
  )
  private static let structure = Query("SELECT block FROM customer_search_data WHERE id = ?1")
  private static let merge = Query(
    "INSERT INTO customer_search (customer_search, rank) VALUES ('merge', ?1)"
  )
  private static let mark = Query("SAVEPOINT entries")
  private static let unmark = Query("RELEASE entries")

  private(set) var extent: Extent
  /// Customers indexed by a rebuild since the index was marked or the process started.
  var rebuiltCount = 0
  /// True if entries were erased for good, so that the commit must merge them with their deletions.
  var hasErased = false
  /// True if the index comes near a limit of SQLite.
  private(set) var isGrown = false

  /// Makes the state for a connection. A database older than the table of rebuilds has a whole
  /// index or none.
  init(_ connection: Connection) {
    isTracked = (try? SearchRebuild.isTracked(connection)) ?? false
    extent = isTracked ? .unknown : .whole
  }

  private let isTracked: Bool

  /// Returns true if the index has, or must have, the entries of this customer now.
  func covers(_ store: String, _ id: Int64, in read: ReadTransaction) throws -> Bool {
    switch try known(in: read) {
    case .whole: return true
    case .upTo(let lastStore, let lastID):
      if store == lastStore { return id <= lastID }
      // Compared by bytes, as SQLite compares text.
      return store.utf8.lexicographicallyPrecedes(lastStore.utf8)
    case .nobody, .abandoned, .unknown: return false
    }
  }

  /// Returns the extent of the index, read from the database if it is not known yet.
  func known(in read: ReadTransaction) throws -> Extent {
    if extent == .unknown {
      let found: Extent? = try read.first(Self.progress) { row in
        row.bool(0) ? .upTo(store: row.text(1), id: row.int64(2)) : .nobody
      }
      extent = found ?? .whole
    }
    return extent
  }

  /// True if entries are written to the index, so that a statement or commit may fail because of
  /// it.
  var isInUse: Bool {
    switch extent {
    case .whole, .upTo: true
    case .unknown, .nobody, .abandoned: false
    }
  }

  /// Notes the progress of a rebuild in the open transaction.
  func move(to extent: Extent) { self.extent = extent }

  /// Notes that the index was marked for a rebuild.
  func noteMark() {
    extent = .nobody
    rebuiltCount = 0
    isGrown = false
  }

  /// Gives up until the next start.
  func abandon() { extent = .abandoned }

  /// Discards the state of a transaction that was rolled back.
  func forget() {
    hasErased = false
    if isTracked, extent != .abandoned { extent = .unknown }
  }

  /// Merges erased entries with their deletions, so that both disappear. Runs just before the
  /// commit of an erasure. A small index is merged at once. Of a large index each erasure merges a
  /// few pages until all are done, and then the next round begins. Also checks the number of
  /// levels, which only grows.
  func mergeErased(_ connection: Connection) throws {
    guard hasErased else { return }
    hasErased = false
    guard isInUse else { return }
    // A savepoint makes FTS5 write its pending entries; a merge does not see them otherwise.
    try connection.run(Self.mark)
    try connection.run(Self.unmark)
    guard let shape = try Self.structure(connection), shape.segments.count > 1 else { return }
    let isSmall = shape.pageCount <= Self.smallPages
    // Negative: all segments, from the beginning. Positive: continue the open merge, then merge
    // what is due.
    let pages =
      isSmall ? -Self.smallPages : shape.isMergingOldest ? Self.stepPages : -Self.stepPages
    try connection.run(Self.merge, pages)
    isGrown = shape.isGrown
  }

  /// Reads the shape of the index. Returns nil if its record cannot be read.
  static func structure(_ connection: Connection) throws -> SearchStructure? {
    let found = try connection.first(structure, SearchStructure.recordID) {
      SearchStructure($0.array(0))
    }
    return found ?? nil
  }
}
