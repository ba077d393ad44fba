internal import PatronStore
internal import TTRPC

/// A watch whose start must be compared with the events that are kept, before it is opened.
final class WatchOpening {
  let source: any WatchSource
  let stream: any ServerStream
  let call: CallContext

  init(
    _ source: any WatchSource,
    _ stream: any ServerStream,
    _ call: CallContext
  ) {
    self.source = source
    self.stream = stream
    self.call = call
  }
}

/// The count of a store's newest events back to the oldest position at which a watch may start.
/// Used on one I/O loop. It takes many steps for a long history, so that no step keeps the loop;
/// watches that come meanwhile share it.
final class WatchFloor {
  let store: StoreID
  /// The watches that wait for the result.
  var openings: [WatchOpening] = []
  /// The oldest position; nil while it is not known.
  private(set) var oldest: Int64?
  /// The events from this sequence on are counted.
  private var counted = Int64.max
  /// The number of events that are to be counted.
  private var left: Int

  private static let maxEventsPerStep = 4096

  init(
    of store: StoreID,
    history: Int
  ) {
    self.store = store
    left = history
  }

  /// Counts some events.
  func step(_ reader: StoreReader) throws {
    let count = min(left, Self.maxEventsPerStep)
    guard count > 0 else {
      oldest = try reader.sequence(before: counted, skipping: 0) ?? 0
      return
    }
    guard let next = try reader.sequence(before: counted, skipping: count - 1) else {
      // The store has fewer events than may be kept.
      oldest = 0
      return
    }
    counted = next
    left -= count
  }
}
