package import PatronModel

/// What a customer answers to without having it: identifiers of customers who were merged into it,
/// and external ids of its own that were replaced.
package enum FormerIdentifier: Sendable, Hashable {
  /// Patron's id of a customer who was merged.
  case id(Int64)
  /// An identifier of the shop's.
  case externalID(String)
  /// A phone number in E.164 form, or an e-mail address in the form that is compared.
  case address(Channel, String)
}
