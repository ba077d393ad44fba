/// The decision on a request after its identifiers were looked up.
package enum IdentityDecision: Sendable, Equatable {
  /// No customer has any of the identifiers: create one with those given.
  case create
  /// The request is about this customer, whose external id stays.
  case update(Int64)
  /// The request is about this customer, who has no external id of the shop's (or, like guests,
  /// only the own e-mail address). Set the given external id and keep the previous one as an alias.
  case adopt(Int64, previousExternalID: String?)
  /// The given identifier belongs to another customer, whom the shop knows by another external id.
  /// ALREADY_EXISTS, reason ``IdentityRequest/conflictReason``. A caller that keeps existing
  /// identifiers removes this one from the request and decides again.
  case conflict(IdentifierField, ownerID: Int64)
  /// The phone number belongs to this customer, who is another person: the e-mail addresses differ.
  /// It stays with its owner. The caller removes it from the request and decides again.
  case shared(ownerID: Int64)
  /// A row names two people, or would replace this identifier of a customer that was found by
  /// another identifier. FAILED_PRECONDITION, reason ``IdentityRequest/mismatchReason``. A caller
  /// that keeps existing identifiers removes this one from the request and decides again.
  case mismatch(IdentifierField, ownerID: Int64)
  /// The identifiers name several customers that are certainly one person. The first is the one to
  /// keep unless its age decides otherwise. At most one of them has an external id of the shop's.
  case mergeRequired([Int64])
  /// The given identifiers are not a valid request: `IDENTITY_AMBIGUOUS`, `IDENTITY_MISSING`
  /// (INVALID_ARGUMENT) or `CONTACT_REQUIRED` (FAILED_PRECONDITION).
  case invalid(RuleError)
}
