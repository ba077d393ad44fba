/// The delivery status of an order. Raw values are those of the protocol.
package enum OrderFulfillment: Int, Sendable, Hashable, CaseIterable {
  /// Nothing was sent.
  case unfulfilled = 1
  /// Some of it was sent.
  case partiallyFulfilled = 2
  /// All of it was sent.
  case fulfilled = 3
}
