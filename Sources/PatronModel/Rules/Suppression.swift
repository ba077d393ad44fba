/// The suppression of an address for one reason, independent of its owner.
package struct Suppression: Sendable, Hashable {
  package var reason: SuppressionReason
  /// The start of the suppression.
  package var suppressedAt: Micros
  /// The person or system that reported it; nil if unknown.
  package var source: String?

  package init(reason: SuppressionReason, suppressedAt: Micros, source: String? = nil) {
    self.reason = reason
    self.suppressedAt = suppressedAt
    self.source = source
  }
}
