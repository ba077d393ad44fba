internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The history of a customer whose record is erased already: events, orders and checkouts lose
/// their personal data or go.
///
/// A transaction takes up to ``mostRows`` of them, some ten milliseconds, so that the writes of
/// others are not held up by a customer with a hundred thousand events. It may begin anew at any
/// place: what was done before is found done.
///
/// Events keep their sequence and are not told of again, and those that are purged do not raise the
/// floor of the feed: whoever follows the store, from wherever, gets what there still is and then
/// the one event that tells of the erasure, and knows by it that everything else of that customer
/// is to be forgotten. To refuse followers who are a little behind would make them read the whole
/// store anew for each purge.
struct HistoryErasure: Sendable {
  /// Events or orders of a transaction.
  static let mostRows = 500
  /// Bytes of events or orders of a transaction, but for the last one.
  private static let mostBytes = 2 << 20

  let store: StoreID
  let receipt: ErasureRow
  private var phase = Phase.events(after: .oldest)

  private enum Phase {
    case events(after: TimelinePosition)
    case orders(after: TimelinePosition)
    case checkouts
  }

  /// What a transaction may still take.
  private struct Room {
    var rows = HistoryErasure.mostRows
    var bytes = HistoryErasure.mostBytes

    var isUsedUp: Bool { rows <= 0 || bytes <= 0 }

    mutating func take(_ body: [UInt8]) {
      rows -= 1
      bytes -= body.count
    }
  }

  init(store: StoreID, receipt: ErasureRow) {
    self.store = store
    self.receipt = receipt
  }

  /// A mode of a later version leaves less, not more.
  private var mode: ErasureMode { ErasureMode(rawValue: receipt.mode) ?? .purge }

  /// Works off one part of the history.
  func step(in context: WriteContext) throws -> WriteStep {
    let writer = context.store(store)
    var rest = self
    var room = Room()
    while !room.isUsedUp {
      switch rest.phase {
      case .events(let position):
        let last = try eraseEvents(after: position, &room, writer)
        rest.phase = last.map { .events(after: $0) } ?? .orders(after: .oldest)
      case .orders(let position):
        let last = try eraseOrders(after: position, &room, writer)
        rest.phase = last.map { .orders(after: $0) } ?? .checkouts
      case .checkouts:
        try eraseCheckouts(writer)
        try writer.completeErasure(receipt.id)
        return .done
      }
    }
    return .more { [rest] in try rest.step(in: $0) }
  }

  /// Returns where the next ones are to be looked for; nil when there were none.
  private func eraseEvents(
    after position: TimelinePosition, _ room: inout Room, _ writer: StoreWriter
  ) throws -> TimelinePosition? {
    let rows = try writer.read.events(
      of: receipt.customerID, after: position, atMost: room.rows, bytes: room.bytes)
    for row in rows {
      room.take(row.body)
      // The event that tells of the erasure.
      if row.id == receipt.id { continue }
      switch mode {
      case .purge: try writer.removeErased(row)
      case .anonymize:
        guard let erased = try row.erased() else { continue }
        try writer.rewriteErased(erased)
      }
    }
    return rows.last.map { TimelinePosition(occurredAt: $0.occurredAt, id: $0.id) }
  }

  private func eraseOrders(
    after position: TimelinePosition, _ room: inout Room, _ writer: StoreWriter
  ) throws -> TimelinePosition? {
    let rows = try writer.read.orders(
      of: receipt.customerID, after: position, atMost: room.rows, bytes: room.bytes)
    for row in rows {
      room.take(row.body)
      switch mode {
      case .purge: try writer.removeErased(row)
      case .anonymize:
        var erased = row
        erased.body = try Order(stored: row.body).erased.encoded()
        if erased.body != row.body { try writer.rewriteErased(erased) }
      }
    }
    return rows.last.map { TimelinePosition(occurredAt: $0.placedAt, id: $0.id) }
  }

  /// A checkout's token opens its page in the shop, so it goes too.
  private func eraseCheckouts(_ writer: StoreWriter) throws {
    for row in try writer.read.checkouts(of: receipt.customerID) {
      try writer.remove(row)
      guard mode == .anonymize else { continue }
      var checkout = try Checkout(stored: row.body).erased
      checkout.token = EventCheck.reservedPrefix + "erased:\(try writer.nextID())"
      try writer.put(
        CheckoutRow(
          token: checkout.token, customerID: row.customerID, startedAt: row.startedAt,
          body: try checkout.encoded()))
    }
  }
}

extension TimelinePosition {
  /// Before everything, where the oldest comes first.
  fileprivate static let oldest = TimelinePosition(occurredAt: .min, id: .min)
}
