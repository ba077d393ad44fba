internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// The history of a customer whose record is erased already: events, orders and checkouts lose
/// their personal data or go, and the consent ledger keeps what
/// happened and when, without evidence, as proof.
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
package struct HistoryErasure: Sendable {
  /// Records of a transaction.
  static let mostRows = 500
  /// Bytes of the records of a transaction, but for the last one.
  private static let mostBytes = 2 << 20

  /// What begins the tokens of checkouts whose own tokens are gone.
  private static let erasedToken = EventCheck.reservedPrefix + "erased:"

  package let store: StoreID
  package let receipt: ErasureRow
  private var phase = Phase.events(after: .oldest)

  private enum Phase {
    case events(after: TimelinePosition)
    case orders(after: TimelinePosition)
    case checkouts(after: String)
    case ledger(before: Int64)
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

  package init(store: StoreID, receipt: ErasureRow) {
    self.store = store
    self.receipt = receipt
  }

  /// A mode of a later version leaves less, not more.
  private var mode: ErasureMode { ErasureMode(rawValue: receipt.mode) ?? .purge }

  /// Erases one part of the history. Returns what is left for the next transaction, or nil when the
  /// erasure is complete.
  package func step(in writer: StoreWriter) throws -> HistoryErasure? {
    var rest = self
    var room = Room()
    while !room.isUsedUp {
      switch rest.phase {
      case .events(let position):
        let last = try eraseEvents(after: position, &room, writer)
        rest.phase = last.map { .events(after: $0) } ?? .orders(after: .oldest)
      case .orders(let position):
        let last = try eraseOrders(after: position, &room, writer)
        rest.phase = last.map { .orders(after: $0) } ?? .checkouts(after: "")
      case .checkouts(let token):
        let last = try eraseCheckouts(after: token, &room, writer)
        rest.phase = last.map { .checkouts(after: $0) } ?? .ledger(before: .max)
      case .ledger(let id):
        if let last = try reduceLedger(before: id, &room, writer) {
          rest.phase = .ledger(before: last)
        } else {
          try writer.completeErasure(receipt.id)
          return nil
        }
      }
    }
    return rest
  }

  /// Returns where the next ones are to be looked for; nil when there were none.
  private func eraseEvents(
    after position: TimelinePosition,
    _ room: inout Room,
    _ writer: StoreWriter
  ) throws -> TimelinePosition? {
    let rows = try writer.read.events(
      of: receipt.customerID,
      after: position,
      atMost: room.rows,
      bytes: room.bytes
    )
    for row in rows {
      room.take(row.body)
      // The event that tells of the erasure.
      if row.id == receipt.id { continue }
      switch mode {
      case .purge: try writer.remove(row)
      case .anonymize:
        guard let erased = try row.erased() else { continue }
        try writer.rewriteErased(erased)
      }
    }
    return rows.last.map { TimelinePosition(occurredAt: $0.occurredAt, id: $0.id) }
  }

  private func eraseOrders(
    after position: TimelinePosition,
    _ room: inout Room,
    _ writer: StoreWriter
  ) throws -> TimelinePosition? {
    let rows = try writer.read.orders(
      of: receipt.customerID,
      after: position,
      atMost: room.rows,
      bytes: room.bytes
    )
    for row in rows {
      room.take(row.body)
      switch mode {
      case .purge: try writer.remove(row)
      case .anonymize:
        var erased = row
        erased.body = try Order(stored: row.body).erased.encoded()
        if erased.body != row.body { try writer.rewriteErased(erased) }
      }
    }
    return rows.last.map { TimelinePosition(occurredAt: $0.placedAt, id: $0.id) }
  }

  /// A checkout's token opens its page in the shop, so it goes too. What has a new token may come
  /// by again.
  private func eraseCheckouts(
    after token: String,
    _ room: inout Room,
    _ writer: StoreWriter
  ) throws -> String? {
    let prefix = Self.erasedToken.count
    let rows = try writer.read.checkouts(
      of: receipt.customerID,
      after: token,
      atMost: room.rows,
      bytes: room.bytes
    )
    for row in rows {
      room.take(row.body)
      guard mode == .anonymize else {
        try writer.remove(row)
        continue
      }
      var checkout = try Checkout(stored: row.body).erased
      if row.token.hasPrefix(Self.erasedToken), Int64(row.token.dropFirst(prefix)) != nil {
        checkout.token = row.token
        if try checkout.encoded() == row.body { continue }
      }
      checkout.token = Self.erasedToken + String(try writer.nextID())
      try writer.remove(row)
      try writer.put(
        CheckoutRow(
          token: checkout.token,
          customerID: row.customerID,
          startedAt: row.startedAt,
          body: try checkout.encoded()
        )
      )
    }
    return rows.last?.token
  }

  /// Both modes keep the ledger, as proof.
  private func reduceLedger(
    before id: Int64,
    _ room: inout Room,
    _ writer: StoreWriter
  ) throws -> Int64? {
    var rows: [(id: Int64, body: [UInt8])] = []
    try writer.read.consentHistory(of: receipt.customerID, before: id) { id, body in
      rows.append((id, Array(body)))
      room.take(rows[rows.count - 1].body)
      return !room.isUsedUp
    }
    for (id, body) in rows {
      let reduced = try ConsentRecord(stored: body).erased(mode).encoded()
      guard reduced != body else { continue }
      try writer.rewriteLedger(id: id, of: receipt.customerID, body: reduced)
    }
    return rows.last?.id
  }
}

extension TimelinePosition {
  /// Before everything, where the oldest comes first.
  fileprivate static let oldest = TimelinePosition(occurredAt: .min, id: .min)
}
