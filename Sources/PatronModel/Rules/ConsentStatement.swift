/// A statement about a consent: the part of the evidence that the rules read.
package struct ConsentStatement: Sendable, Hashable {
  /// The time of the statement.
  package var at: Micros
  /// The actor who makes the statement.
  package var actor: ConsentActor
  /// The place of collection; see ``ConsentRules/checkSource(_:)``.
  package var source: String?
  /// The end of an agreement for a limited time.
  package var expiresAt: Micros?

  package init(at: Micros, actor: ConsentActor, source: String? = nil, expiresAt: Micros? = nil) {
    self.at = at
    self.actor = actor
    self.source = source
    self.expiresAt = expiresAt
  }
}
