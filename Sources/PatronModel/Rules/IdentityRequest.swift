/// The identifiers that a request gives, with the customers that have them.
///
/// Pure: the caller looks the identifiers up (the external id among aliases too) in the transaction
/// in which it writes.
package struct IdentityRequest: Sendable, Hashable {
  /// The reason of the error for ``IdentityDecision/conflict(_:ownerID:)``.
  package static let conflictReason = "IDENTIFIER_CONFLICT"

  /// The reason of the error for ``IdentityDecision/mismatch(_:ownerID:)``.
  package static let mismatchReason = "IDENTIFIER_MISMATCH"

  /// The rule that applies.
  package var mode: IdentityMode
  /// The given identifiers, in canonical form.
  package var given: Identifiers
  /// The customer that has, or had, the given external id.
  package var byExternalID: IdentityMatch?
  /// The customer that has the given e-mail address.
  package var byEmail: IdentityMatch?
  /// The customer that has the given phone number.
  package var byPhone: IdentityMatch?

  /// Makes a request. Ignores matches of identifiers that are not given.
  package init(
    mode: IdentityMode,
    given: Identifiers,
    byExternalID: IdentityMatch? = nil,
    byEmail: IdentityMatch? = nil,
    byPhone: IdentityMatch? = nil
  ) {
    self.mode = mode
    self.given = given
    self.byExternalID = given.externalID == nil ? nil : byExternalID
    self.byEmail = given.emailKey == nil ? nil : byEmail
    self.byPhone = given.phone == nil ? nil : byPhone
  }

  /// The violation of the mode's rule about given identifiers; nil if there is none. Needs no
  /// look-up.
  package var violation: RuleError? {
    if given.externalID != nil { return nil }
    switch (given.emailKey != nil, given.phone != nil) {
    case (false, false): return Self.missing
    case (true, true): return mode == .order || mode == .row ? nil : Self.ambiguous
    case (true, false), (false, true): return nil
    }
  }

  /// Decides which customer the request is about. The customer is found by external id, or else by
  /// e-mail, or else by phone. No identifier is ever taken from a customer whom the shop knows by
  /// another external id.
  package func decide() -> IdentityDecision {
    if let violation { return .invalid(violation) }
    if mode == .row {
      if let mismatch { return mismatch }
    } else if let owner = strangerByPhone {
      return .shared(ownerID: owner.customerID)
    }
    guard let found = byExternalID ?? byEmail ?? byPhone else {
      let hasContact = given.emailKey != nil || given.phone != nil
      return hasContact ? .create : .invalid(Self.contactRequired)
    }
    if byExternalID == nil, given.externalID != nil, !isGuestCheckout(of: found) {
      return decideForUnknownExternalID(found)
    }
    return decideForOthers(than: found) ?? .update(found.customerID)
  }

  /// Checks that a customer keeps an e-mail address or a phone number.
  ///
  /// - Throws: `CONTACT_REQUIRED` if both are nil.
  package static func requireContact(emailKey: String?, phone: String?) throws(RuleError) {
    guard emailKey != nil || phone != nil else { throw contactRequired }
  }
}

extension IdentityRequest {
  private static let missing = RuleError(
    reason: "IDENTITY_MISSING",
    message: "No identifier is given. Expected is external_id, email or phone_number."
  )

  private static let ambiguous = RuleError(
    reason: "IDENTITY_AMBIGUOUS",
    message: "email and phone_number are both given without external_id. Give external_id too, or "
      + "exactly one of the two."
  )

  private static let contactRequired = RuleError(
    reason: "CONTACT_REQUIRED",
    message: "A customer has an e-mail address or a phone number; this one would have neither. "
      + "Give email or phone_number."
  )

  /// Returns true if an external id is just the e-mail address. Keys are in lower case; external
  /// ids are as the shop typed them.
  static func isSame(_ externalID: String, as emailKey: String) -> Bool {
    externalID == emailKey || externalID.lowercased() == emailKey
  }

  /// True if the request gives an external id of the shop's. The own e-mail address, as shops send
  /// it for guests, does not count.
  private var givesOwnExternalID: Bool {
    guard let externalID = given.externalID else { return false }
    return given.emailKey.map { !Self.isSame(externalID, as: $0) } ?? true
  }

  /// The owner of the phone number, if that is someone other than the customer of an order or an
  /// event. People share phones, and a different e-mail address means a different person. A record
  /// that the shop sends is authoritative, and sets what it gives.
  ///
  /// An owner without an e-mail address, unknown to the shop, may still be the same person.
  private var strangerByPhone: IdentityMatch? {
    guard mode != .upsert, let owner = byPhone else { return nil }
    let found = byExternalID ?? byEmail
    let isOwners = [byExternalID, byEmail].contains { $0?.customerID == owner.customerID }
    if isOwners { return nil }
    if let email = given.emailKey ?? found?.identifiers.emailKey,
      let other = owner.identifiers.emailKey, other != email
    {
      return owner
    }
    let isGuest = given.emailKey != nil && !givesOwnExternalID
    return isGuest && owner.hasOwnExternalID && (found != nil || given.externalID != nil)
      ? owner : nil
  }

  /// The violation of the rules for a row; nil if there is none. A customer found by e-mail takes
  /// precedence over one found by phone.
  private var mismatch: IdentityDecision? {
    guard let found = byExternalID ?? byEmail ?? byPhone else { return nil }
    for (field, owner) in [(IdentifierField.email, byEmail), (.phone, byPhone)] {
      guard let owner, owner.customerID != found.customerID else { continue }
      return .mismatch(field, ownerID: owner.customerID)
    }
    if byExternalID != nil, givesOwnExternalID { return nil }
    if byExternalID == nil, given.externalID != nil, found.hasOwnExternalID,
      !isGuestCheckout(of: found)
    {
      return .mismatch(byEmail != nil ? .email : .phone, ownerID: found.customerID)
    }
    if byEmail == nil, given.emailKey != nil, found.identifiers.emailKey != nil {
      return .mismatch(byExternalID == nil ? .phone : .email, ownerID: found.customerID)
    }
    if byPhone == nil, given.phone != nil, found.identifiers.phone != nil {
      return .mismatch(.phone, ownerID: found.customerID)
    }
    return nil
  }

  /// Returns true if the external id is the e-mail address, as shops send it for guests, and the
  /// customer of that address already has an external id: it then names that customer.
  private func isGuestCheckout(of found: IdentityMatch) -> Bool {
    guard let externalID = given.externalID, let email = given.emailKey, byEmail != nil else {
      return false
    }
    return found.identifiers.externalID != nil && Self.isSame(externalID, as: email)
  }

  private func decideForUnknownExternalID(_ found: IdentityMatch) -> IdentityDecision {
    if found.hasOwnExternalID {
      return .conflict(byEmail != nil ? .email : .phone, ownerID: found.customerID)
    }
    if let decision = decideForOthers(than: found) { return decision }
    return .adopt(found.customerID, previousExternalID: found.identifiers.externalID)
  }

  /// Returns the decision if other customers than `found` have the e-mail or phone; nil if none do.
  private func decideForOthers(than found: IdentityMatch) -> IdentityDecision? {
    var ids = [found.customerID]
    let owners: [(IdentifierField, IdentityMatch?)] = [(.email, byEmail), (.phone, byPhone)]
    for (field, owner) in owners {
      guard let owner, owner.customerID != found.customerID else { continue }
      if owner.hasOwnExternalID { return .conflict(field, ownerID: owner.customerID) }
      if !ids.contains(owner.customerID) { ids.append(owner.customerID) }
    }
    return ids.count > 1 ? .mergeRequired(ids) : nil
  }
}
