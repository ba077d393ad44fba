/// A stored customer, found by an identifier.
package struct IdentityMatch: Sendable, Hashable {
  package let customerID: Int64
  /// All identifiers of that customer.
  package let identifiers: Identifiers

  package init(
    customerID: Int64,
    externalID: String? = nil,
    emailKey: String? = nil,
    phone: String? = nil
  ) {
    self.customerID = customerID
    identifiers = Identifiers(externalID: externalID, emailKey: emailKey, phone: phone)
  }

  /// True if the external id is only the customer's own e-mail address, as shops send it for
  /// guests. It then counts as none.
  package var isGuest: Bool {
    guard let externalID = identifiers.externalID, let email = identifiers.emailKey else {
      return false
    }
    return IdentityRequest.isSame(externalID, as: email)
  }

  /// True if the shop knows the customer by an external id of its own.
  package var hasOwnExternalID: Bool { identifiers.externalID != nil && !isGuest }
}
