/// The state of a shipment. Raw values are those of the protocol.
package enum ShipmentState: Int, Sendable, Hashable, CaseIterable {
  /// The shipment waits to be accepted.
  case pending = 1
  /// The shipment was accepted.
  case open = 2
  /// The shipment was sent. Also the state of a shipment without a reported one.
  case success = 3
  /// The shipment was cancelled.
  case cancelled = 4
  /// The shipment failed.
  case error = 5
}
