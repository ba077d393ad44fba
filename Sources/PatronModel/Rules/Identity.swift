/// The three identifiers of a customer, in canonical form. Each is unique within a store.
package struct Identifiers: Sendable, Hashable {
  /// The shop's identifier; opaque and case-sensitive.
  package var externalID: String?
  /// The e-mail address as keys have it: lower case, domain in ASCII.
  package var emailKey: String?
  /// The phone number in E.164 form.
  package var phone: String?

  /// Makes identifiers; nil is not given.
  package init(externalID: String? = nil, emailKey: String? = nil, phone: String? = nil) {
    self.externalID = externalID
    self.emailKey = emailKey
    self.phone = phone
  }
}

/// A stored customer that an identifier belongs to.
package struct IdentityMatch: Sendable, Hashable {
  /// Patron's id.
  package let customerID: Int64
  /// All identifiers of that customer.
  package let identifiers: Identifiers

  /// Makes a match.
  package init(
    customerID: Int64,
    externalID: String? = nil,
    emailKey: String? = nil,
    phone: String? = nil
  ) {
    self.customerID = customerID
    identifiers = Identifiers(externalID: externalID, emailKey: emailKey, phone: phone)
  }

  /// Whether the external id is only the customer's own e-mail address, as shops send it for
  /// guests: it counts as none.
  package var isGuest: Bool {
    guard let externalID = identifiers.externalID, let email = identifiers.emailKey else {
      return false
    }
    return IdentityRequest.isSame(externalID, as: email)
  }

  /// Whether the shop knows the customer by an identifier of its own.
  package var hasOwnExternalID: Bool { identifiers.externalID != nil && !isGuest }
}

/// Which calls accept which identifiers.
package enum IdentityMode: Sendable, Hashable, CaseIterable {
  /// A customer's record: an external id, else exactly one of e-mail and phone.
  case upsert
  /// An event: as `upsert`.
  case event
  /// An order or a checkout: e-mail and phone without external id too, as guests have both.
  case order
  /// A row of a file: as `order`, but nothing is merged, and no identifier of a customer whom
  /// another one found is replaced.
  case row
}

/// An identifier of a customer, by the name of its field in the protocol.
package enum IdentifierField: String, Sendable, Hashable, CaseIterable {
  /// The shop's identifier.
  case externalID = "external_id"
  /// The e-mail address.
  case email = "email"
  /// The phone number.
  case phone = "phone_number"
}

/// What to do with a request, once its identifiers were looked up.
package enum IdentityDecision: Sendable, Equatable {
  /// No customer has any of the identifiers: make one with those given.
  case create
  /// The request is about this customer. See ``IdentityRequest/identifiers(updating:)`` for what
  /// the customer's identifiers become.
  case update(Int64)
  /// The request is about this customer, who had no external id of the shop's (or, as guests do,
  /// the own e-mail address): set the one given, and keep the previous one as an alias.
  case adopt(Int64, previousExternalID: String?)
  /// The given identifier belongs to another customer whom the shop knows by another external id.
  /// ALREADY_EXISTS, reason ``IdentityRequest/conflictReason``. A caller that keeps existing
  /// identifiers drops this one from the request and decides again.
  case conflict(IdentifierField, ownerID: Int64)
  /// The phone number belongs to this customer, who is somebody else: the e-mail addresses differ.
  /// It stays where it is; the caller drops it from the request and decides again.
  case shared(ownerID: Int64)
  /// A row names two people, or would replace this identifier of the customer, whom another one
  /// found. FAILED_PRECONDITION, reason ``IdentityRequest/mismatchReason``. A caller that keeps
  /// existing identifiers drops this one from the request and decides again.
  case mismatch(IdentifierField, ownerID: Int64)
  /// The identifiers name several customers who are surely one person; the first is the one to
  /// keep unless its age says otherwise. At most one of them has an external id of the shop's.
  case mergeRequired([Int64])
  /// The identifiers given do not make a valid request: `IDENTITY_AMBIGUOUS`, `IDENTITY_MISSING`
  /// (INVALID_ARGUMENT) or `CONTACT_REQUIRED` (FAILED_PRECONDITION).
  case invalid(RuleError)
}
