internal import SQLite

/// What one writer knows of the search index: whose entries it has, and what is left to be done.
final class SearchIndex {
  /// Whose entries the index has.
  enum Extent: Equatable {
    /// Only the database knows.
    case unknown
    /// Everybody's.
    case whole
    /// It is being made again, and has those of customers up to this one.
    case upTo(store: String, id: Int64)
    /// It is to be made again; what it holds is not used.
    case nobody
    /// Making it again failed. It is tried at the next start; searches read every record.
    case abandoned
  }

  /// Pages up to which an index is brought together at once, with an erasure.
  private static let smallPages: Int64 = 64
  /// Pages that an erasure may write to go on with a larger one.
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
  /// Customers that were indexed by a rebuild since the index was marked or the process began.
  var rebuiltCount = 0
  /// Entries were taken out for good: they are to be brought together with what takes them back.
  var hasErased = false
  /// The index comes near a limit of SQLite.
  private(set) var isGrown = false

  /// A database of before the table that keeps track of rebuilds has a whole index, or none.
  init(_ connection: Connection) {
    isTracked = (try? SearchRebuild.isTracked(connection)) ?? false
    extent = isTracked ? .unknown : .whole
  }

  private let isTracked: Bool

  /// True when the index has, or is to have, the entries of a customer now.
  func covers(_ store: String, _ id: Int64, in read: ReadTransaction) throws -> Bool {
    switch try known(in: read) {
    case .whole: return true
    case .upTo(let lastStore, let lastID):
      if store == lastStore { return id <= lastID }
      // As SQLite compares text.
      return store.utf8.lexicographicallyPrecedes(lastStore.utf8)
    case .nobody, .abandoned, .unknown: return false
    }
  }

  /// How far the index reaches.
  func known(in read: ReadTransaction) throws -> Extent {
    if extent == .unknown {
      let found: Extent? = try read.first(Self.progress) { row in
        row.bool(0) ? .upTo(store: row.text(1), id: row.int64(2)) : .nobody
      }
      extent = found ?? .whole
    }
    return extent
  }

  /// Entries are written to it, so that a statement or a commit may fail because of it.
  var isInUse: Bool {
    switch extent {
    case .whole, .upTo: true
    case .unknown, .nobody, .abandoned: false
    }
  }

  /// Notes how far a rebuild came in the open transaction.
  func move(to extent: Extent) { self.extent = extent }

  /// Notes that the index was marked to be made again.
  func noteMark() {
    extent = .nobody
    rebuiltCount = 0
    isGrown = false
  }

  /// Stops trying until the next start.
  func abandon() { extent = .abandoned }

  /// Forgets what a transaction that was rolled back brought.
  func forget() {
    hasErased = false
    if isTracked, extent != .abandoned { extent = .unknown }
  }

  /// Just before the commit of an erasure: brings the entries that were taken out together with
  /// what takes them back, so that both go. A small index is done at once. Of a large one some
  /// pages are done with each erasure, until all are; then the next round begins. The count of
  /// levels, which only grows, is looked at by the way.
  func mergeErased(_ connection: Connection) throws {
    guard hasErased else { return }
    hasErased = false
    guard isInUse else { return }
    // A savepoint makes FTS5 write what it has of the transaction: a merge does not see it else.
    try connection.run(Self.mark)
    try connection.run(Self.unmark)
    guard let shape = try Self.structure(connection), shape.segments.count > 1 else { return }
    let isSmall = shape.pageCount <= Self.smallPages
    // Below zero: all segments, from the beginning. Above: what was begun, then what is due.
    let pages =
      isSmall ? -Self.smallPages : shape.isMergingOldest ? Self.stepPages : -Self.stepPages
    try connection.run(Self.merge, pages)
    isGrown = shape.isGrown
  }

  /// The shape of the index; nil when its record cannot be read.
  static func structure(_ connection: Connection) throws -> SearchStructure? {
    let found = try connection.first(structure, SearchStructure.recordID) {
      SearchStructure($0.bytes(0))
    }
    return found ?? nil
  }
}
