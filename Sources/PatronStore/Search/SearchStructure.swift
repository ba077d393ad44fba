/// The FTS5 record that describes the shape of the search index: levels of segments, the newest
/// level first. Format: https://sqlite.org/src/file/ext/fts5/fts5_index.c
///
/// A merge of all segments moves them to a level of their own and its result to the next one.
/// SQLite 3.40.1 never removes a level, and never again opens an index with more than 2,000 of
/// them. That is why an index is rebuilt when it ``isGrown``.
struct SearchStructure: Equatable {
  /// A group of segments of about the same age.
  struct Level: Equatable {
    /// Segments in the open merge; 0 if none is under way.
    var mergeCount: Int
    var segments: [Segment]
  }

  /// A sorted part of the index.
  struct Segment: Equatable {
    var id: Int64
    /// First page with entries; 0 if there is none.
    var firstPage: Int64
    var lastPage: Int64

    var pageCount: Int64 { firstPage == 0 ? 0 : lastPage - firstPage + 1 }
    /// The ids of the segment's pages in the table of pages.
    var pageIDs: ClosedRange<Int64> { (id << 37) + firstPage...(id << 37) + lastPage }
  }

  /// The id of the record in the table of pages.
  static let recordID: Int64 = 10
  /// Maximum number of levels: a fifth of SQLite's limit.
  static let maxLevels = 400
  /// Maximum number of segments: half of SQLite's limit. Merges normally keep it to some dozens.
  static let maxSegments = 1000

  private(set) var levels: [Level] = []

  var segments: [Segment] { levels.flatMap(\.segments) }
  var pageCount: Int64 { segments.reduce(0) { $0 + $1.pageCount } }
  /// True if the index comes near a limit of SQLite.
  var isGrown: Bool { levels.count > Self.maxLevels || segments.count > Self.maxSegments }
  /// True while the oldest segments are being merged.
  var isMergingOldest: Bool { levels.suffix(2).contains { $0.mergeCount > 0 } }

  /// Decodes a record. Fails if it is malformed.
  init?(_ record: [UInt8]) {
    var cursor = Cursor(record)
    // The first four bytes count changes of the settings; a first byte of 0xff marks a later
    // format.
    guard cursor.skip(4), record[0] != 0xFF, let levelCount = cursor.count(),
      let segmentCount = cursor.count(), cursor.varint() != nil
    else { return nil }
    for _ in 0..<levelCount {
      guard let mergeCount = cursor.count(), let count = cursor.count(), mergeCount <= count else {
        return nil
      }
      var level = Level(mergeCount: mergeCount, segments: [])
      for _ in 0..<count {
        guard let id = cursor.varint(), let first = cursor.varint(), let last = cursor.varint(),
          (1..<0x10000).contains(id), (0...last).contains(first), last < 1 << 31
        else { return nil }
        level.segments.append(Segment(id: id, firstPage: first, lastPage: last))
      }
      levels.append(level)
    }
    guard segments.count == segmentCount, cursor.isAtEnd else { return nil }
  }

  /// A reader of SQLite's varints: seven bits per byte, most significant first.
  private struct Cursor {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func skip(_ count: Int) -> Bool {
      index += count
      return index <= bytes.count
    }

    mutating func varint() -> Int64? {
      var value: UInt64 = 0
      for place in 0..<9 where index < bytes.count {
        let byte = bytes[index]
        index += 1
        if place == 8 { return Int64(bitPattern: value << 8 | UInt64(byte)) }
        value = value << 7 | UInt64(byte & 0x7F)
        if byte < 0x80 { return Int64(bitPattern: value) }
      }
      return nil
    }

    /// Reads a number of items, which cannot exceed the number of bytes that describe them.
    mutating func count() -> Int? {
      guard let value = varint(), (0...Int64(bytes.count)).contains(value) else { return nil }
      return Int(value)
    }
  }
}

extension SearchStructure: CustomStringConvertible {
  /// A summary such as `3 segments on 7 levels of at most 400, 220 pages`.
  var description: String {
    "\(segments.count) segments on \(levels.count) levels of at most \(Self.maxLevels), "
      + "\(pageCount) pages"
  }
}
