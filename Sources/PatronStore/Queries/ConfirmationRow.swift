package import PatronModel

/// A double opt-in request: one channel and topic of a token, confirmed or not.
package struct ConfirmationRow: Sendable, Equatable {
  /// SHA-256 of the token.
  package var tokenHash: [UInt8]
  package var channel: Channel
  package var topic: Topic
  /// The customer that the request is for.
  package var customerID: Int64
  /// The hash of the address that the request is for; see ``SuppressionReader/hash(_:)``.
  package var addressHash: [UInt8]
  /// The time at which the token was issued, in microseconds since 1970.
  package var requestedAt: Int64
  /// The time at which the token expires, in microseconds since 1970.
  package var expiresAt: Int64
  /// The time at which the token was used, in microseconds since 1970. Nil if it was not.
  package var confirmedAt: Int64?

  package init(
    tokenHash: [UInt8],
    channel: Channel,
    topic: Topic,
    customerID: Int64,
    addressHash: [UInt8],
    requestedAt: Int64,
    expiresAt: Int64,
    confirmedAt: Int64? = nil
  ) {
    self.tokenHash = tokenHash
    self.channel = channel
    self.topic = topic
    self.customerID = customerID
    self.addressHash = addressHash
    self.requestedAt = requestedAt
    self.expiresAt = expiresAt
    self.confirmedAt = confirmedAt
  }
}
