internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// An order that moves to another customer. The events that Patron derived from it move along, and
/// so do the checkout that it came from and its events. Both customers are counted again. Values
/// that the order gave the first customer's record stay there.
package struct OrderMove {
  private let order: OrderRow
  private let owner: CustomerRow
  private let target: CustomerRow

  package init(_ order: OrderRow, of owner: CustomerRow, to target: CustomerRow) {
    self.order = order
    self.owner = owner
    self.target = target
  }

  /// The result of a move.
  package struct Result {
    package var order: Order
    package var eventCount: Int
    /// The encoded statistics of the customer that has the order now.
    package var stats: [UInt8]
  }

  /// Moves the order. The caller must have refused sums of the target that do not fit.
  package func perform(in writer: StoreWriter, at now: Int64) throws -> Result {
    var moved = try Order(known: order.body)
    let tokens = try writer.moveCheckouts(
      token(of: moved, in: writer.read).map { [$0] } ?? [],
      from: owner.id,
      to: target.id
    )
    let events = try writer.read.derivedEvents(of: order, checkouts: Set(tokens))
    moved.customerID = target.id
    moved.changedAt = .init(micros: now)
    moved.author = writer.author.message
    var row = order
    row.customerID = target.id
    row.body = try moved.encoded()
    try writer.update(row, replacing: order)
    for event in events {
      try writer.move(try moving(event, in: writer), from: owner.id)
    }
    try writer.recount(owner, setBy: "order_moved", at: now)
    return Result(
      order: moved,
      eventCount: events.count,
      stats: try writer.recount(target, setBy: "order_moved", at: now)
    )
  }

  /// Returns the token of the checkout that the order came from, if the owner has the checkout.
  private func token(of order: Order, in reader: StoreReader) throws -> String? {
    guard let token = order.checkoutToken,
      try reader.checkout(token: token)?.customerID == owner.id
    else { return nil }
    return token
  }

  /// Returns the event as the target has it. Its number among the customer's orders is dropped.
  private func moving(_ event: Event, in writer: StoreWriter) throws -> EventRow {
    var event = event
    event.customerID = target.id
    event.sequence = try writer.nextID()
    event.properties["order_number_for_customer"] = nil
    event.properties["first_order"] = nil
    return try EventRow(event)
  }
}

extension StoreWriter {
  /// Counts the orders and last events of a customer again; returns the encoded statistics.
  /// `setter` is the name of the change in the provenance.
  @discardableResult
  package func recount(_ row: CustomerRow, setBy setter: String, at now: Int64) throws -> [UInt8] {
    let stats = try CustomerStats(row.stats).recounted(of: row.id, in: read)
    let encoded = try stats.encoded()
    let provenance = try Provenance.noting(
      ["order_stats"],
      by: Provenance.Setter(name: setter, at: now, author: author),
      over: read.provenance(of: row.id)
    )
    try setStats(encoded, terms: .known(stats.terms), provenance: provenance, of: row.id)
    return encoded
  }
}

extension StoreReader {
  /// Returns the events that Patron derived from an order and from checkouts of its customer,
  /// sorted by their sequences. Events that callers recorded about them name their customer
  /// themselves.
  package func derivedEvents(of order: OrderRow, checkouts tokens: Set<String> = []) throws
    -> [Event]
  {
    var events: [Event] = []
    try timeline(of: order.customerID, behind: .newest, notBefore: .min) { entry in
      guard entry.source == PatronProto.EventSource.ecommerce.rawValue else { return true }
      let event = try Event(stored: entry.body)
      guard event.eventID.hasPrefix(EventCheck.reservedPrefix) else { return true }
      if event.orderID == order.id || tokens.contains(event.references?.checkoutToken ?? "") {
        events.append(event)
      }
      return true
    }
    return events.sorted { $0.sequence < $1.sequence }
  }
}
