/// Which customer a request is about: the identifiers it gives, and whom each of them belongs to.
///
/// Pure: the caller looks the identifiers up (the external id among aliases too) in the
/// transaction in which it writes.
package struct IdentityRequest: Sendable, Hashable {
  /// Reason of the error for ``IdentityDecision/conflict(_:ownerID:)``.
  package static let conflictReason = "IDENTIFIER_CONFLICT"

  /// Reason of the error for ``IdentityDecision/mismatch(_:ownerID:)``.
  package static let mismatchReason = "IDENTIFIER_MISMATCH"

  /// Which rule holds.
  package var mode: IdentityMode
  /// The identifiers given, canonical.
  package var given: Identifiers
  /// The customer whose external id, or former external id, is the one given.
  package var byExternalID: IdentityMatch?
  /// The customer whose e-mail address is the one given.
  package var byEmail: IdentityMatch?
  /// The customer whose phone number is the one given.
  package var byPhone: IdentityMatch?

  /// Makes a request. Matches of identifiers that are not given are ignored.
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

  /// Checks which identifiers are given, before any look-up; nil when the rule of the mode holds.
  package var violation: RuleError? {
    if given.externalID != nil { return nil }
    switch (given.emailKey != nil, given.phone != nil) {
    case (false, false): return Self.missing
    case (true, true): return mode == .order || mode == .row ? nil : Self.ambiguous
    case (true, false), (false, true): return nil
    }
  }

  /// The decision. The customer is found by external id, else e-mail, else phone; no identifier
  /// is ever taken from a customer whom the shop knows by another external id.
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

  /// The identifiers of `match` after an update or adoption that this request decided on.
  ///
  /// A record or an event with an external id sets what it gives. An order, a guest's checkout,
  /// or a request without external id only fills gaps.
  package func identifiers(updating match: IdentityMatch) -> Identifiers {
    let stored = match.identifiers
    var result = stored
    let fillsGaps = mode == .order || given.externalID == nil || byExternalID == nil
    if case .adopt = decide() {
      result.externalID = given.externalID
      result.emailKey = given.emailKey ?? stored.emailKey
      result.phone = given.phone ?? stored.phone
      return result
    }
    result.emailKey =
      fillsGaps ? stored.emailKey ?? given.emailKey : given.emailKey ?? stored.emailKey
    result.phone = fillsGaps ? stored.phone ?? given.phone : given.phone ?? stored.phone
    return result
  }

  /// Checks that a customer keeps an e-mail address or a phone number.
  ///
  /// - Throws: `CONTACT_REQUIRED` when both are nil.
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

  /// Whether an external id is nothing but the e-mail address. Keys are lower case; external ids
  /// are as the shop typed them.
  static func isSame(_ externalID: String, as emailKey: String) -> Bool {
    externalID == emailKey || externalID.lowercased() == emailKey
  }

  /// True when an identifier of the shop's is given: the own e-mail address, as shops send it for
  /// guests, is none.
  private var givesOwnExternalID: Bool {
    guard let externalID = given.externalID else { return false }
    return given.emailKey.map { !Self.isSame(externalID, as: $0) } ?? true
  }

  /// Who has the phone number, where that is somebody else than an order or an event is about:
  /// people share phones, and whoever has another e-mail address is another person. A record that
  /// the shop sends is its word, and sets what it gives.
  ///
  /// The owner without an e-mail address, whom the shop does not know, may be the same person yet.
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

  /// What a row must not do; nil where it does none of it. By e-mail somebody is found before by
  /// phone.
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

  /// Whether the external id is the e-mail address, as shops send it for guests, and the address
  /// is that of a customer who has an external id already: then it names that customer.
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

  /// Whether e-mail or phone belong to others than `found`; nil when they do not.
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
