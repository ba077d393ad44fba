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
    // Platforms send an empty one for guests. It names nobody, and must not take the identifier of
    // a customer away who is named by an address.
    if case .clear = draft.externalID { draft.externalID = .leave }
    // What was given counts, also where it is malformed: one mistake is one violation. What was
    // left out does not.
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
  /// A change of a customer who is named by other means than the input.
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
