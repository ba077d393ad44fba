package import PatronModel

/// A suppression of an address for one reason, as stored.
package struct SuppressionRow: Sendable, Equatable {
  /// The channel whose messages are suppressed.
  package var channel: Channel
  /// The hashed address; see ``SuppressionReader/hash(_:)``.
  package var addressHash: [UInt8]
  /// The number of the reason.
  package var reason: Int64
  /// The start, in microseconds since 1970.
  package var suppressedAt: Int64
  /// The person or system that reported it; may be empty.
  package var source: String
  /// A free text; may be empty.
  package var note: String

  package init(
    channel: Channel,
    addressHash: [UInt8],
    reason: Int64,
    suppressedAt: Int64,
    source: String,
    note: String
  ) {
    self.channel = channel
    self.addressHash = addressHash
    self.reason = reason
    self.suppressedAt = suppressedAt
    self.source = source
    self.note = note
  }
}
