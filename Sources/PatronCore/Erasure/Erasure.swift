internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// What is left of the history of an erased customer. Raw values are those of the contract.
package enum ErasureMode: Int32, Sendable {
  /// Events, orders and checkouts without personal data.
  case anonymize = 1
  /// None of them; what the orders added up to stays with the receipt.
  case purge = 2

  /// As events have it.
  package var name: String {
    switch self {
    case .anonymize: "anonymize"
    case .purge: "purge"
    }
  }
}

/// The first step of an erasure: afterwards there is no such customer, and nothing new can be
/// written about them. The history is left to ``HistoryErasure``.
///
/// In both modes the addresses' hashes keep their suppressions, and get one that says that their
/// owner was erased: whoever makes a customer of an address again may not write to it before its
/// owner agrees in person. Whoever had opted out of any topic leaves that behind too, as an opt-out
/// of an address that no customer has does.
package enum Erasure {
  /// Erases record and names of a customer, and writes the receipt and the event that tells of it.
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
    try writer.insert(try EventRow(Event(of: receipt, mode)))
    return receipt
  }

  /// What the orders added up to.
  private static func amounts(of row: CustomerRow) throws -> [UInt8] {
    let stats = try Customer(stored: row.stats)
    return try Customer.with { $0.orderStats = stats.orderStats }.encoded()
  }

  /// Suppresses the addresses because their owner was erased now, whether or not that happened
  /// before: what was agreed to until now must not lift it.
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

  /// Suppresses the addresses of channels on which the customer had opted out of any topic: the
  /// consent goes with the record.
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

  /// Leaves reason and date of the suppressions of the customer's addresses, and returns how many
  /// addresses have any.
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
  /// The event that tells of an erasure: its number is the receipt's. It is the only event of a
  /// purged customer, and comes after all others, so whoever follows the store hears of it wherever
  /// they go on from.
  fileprivate init(of receipt: ErasureRow, _ mode: ErasureMode) {
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
    properties["erasure_id"] = .with { $0.kind = .int64Value(receipt.id) }
    properties["mode"] = .text(mode.name)
  }
}
