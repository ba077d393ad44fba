package import PatronStore

/// The latest events that the watches of one loop have read: an event is read and encoded once,
/// however many watches and filters it meets.
///
/// Used on its loop only. The events are those of one commit: ``begin(at:)`` forgets them when
/// another commit was acknowledged, so a replaced or erased event is not sent from here.
package final class WatchFeed {
  /// An event with what was read of it.
  package final class Item {
    package let place: FeedPlace
    /// The event's response, which is the same for all watches; nil before it is encoded.
    package fileprivate(set) var message: [UInt8]?
    fileprivate var event: FeedEvent?
    fileprivate var isLoaded = false

    fileprivate init(_ place: FeedPlace) { self.place = place }
  }

  /// A run of events without a gap.
  private final class Page {
    let store: StoreID
    /// The events behind this sequence are in the page.
    let after: Int64
    /// The events up to this sequence are in the page.
    var through: Int64
    var items: [Item] = []
    /// True if the store has no event behind the page.
    var isLast = false

    init(_ store: StoreID, after: Int64) {
      self.store = store
      self.after = after
      through = after
    }

    func holds(_ position: Int64, of store: StoreID) -> Bool {
      after <= position && position <= through && store == self.store
    }

    /// Returns the index of the first event behind a sequence.
    func index(after sequence: Int64) -> Int {
      var low = 0
      var high = items.count
      while low < high {
        let middle = (low + high) / 2
        if items[middle].place.sequence > sequence { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  /// The oldest first.
  private var pages: [Page] = []
  private var bytes = 0
  private var commitCount: UInt64 = 0
  private let maxBytes: Int

  private static let maxPages = 16
  private static let maxItems = 1024
  /// The share of the limit that an event takes without its body, in bytes.
  private static let itemBytes = 160

  /// Creates an empty feed that keeps about `maxBytes`.
  package init(maxBytes: Int = 4 << 20) { self.maxBytes = maxBytes }

  /// Begins a read after so many commits were acknowledged.
  package func begin(at commitCount: UInt64) {
    guard commitCount != self.commitCount || bytes > maxBytes else { return }
    self.commitCount = commitCount
    pages = []
    bytes = 0
  }

  /// Visits the events behind a sequence, in the order of commits. The visitor returns false to
  /// stop. Returns true if the visitor has seen the last event.
  package func visit(
    after sequence: Int64,
    _ reader: StoreReader,
    _ visitor: (Item) throws -> Bool
  ) throws -> Bool {
    var page = pages.last { $0.holds(sequence, of: reader.store) }
    if let page {
      for index in page.index(after: sequence)..<page.items.count {
        guard try visitor(page.items[index]) else { return false }
      }
      if page.isLast { return true }
    }
    if page == nil || page!.items.count >= Self.maxItems {
      page = add(Page(reader.store, after: page?.through ?? sequence))
    }
    return try extend(page!, reader, visitor)
  }

  private func add(_ page: Page) -> Page {
    if pages.count >= Self.maxPages { pages.removeFirst() }
    pages.append(page)
    return page
  }

  /// Reads on behind a page, and visits the events that it gets.
  private func extend(
    _ page: Page,
    _ reader: StoreReader,
    _ visitor: (Item) throws -> Bool
  ) throws -> Bool {
    var isLast = true
    try reader.feed(after: page.through) { place in
      guard page.items.count < Self.maxItems else {
        isLast = false
        return false
      }
      let item = Item(place)
      page.items.append(item)
      page.through = place.sequence
      bytes += Self.itemBytes
      isLast = try visitor(item)
      return isLast
    }
    if isLast { page.isLast = true }
    return isLast
  }

  /// Returns the event of an item, or nil if there is none.
  package func event(of item: Item, _ reader: StoreReader) throws -> FeedEvent? {
    if !item.isLoaded {
      item.event = try reader.event(at: item.place)
      item.isLoaded = true
      bytes += item.event?.body.count ?? 0
    }
    return item.event
  }

  /// Returns the response for an item, encoded by `encode` if it was not before.
  package func message(of item: Item, _ encode: () throws -> [UInt8]) rethrows -> [UInt8] {
    if let message = item.message { return message }
    let message = try encode()
    item.message = message
    bytes += message.count
    return message
  }
}
