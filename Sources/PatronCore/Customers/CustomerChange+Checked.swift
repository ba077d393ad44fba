package import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

extension CustomerChange {
  /// Checks an input by itself: every field, and that it names a customer.
  package static func checked(
    _ input: CustomerInput,
    path: String,
    mode: ApplyMode,
    author: ChangeAuthor,
    identity: IdentityMode,
    origin: Origin,
    country: CountryCode?,
    source: String,
    actor: ConsentActor,
    onConflict: OnConflict = .fail,
    now: Int64,
    _ violations: inout Violations
  ) -> CustomerChange {
    var draft = CustomerDraft(
      input,
      path: path,
      defaultCountry: country,
      now: now,
      violations: &violations
    )
    // Platforms send an empty external id for guests. It names no customer, and must not remove the
    // identifier of a customer that is named by an address.
    if case .clear = draft.externalID { draft.externalID = .leave }
    // A given identifier counts, even if it is malformed: one mistake is one violation. An omitted
    // identifier does not count.
    func given(_ text: String?) -> String? {
      text.flatMap { $0.contains { !$0.isWhitespace } ? $0 : nil }
    }
    let dropped = draft.droppedAddresses
    let identifiers = Identifiers(
      externalID: given(input.externalID),
      emailKey: dropped.contains(.email) ? nil : given(input.email),
      phone: dropped.contains(.sms) ? nil : given(input.phoneNumber)
    )
    if let error = IdentityRequest(mode: identity, given: identifiers).violation {
      violations.add(path, error)
    }
    return CustomerChange(
      draft: draft,
      mode: mode,
      author: author,
      identity: identity,
      onConflict: onConflict,
      flags: MarketingFlags(
        sms: draft.acceptsSMS,
        email: draft.acceptsEmail,
        actor: actor,
        source: source
      ),
      origin: origin,
      suspects: violations.suspects
    )
  }
}

extension CustomerChange {
  /// Checks the customer of an order or a checkout, whose values fill gaps only.
  package static func buyer(
    _ input: CustomerInput?,
    country: CountryCode?,
    now: Int64,
    _ violations: inout Violations
  ) -> CustomerChange {
    checked(
      input ?? CustomerInput(),
      path: "customer",
      mode: .fillGaps,
      author: .evidence,
      identity: .order,
      origin: .ecommercePlatform,
      country: country,
      source: "checkout",
      actor: .platform,
      now: now,
      &violations
    )
  }

  /// Makes a change of a customer that is not named by the input.
  package init(of draft: CustomerDraft, by actor: ConsentActor) {
    self.init(
      draft: draft,
      mode: .explicit,
      author: .request,
      identity: .upsert,
      onConflict: .fail,
      flags: MarketingFlags(
        sms: draft.acceptsSMS,
        email: draft.acceptsEmail,
        actor: actor,
        source: "update"
      ),
      origin: .api,
      setBy: "update"
    )
  }
}
