/// A carrier's progress with a shipment. Raw values are those of the protocol.
package enum ShipmentProgress: Int, Sendable, Hashable, CaseIterable {
  /// The label was printed or bought.
  case labelPrinted = 1
  /// The carrier has it.
  case confirmed = 2
  /// On its way.
  case inTransit = 3
  /// On the last stretch.
  case outForDelivery = 4
  /// The carrier came and could not deliver.
  case attemptedDelivery = 5
  /// Waits to be collected.
  case readyForPickup = 6
  /// Delivered.
  case delivered = 7
  /// Lost, returned or refused.
  case failure = 8
}
