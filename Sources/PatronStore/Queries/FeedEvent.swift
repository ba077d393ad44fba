/// An event of a feed, copied from its row, so that several watches can share it.
package struct FeedEvent: Sendable {
  private let position: TimelinePosition
  private let source: Int32
  private let type: [UInt8]
  private let sourceName: [UInt8]
  /// The encoded `patron.v1.Event`.
  package let body: [UInt8]
  /// True if the event came to its place from another customer.
  package let hasMoved: Bool

  init(
    position: TimelinePosition,
    source: Int32,
    type: [UInt8],
    sourceName: [UInt8],
    body: [UInt8],
    hasMoved: Bool
  ) {
    self.position = position
    self.source = source
    self.type = type
    self.sourceName = sourceName
    self.body = body
    self.hasMoved = hasMoved
  }

  /// Lends the event as an entry of its customer's timeline.
  package func withEntry<Result>(
    _ body: (borrowing StoreReader.TimelineEntry) throws -> Result
  ) rethrows -> Result {
    try body(
      StoreReader.TimelineEntry(
        position: position,
        source: source,
        type: type.span.bytes,
        body: self.body.span.bytes,
        sourceName: sourceName.span.bytes
      )
    )
  }
}
