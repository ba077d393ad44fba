internal import SQLite

/// A refund or shipment that arrived before its order, as stored.
package struct PendingPartRow: Sendable {
  /// The id. It orders parts that arrived at the same instant.
  package var id: Int64
  /// The shop's identifier of the order.
  package var orderExternalID: String
  /// The kind: 1 for a refund, 2 for a shipment.
  package var kind: Int64
  /// The shop's identifier of the part.
  package var partID: String
  /// The time of arrival, in microseconds since 1970.
  package var receivedAt: Int64
  /// The encoded `patron.v1.PendingOrderPart`.
  package var body: [UInt8]

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
