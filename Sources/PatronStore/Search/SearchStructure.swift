/// The record in which FTS5 keeps the shape of the search index: levels of segments, the newest
/// level first. https://sqlite.org/src/file/ext/fts5/fts5_index.c describes it.
///
/// A merge of all segments puts them on a level of its own and its result on the next one. SQLite
/// 3.40.1 never takes a level away and refuses to open an index with more than 2,000 of them, for
/// good: that is why the index is made again when it ``isGrown``.
struct SearchStructure: Equatable {
  /// Segments of about the same age.
  struct Level: Equatable {
    /// Segments that a merge has begun to bring together; 0 when there is none under way.
    var mergeCount: Int
    var segments: [Segment]
  }

  /// A sorted part of the index.
  struct Segment: Equatable {
    var id: Int64
    /// Its pages that hold entries; none when the first one is 0.
    var firstPage: Int64
    var lastPage: Int64

    var pageCount: Int64 { firstPage == 0 ? 0 : lastPage - firstPage + 1 }
    /// The ids of its pages in the table of pages.
    var pageIDs: ClosedRange<Int64> { (id << 37) + firstPage...(id << 37) + lastPage }
  }

  /// The id of the record in the table of pages.
  static let recordID: Int64 = 10
  /// A fifth of what SQLite takes.
  static let mostLevels = 400
  /// Half of what SQLite takes; merging keeps it to some dozens.
  static let mostSegments = 1000

  private(set) var levels: [Level] = []

  var segments: [Segment] { levels.flatMap(\.segments) }
  var pageCount: Int64 { segments.reduce(0) { $0 + $1.pageCount } }
  /// It comes near a limit of SQLite.
  var isGrown: Bool { levels.count > Self.mostLevels || segments.count > Self.mostSegments }
  /// The oldest segments are being brought together.
  var isMergingOldest: Bool { levels.suffix(2).contains { $0.mergeCount > 0 } }

  /// Reads the record; nil when it is none.
  init?(_ record: UnsafeRawBufferPointer) {
    var cursor = Cursor(record)
    // Four bytes count changes of the settings; a first byte of 0xff is a later format.
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

  /// Reads numbers as SQLite writes them: seven bits a byte, the highest first.
  private struct Cursor {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

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

    /// A number of things that cannot be more than the bytes that describe them.
    mutating func count() -> Int? {
      guard let value = varint(), (0...Int64(bytes.count)).contains(value) else { return nil }
      return Int(value)
    }
  }
}

extension SearchStructure: CustomStringConvertible {
  /// Such as `3 segments on 7 levels of at most 400, 220 pages`.
  var description: String {
    "\(segments.count) segments on \(levels.count) levels of at most \(Self.mostLevels), "
      + "\(pageCount) pages"
  }
}
