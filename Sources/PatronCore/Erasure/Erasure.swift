internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// The mode of an erasure: the parts of the history that it leaves. Raw values are those of the
/// contract.
package enum ErasureMode: Int32, Sendable {
  /// Events, orders and checkouts stay without personal data.
  case anonymize = 1
  /// Events, orders and checkouts go. The statistics of the orders stay with the receipt.
  case purge = 2

  /// The name of the mode in events.
  package var name: String {
    switch self {
    case .anonymize: "anonymize"
    case .purge: "purge"
    }
  }
}

/// The first step of an erasure: afterwards the store has no such customer, and nothing new can be
/// written about the customer. The history is left to ``HistoryErasure``.
///
/// In both modes the addresses' hashes keep their suppressions, and get another with the reason
/// that their owner was erased: a later customer with such an address gets no messages before the
/// owner of the address agrees in person. An opt-out of any topic stays as a suppression too, as
/// for an opt-out of an address without a customer.
package enum Erasure {
  /// Erases record and names of a customer. Writes the receipt and the event that reports the
  /// erasure, which has the author of `writer`, and returns the receipt.
  package static func begin(
    _ row: CustomerRow,
    _ mode: ErasureMode,
    reason: String,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> ErasureRow {
    let counts = try writer.read.historyCounts(of: row.id)
    let names = try writer.read.names(of: row)
    try keepOptOuts(of: row, names, in: writer, at: now)
    try suppress(names, in: writer, at: now)
    try SharedPhone.forget(names, in: writer)
    try writer.erase(row, names)
    let suppressions = try reduceSuppressions(of: names, in: writer)
    let receipt = ErasureRow(
      id: try writer.nextID(),
      customerID: row.id,
      mode: mode.rawValue,
      erasedAt: now,
      reason: reason,
      eventCount: counts.events,
      orderCount: counts.orders,
      suppressionCount: suppressions,
      stats: try amounts(of: row)
    )
    try writer.insert(receipt, names)
    try writer.insert(try EventRow(Event(of: receipt, mode, by: writer.author)))
    // A restored copy is told of the erasures behind it by these rows.
    writer.record(
      .erasureBegin,
      [.customer(row.id), .receipt(receipt.id)] + (mode == .purge ? [.mode(mode.name)] : [])
    )
    return receipt
  }

  /// Returns the encoded statistics of the customer's orders.
  private static func amounts(of row: CustomerRow) throws -> [UInt8] {
    let stats = try Customer(stored: row.stats)
    return try Customer.with { $0.orderStats = stats.orderStats }.encoded()
  }

  /// Suppresses the addresses with the time of this erasure, even if an earlier erasure suppressed
  /// them: an agreement from before now must not lift it.
  private static func suppress(
    _ names: ErasedNames,
    in writer: StoreWriter,
    at now: Int64
  ) throws {
    let cause = SuppressionCause(at: now, actor: .customer, source: "", note: "")
    for (channel, address) in names.addresses {
      let row = try cause.row(channel, address, .erasure, in: writer.read)
      try writer.removeSuppression(channel, of: address, reason: .erasure)
      try writer.insert(row)
    }
  }

  /// Suppresses the addresses of channels on which the customer had opted out of any topic, because
  /// the consent is erased with the record.
  private static func keepOptOuts(
    of row: CustomerRow,
    _ names: ErasedNames,
    in writer: StoreWriter,
    at now: Int64
  ) throws {
    let customer = try Customer(stored: row.body)
    for channel in PatronModel.Channel.allCases {
      guard let optOut = KeptOptOut(of: customer, channel, at: now) else { continue }
      for name in names.addresses where name.channel == channel {
        try optOut.suppress(name.address, in: writer)
      }
    }
  }

  /// Reduces the suppressions of the customer's addresses to reason and date. Returns the number of
  /// addresses that have a suppression.
  private static func reduceSuppressions(
    of names: ErasedNames,
    in writer: StoreWriter
  ) throws -> Int64 {
    let reader = SuppressionReader(writer.read)
    var count: Int64 = 0
    for (channel, address) in names.addresses {
      guard try !reader.suppressions(channel, of: address).isEmpty else { continue }
      try writer.clearSuppressions(channel, of: address)
      count += 1
    }
    return count
  }
}

extension Event {
  /// Makes the event that reports an erasure. Its number is the receipt's. It is the only event of
  /// a purged customer, and comes after all others, so a watch of the store receives it from any
  /// position. It is the one place that names the author of the erasure, and no erasure changes it.
  fileprivate init(of receipt: ErasureRow, _ mode: ErasureMode, by author: PatronModel.Author) {
    self.init()
    type = "profile_redacted"
    let known = EventCatalogue.type(type, of: .product)
    id = receipt.id
    eventID = EventCheck.reservedPrefix + "\(type):\(receipt.id)"
    customerID = receipt.customerID
    source = .product
    product = known?.product?.rawValue ?? ""
    title = known?.label ?? type
    occurredAt = .init(micros: receipt.erasedAt)
    recordedAt = occurredAt
    sequence = receipt.id
    self.author = author.message
    properties["erasure_id"] = .with { $0.kind = .int64Value(receipt.id) }
    properties["mode"] = .text(mode.name)
  }
}
