internal import SQLite

/// A refund or shipment that waits for its order, as the store keeps it.
package struct PendingPartRow: Sendable {
  /// Tells parts of one instant apart.
  package var id: Int64
  /// The shop's identifier of the order.
  package var orderExternalID: String
  /// 1 for refunds, 2 for shipments.
  package var kind: Int64
  /// The shop's identifier of the part.
  package var partID: String
  /// When it came, microseconds since 1970.
  package var receivedAt: Int64
  /// The encoded `patron.v1.PendingOrderPart`.
  package var body: [UInt8]

  /// A row to be written.
  package init(
    id: Int64,
    orderExternalID: String,
    kind: Int64,
    partID: String,
    receivedAt: Int64,
    body: [UInt8]
  ) {
    self.id = id
    self.orderExternalID = orderExternalID
    self.kind = kind
    self.partID = partID
    self.receivedAt = receivedAt
    self.body = body
  }
}

extension PendingPartRow {
  init(_ row: borrowing Row) {
    self.init(
      id: row.int64(0),
      orderExternalID: row.text(1),
      kind: row.int64(2),
      partID: row.text(3),
      receivedAt: row.int64(4),
      body: row.array(5)
    )
  }
}
