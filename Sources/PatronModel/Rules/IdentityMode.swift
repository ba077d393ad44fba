/// The rule about which identifiers a call accepts.
package enum IdentityMode: Sendable, Hashable, CaseIterable {
  /// A customer's record: an external id, or else exactly one of e-mail and phone.
  case upsert
  /// An event: the same as `upsert`.
  case event
  /// An order or a checkout: e-mail and phone without an external id are also allowed, because
  /// guests have both.
  case order
  /// A row of a file: the same as `order`, but it merges nothing, and replaces no identifier of a
  /// customer that was found by another identifier.
  case row
}
