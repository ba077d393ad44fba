/// The three identifiers of a customer, in canonical form. Each is unique in a store.
package struct Identifiers: Sendable, Hashable {
  /// The shop's identifier, opaque and case-sensitive.
  package var externalID: String?
  /// The e-mail address in its compared form: lower case, domain in ASCII.
  package var emailKey: String?
  /// The phone number in E.164 form.
  package var phone: String?

  /// Makes identifiers; nil means not given.
  package init(externalID: String? = nil, emailKey: String? = nil, phone: String? = nil) {
    self.externalID = externalID
    self.emailKey = emailKey
    self.phone = phone
  }
}

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

/// An identifier of a customer. Raw values are the names of the fields in the protocol.
package enum IdentifierField: String, Sendable, Hashable, CaseIterable {
  /// The shop's identifier.
  case externalID = "external_id"
  /// The e-mail address.
  case email = "email"
  /// The phone number.
  case phone = "phone_number"
}

/// The decision on a request after its identifiers were looked up.
package enum IdentityDecision: Sendable, Equatable {
  /// No customer has any of the identifiers: create one with those given.
  case create
  /// The request is about this customer. ``IdentityRequest/identifiers(updating:)`` returns the
  /// customer's new identifiers.
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
