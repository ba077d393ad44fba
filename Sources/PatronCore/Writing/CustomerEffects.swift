package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The effects of one change on one customer, decided but not written. Every change of a customer
/// has them: a call, an import, an event, an order, a merge or its end.
package struct CustomerEffects: ~Copyable {
  /// The record after the change, without its etag, its time and the ids of new ledger rows. The id
  /// of a new customer is 0.
  package var customer: Customer
  /// The e-mail address in the form that is compared.
  package var emailKey: String?
  /// The customer as stored; nil creates a customer.
  package var old: CustomerRow?
  /// The encoded statistics before the events of the change.
  package var stats: [UInt8]
  /// The changes of consent and the suppressions.
  package var consents = ConsentChanges()
  /// The factory of the event that has the number of the change, from the record as it is written;
  /// nil for none.
  package var event: ((Customer) -> Event?)?
  /// The events of changed states of consent.
  package var consentEvents = ConsentEvents.all
  /// The fields that changed; nil if any may have.
  package var changedFields: [String]?
  /// The author of the fields.
  package var provenance = ProvenanceEffect.keep
  /// True if a record that is too large is refused. Opt-outs are never refused for it.
  package var isBounded = true
  /// Channels whose suppression is known.
  package var suppressed: [PatronModel.Channel: Bool] = [:]

  package init(
    _ customer: Customer,
    emailKey: String?,
    over old: CustomerRow?,
    stats: [UInt8]
  ) {
    self.customer = customer
    self.emailKey = emailKey
    self.old = old
    self.stats = stats
  }

  /// Returns the row that a preview shows: as written, but for etag, ledger ids and events.
  package func preview(at now: Int64) throws -> CustomerRow {
    var customer = customer
    customer.updatedAt = .init(micros: now)
    return try row(of: customer, stats: stats, at: now)
  }

  func row(of customer: Customer, stats: [UInt8], at now: Int64) throws -> CustomerRow {
    let body = try customer.encoded()
    return CustomerRow(
      id: customer.id,
      externalID: customer.externalID,
      emailKey: emailKey,
      phone: customer.phoneNumber,
      updatedAt: now,
      body: isBounded ? try RecordLimit.customer.checked(body, over: old?.body) : body,
      stats: stats
    )
  }
}

/// The events that a change emits for changed states of consent.
package enum ConsentEvents {
  /// An event for each changed state.
  case all
  /// The events of other types than `type`, which is the evidence and on the timeline anyway.
  case except(type: String)
  /// None: the event of the change reports them.
  case none
}

/// The provenance of a customer after a change.
package enum ProvenanceEffect {
  /// The stored provenance stays. The caller records the author with its event, if there is any.
  case keep
  /// The changed fields have this setter, whose author is that of the writer.
  case note(Provenance.Setter)
  /// The given encoded entries.
  case set([UInt8])
}
