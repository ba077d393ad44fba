package import PatronModel

/// An alias of a customer: an identifier of a customer merged into it, or an external id of its own
/// that was replaced.
package enum FormerIdentifier: Sendable, Hashable {
  /// The id of a merged customer.
  case id(Int64)
  /// An external id, assigned by the shop.
  case externalID(String)
  /// A phone number in E.164 form, or an e-mail address in its compared form.
  case address(Channel, String)
}
