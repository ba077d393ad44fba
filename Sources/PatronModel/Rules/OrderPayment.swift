/// The payment status of an order. Raw values are those of the protocol.
package enum OrderPayment: Int, Sendable, Hashable, CaseIterable {
  /// Not paid yet.
  case pending = 1
  /// The amount is reserved on the customer's means of payment.
  case authorized = 2
  /// Paid in part.
  case partiallyPaid = 3
  /// Paid.
  case paid = 4
  /// Paid, and refunded in part.
  case partiallyRefunded = 5
  /// Paid, and refunded.
  case refunded = 6
  /// The payment was abandoned or cancelled.
  case voided = 7

  /// True if the whole price was paid at some time.
  package var wasPaid: Bool {
    switch self {
    case .paid, .partiallyRefunded, .refunded: true
    case .pending, .authorized, .partiallyPaid, .voided: false
    }
  }

  /// True if an order that is not cancelled counts as money spent.
  package var countsAsSpent: Bool { self != .pending && self != .voided }
}
