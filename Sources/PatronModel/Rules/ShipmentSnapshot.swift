/// A shipment of an order.
package struct ShipmentSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the order.
  package var id: String
  /// The time of the shipment.
  package var at: Micros
  package var state: ShipmentState
  /// The number of pieces in it; nil means all that were left.
  package var quantity: Int64?
  /// The carrier's progress; nil if it was not reported.
  package var progress: ShipmentProgress?
  /// The time of the carrier's report; nil if it was not reported.
  package var occurredAt: Micros?

  package init(
    id: String,
    at: Micros,
    state: ShipmentState,
    quantity: Int64? = nil,
    progress: ShipmentProgress? = nil,
    occurredAt: Micros? = nil
  ) {
    self.id = id
    self.at = at
    self.state = state
    self.quantity = quantity
    self.progress = progress
    self.occurredAt = occurredAt
  }
}
