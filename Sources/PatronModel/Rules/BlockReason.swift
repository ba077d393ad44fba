/// The reason why a customer cannot receive messages of a channel and topic. Raw values are the
/// protocol's.
package enum BlockReason: Int, Sendable, Hashable, CaseIterable {
  /// The customer has no address for the channel.
  case noAddress = 1
  /// The address is suppressed.
  case suppressed = 2
  /// The customer never agreed.
  case neverSubscribed = 3
  /// The customer opted out.
  case unsubscribed = 4
  /// The customer agreed, but has not confirmed yet.
  case pendingConfirmation = 5
  /// The agreement has expired.
  case expired = 6
  /// The customer was erased.
  case redacted = 7
}
