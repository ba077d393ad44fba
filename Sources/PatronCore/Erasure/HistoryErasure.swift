internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The erasure of the history of a customer whose record is erased already. Events, orders and
/// checkouts lose their personal data or are removed. The consent ledger keeps its changes and
/// their times as proof, without evidence.
///
/// A transaction takes up to ``maxRows`` records, some ten milliseconds, so that a customer with a
/// hundred thousand events does not delay other writes. The erasure may start again at any
/// position: records that are erased already stay as they are.
///
/// Events keep their sequence and are not emitted again, and a purge never refuses a watch. A watch
/// receives, from any position, the events that remain and then the event that reports the erasure.
/// That event means that all other data of the customer must be forgotten. Refusing a watch that is
/// a little behind would make it read the whole store again for each purge.
package struct HistoryErasure: Sendable {
  /// The maximum number of records in a transaction.
  static let maxRows = 500
  /// The maximum of bytes of the records in a transaction, without the last record.
  private static let maxBytes = 2 << 20

  /// The prefix of the tokens of checkouts whose own tokens are erased.
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

  /// The records and bytes that a transaction may still take.
  private struct Room {
    var rows = HistoryErasure.maxRows
    var bytes = HistoryErasure.maxBytes

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

  /// The mode of the receipt. An unknown mode of a later version is taken as a purge, so that less
  /// stays and not more.
  private var mode: ErasureMode { ErasureMode(rawValue: receipt.mode) ?? .purge }

  /// Erases one part of the history. Returns the rest for the next transaction, or nil when the
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
          writer.record(.erasureComplete, [.customer(receipt.customerID), .receipt(receipt.id)])
          return nil
        }
      }
    }
    return rest
  }

  /// Erases events after a position. Returns the position of the last, or nil when there were none.
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
      // The event that reports the erasure.
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

  /// Erases checkouts after a token. Returns the token of the last, or nil when there were none.
  /// The token of a checkout opens its page in the shop, so it is replaced. A later transaction may
  /// meet the checkout again under its new token, and leaves it as it is.
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

  /// Reduces ledger rows. Both modes keep the ledger, as proof.
  private func reduceLedger(
    before id: Int64,
    _ room: inout Room,
    _ writer: StoreWriter
  ) throws -> Int64? {
    var rows: [(id: Int64, body: [UInt8])] = []
    try writer.read.consentHistory(of: receipt.customerID, before: id) { id, body in
      rows.append((id, [UInt8](copying: body)))
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
  /// The position before all records, if the oldest comes first.
  fileprivate static let oldest = TimelinePosition(occurredAt: .min, id: .min)
}
