package import PatronModel
package import PatronStore

/// A new key, checked.
package struct NewKey: Sendable {
  package var owner: KeyOwner
  package var scopes: ScopeSet
  /// The words of the person who makes it; may be empty.
  package var description: String
  /// The end of the key, in microseconds since 1970; nil for none.
  package var expiresAt: Int64?
  /// The encoded `patron.v1.CallLimits`, checked by the caller; nil for none.
  package var limits: [UInt8]?

  package init(
    owner: KeyOwner,
    scopes: ScopeSet,
    description: String = "",
    expiresAt: Int64? = nil,
    limits: [UInt8]? = nil
  ) {
    self.owner = owner
    self.scopes = scopes
    self.description = description
    self.expiresAt = expiresAt
    self.limits = limits
  }
}
