package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A change of one customer, checked and ready for a write transaction.
package struct CustomerChange: Sendable {
  package var draft: CustomerDraft
  package var mode: ApplyMode
  package var author: ChangeAuthor
  package var identity: IdentityMode
  package var onConflict: OnConflict
  package var flags: MarketingFlags
  /// The origin that a new customer gets.
  package var origin: Origin
  /// Consent that an import brings; nil for all other changes.
  package var imported: ImportedConsent?
  /// The author of the fields in their provenance, for example `update`; nil if the caller notes
  /// the author with its event.
  package var setBy: String?
  /// The time at which the data of an order or an event was true, microseconds since 1970. Fields
  /// that were set later stay as they are; nil changes every field.
  var asOf: Int64?
  /// Patron's id of the event that makes the change, if it is known already. Fields that this event
  /// set may be set by it again.
  package var repeats: Int64?
  /// Identifiers of the request, those of an order included, that the store has to allow.
  package var suspects: [SuspectedPlaceholder] = []

  /// The result of a change.
  package struct Result {
    package var row: CustomerRow
    package var customer: Customer
    package var outcome: Outcome
    package var changedFields: [String]
    package var warnings: [Warning]

    /// Returns the customer's encoded provenance with `setter` as the author of the changed fields,
    /// or nil if that changes nothing.
    package func provenance(
      noting setter: Provenance.Setter,
      _ reader: StoreReader
    ) throws -> [UInt8]? {
      try Provenance.noting(changedFields, by: setter, over: try row.provenance(in: reader))
    }
  }

  /// The resolved target of a change. Nothing has been written yet.
  package struct Plan {
    package var draft: CustomerDraft
    package var found: IdentityResolution
    /// Addresses of the input that are shared by the store's settings, so that no customer has
    /// them. They were taken out of the draft.
    package var shared = SharedAddresses()
    /// Channels of which the input gives an address that is only an alias of the customer, once the
    /// rest of the plan is free of that address.
    package var former: Set<PatronModel.Channel> = []

    /// The customer as stored, or as it will be after the merges; nil for a new customer.
    package var row: CustomerRow? { found.row }

    /// Returns true if `customerID` is the planned customer, or is about to be merged into it.
    package func has(_ customerID: Int64) -> Bool {
      found.row?.id == customerID || found.merges?.has(customerID) == true
    }

    /// True if performing the plan moves records that were read before.
    var merges: Bool { found.merges != nil }
  }

  /// Finds the customer. Nothing is written, so that a caller can still refuse.
  package func plan(in reader: StoreReader) throws -> Plan {
    try suspects.check(in: reader)
    var draft = draft
    let shared = try draft.takeShared(in: reader)
    let found = try IdentityResolution.resolve(
      &draft,
      identity,
      onConflict,
      replaces: author == .request,
      without: shared,
      in: reader
    )
    return Plan(draft: draft, found: found, shared: shared)
  }

  /// Plans a change of a known customer. The identifiers of the draft are those that the customer
  /// will have; identifiers of other customers are refused.
  package func plan(on row: CustomerRow, in reader: StoreReader) throws -> Plan {
    try suspects.check(in: reader)
    var draft = draft
    let shared = try draft.takeShared(in: reader)
    let found = try IdentityResolution.resolve(draft, on: row, in: reader)
    return Plan(draft: draft, found: found, shared: shared)
  }

  /// Creates the customer or writes the changed fields. With `dryRun` nothing is written, and the
  /// id of a new customer is 0.
  package func perform(
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64,
    dryRun: Bool = false
  ) throws -> Result {
    let found = plan.found
    if found.merges != nil || !found.formerAddresses.isEmpty {
      return try performAround(plan, in: writer, at: now, dryRun: dryRun)
    }
    let decision = try decide(plan, in: writer, at: now)
    return try dryRun
      ? preview(decision, in: writer.read, at: now)
      : apply(decision, plan, in: writer, at: now)
  }

  /// Decides the effects of the change. Throws every refusal; nothing is written.
  func decide(_ plan: Plan, in writer: StoreWriter, at now: Int64) throws -> Decision {
    var decision =
      if let row = plan.found.row {
        try update(row, plan, in: writer.read, at: now)
      } else {
        try create(plan.draft, in: writer, at: now)
      }
    let left = author == .request ? plan.shared.fields.map(Warning.shared) : []
    decision.warnings =
      plan.draft.warnings + plan.found.kept.map(Warning.kept) + left + decision.warnings
    return decision
  }

  /// Returns the result of a decision as a dry run shows it.
  func preview(_ decision: borrowing Decision, in reader: StoreReader, at now: Int64) throws
    -> Result
  {
    var result = try decision.preview(at: now)
    result.warnings += try suppressedAddresses(of: result.row, decision, in: reader)
    return result
  }

  /// Writes a decision.
  func apply(
    _ decision: borrowing Decision,
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> Result {
    var result = try decision.write(in: writer, at: now)
    for move in decision.moves {
      try move.keepOptOut(of: decision.before, in: writer, at: now)
    }
    if let previous = decision.previousExternalID {
      try writer.addAlias(previous, of: result.row.id)
    }
    result.warnings += try suppressedAddresses(of: result.row, decision, in: writer.read)
    try noteSharedPhone(plan, in: writer, at: now)
    return result
  }

  /// Notes that people share a phone number, if the number was left with its owner.
  private func noteSharedPhone(_ plan: Plan, in writer: StoreWriter, at now: Int64) throws {
    guard let ownerID = plan.found.phoneOwner, let phone = draft.identifiers.phone,
      let email = draft.identifiers.emailKey ?? plan.row?.emailKey
    else { return }
    try SharedPhone.note(
      phone,
      of: ownerID,
      with: email,
      at: asOf ?? now,
      in: writer,
      now: now
    )
  }

  private func create(
    _ draft: CustomerDraft,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> Decision {
    var customer = Customer()
    var draft = draft
    let excess = draft.leaveExcessProperties(over: customer)
    var changed = draft.apply(to: &customer, .explicit, setsExternalID: true)
    try checkStillValid(customer)
    try draft.refuseErasedAddresses(in: writer)
    customer.origin = origin
    customer.createdAt = .init(micros: now)
    let emailKey = try emailKey(of: customer, draft, over: nil)
    let said = said(beside: (emailKey, customer.phoneNumber), former: [])
    let effect = try applyConsent(said, to: &customer, isNew: true, in: writer.read, at: now)
    changed += effect.changedFields
    var effects = CustomerEffects(customer, emailKey: emailKey, over: nil, stats: [])
    complete(&effects, effect, changed, at: now, event: ProfileEvent.created)
    return Decision(
      effects: effects,
      before: Customer(),
      outcome: .created,
      changedFields: changed.sorted(),
      warnings: excess + effect.warnings
    )
  }

  private func update(
    _ old: CustomerRow,
    _ plan: Plan,
    in reader: StoreReader,
    at now: Int64
  ) throws -> Decision {
    var customer = try Customer(stored: old.body)
    let before = customer
    var adopted = false
    var previousExternalID: String?
    if case .adopt(_, let previous) = plan.found.decision {
      adopted = true
      previousExternalID = previous
    }
    var draft = plan.draft
    let excess = draft.leaveExcessProperties(over: customer)
    var changed = try apply(&draft, to: &customer, over: old, adopted, in: reader)
    try checkStillValid(customer)
    let emailKey = try emailKey(of: customer, draft, over: old)
    let moves = AddressChange.all(from: old, to: emailKey, customer.phoneNumber)
    var reset = ConsentChanges()
    let left = try moves.map {
      try $0.apply(to: &customer, &reset, by: flags.actor, in: reader, at: now)
    }
    let said = said(beside: (emailKey, customer.phoneNumber), former: plan.former)
    var effect = try applyConsent(said, to: &customer, isNew: false, in: reader, at: now)
    effect.precede(by: reset)
    effect.warnings += zip(moves, left).compactMap { $0.warning(of: $1, customer) }
    changed += effect.changedFields
    guard !changed.isEmpty else {
      return Decision(stored: (old, customer), warnings: excess + effect.warnings)
    }
    var effects = CustomerEffects(customer, emailKey: emailKey, over: old, stats: old.stats)
    complete(&effects, effect, changed, at: now) { ProfileEvent.updated(before, to: $0, changed) }
    var decision = Decision(
      effects: effects,
      before: before,
      outcome: .updated,
      changedFields: changed.sorted(),
      warnings: excess + effect.warnings
    )
    decision.moves = moves
    decision.previousExternalID = previousExternalID
    return decision
  }

  /// Adds consent, event and author to the effects on the record.
  private func complete(
    _ effects: inout CustomerEffects,
    _ consent: MarketingFlags.Effect,
    _ changed: [String],
    at now: Int64,
    event: @escaping (Customer) -> Event?
  ) {
    effects.consents = consent.consents
    effects.suppressed = imported == nil ? consent.suppressed : [:]
    effects.changedFields = changed
    if let setBy { effects.provenance = .note(Provenance.Setter(name: setBy, at: now)) }
    guard author == .request || effects.old == nil else { return }
    effects.event = { [asOf, actor = flags.actor] customer in
      var event = event(customer)
      // Data read in an order or an event of the past was true at its time.
      if let asOf { event?.occurredAt = .init(micros: asOf) }
      event?.actor = .init(rawValue: Int32(actor.rawValue))
      return event
    }
  }

  /// Applies a draft to a known customer and returns the changed fields. Fields that the record has
  /// from a time after ``asOf`` are left out of the draft and stay.
  private func apply(
    _ draft: inout CustomerDraft,
    to customer: inout Customer,
    over old: CustomerRow,
    _ setsExternalID: Bool,
    in reader: StoreReader
  ) throws -> [String] {
    let before = customer
    let changed = draft.apply(to: &customer, mode, setsExternalID: setsExternalID)
    // Most events change nothing, and need no look-up of the provenance.
    guard let asOf, !changed.isEmpty else { return changed }
    draft.leave(
      what: before,
      has: try Provenance(stored: old.provenance(in: reader)),
      newerThan: asOf,
      unlessSetBy: repeats
    )
    customer = before
    return draft.apply(to: &customer, mode, setsExternalID: setsExternalID)
  }

  /// Warns of new addresses of a known customer that are suppressed, such as those of an erased
  /// customer.
  private func suppressedAddresses(
    of row: CustomerRow,
    _ decision: borrowing Decision,
    in reader: StoreReader
  ) throws -> [Warning] {
    // An agreement or an event may lift them yet, and has warnings of its own.
    guard author == .request, let old = decision.replaced else { return [] }
    return try PatronModel.Channel.allCases.compactMap { channel in
      guard let address = row.address(channel), address != old.address(channel),
        try !SuppressionReader(reader).suppressions(channel, of: address).isEmpty
      else { return nil }
      return .about(
        .addressSuppressed,
        field: "customer.\(channel.identifier.rawValue)"
      )
    }
  }

  private func applyConsent(
    _ said: SaidBeside,
    to customer: inout Customer,
    isNew: Bool,
    in reader: StoreReader,
    at now: Int64
  ) throws -> MarketingFlags.Effect {
    var effect =
      if let imported = said.imported {
        try imported.apply(
          with: said.flags,
          to: &customer,
          isNew: isNew,
          in: reader,
          at: now
        )
      } else {
        try said.flags.apply(to: &customer, in: reader, at: now)
      }
    effect.warnings = said.warnings + effect.warnings
    return effect
  }

  /// Returns the e-mail address in the form that is compared, taken from the input or the row if
  /// the address is theirs, else derived from it.
  private func emailKey(
    of customer: Customer,
    _ draft: CustomerDraft,
    over old: CustomerRow?
  ) throws -> String? {
    guard let email = customer.email else { return nil }
    if let given = draft.email.value, given.display == email { return given.key }
    if draft.email.isLeave, let old { return old.emailKey }
    return try EmailAddress(email).key
  }

  /// Checks the rules that an input alone cannot break: a customer keeps an address, and the number
  /// of properties is within its limit.
  private func checkStillValid(_ customer: Customer) throws {
    do throws(RuleError) {
      try IdentityRequest.requireContact(emailKey: customer.email, phone: customer.phoneNumber)
    } catch {
      throw DomainError.identity(error)
    }
    do throws(RuleError) {
      try CustomProperty.checkCount(customer.customProperties.count)
    } catch {
      throw DomainError.invalid([Violation(path: "customer.custom_properties", error: error)])
    }
  }
}

extension Warning {
  /// Warns that an identifier of another customer was left out.
  package static func kept(_ field: IdentifierField) -> Warning {
    .with {
      $0.reason = "IDENTIFIER_KEPT"
      $0.field = "customer.\(field.rawValue)"
      $0.message =
        "It belongs to another customer, or would replace the customer's own, and was left as it "
        + "is."
    }
  }

  /// Warns that a shared address, which no customer can have, was left out.
  package static func shared(_ field: IdentifierField) -> Warning {
    .with {
      $0.reason = "IDENTIFIER_SHARED"
      $0.field = "customer.\(field.rawValue)"
      $0.message = "The store's settings say that it is nobody's own; it was left out."
    }
  }
}
