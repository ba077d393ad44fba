/// A refund of an order.
package struct RefundSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the order.
  package var id: String
  /// The time of the refund.
  package var at: Micros
  /// The amount, in minor units of the order's currency, 0 or more.
  package var amountMinor: Int64
  /// The reason; empty if none was given.
  package var reason: String

  package init(id: String, at: Micros, amountMinor: Int64, reason: String = "") {
    self.id = id
    self.at = at
    self.amountMinor = amountMinor
    self.reason = reason
  }
}
