internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The only writer of customers. It applies the effects of a change in this order; each step needs
/// the steps before it. Rows, event and provenance name the writer's author:
///
/// 1. number: the id of a new customer, then the number of the change, which is the record's etag;
/// 2. ledger: rows and suppressions, whose ids go into the record;
/// 3. event: the event with the number of the change, into the timeline and the statistics;
/// 4. record: encoded, and refused if it is too large;
/// 5. provenance;
/// 6. consent events, one for each changed state, into the timeline and the statistics;
/// 7. row, with the terms of the filters.
package struct CustomerWriter {
  private let writer: StoreWriter
  private let now: Int64

  package init(_ writer: StoreWriter, at now: Int64) {
    self.writer = writer
    self.now = now
  }

  /// A customer as written, with its row.
  package struct Written {
    package var row: CustomerRow
    package var customer: Customer
    /// The changes of consent with the ids of their ledger rows.
    package var consents: ConsentChanges
  }

  /// Writes the effects. `number` is the number of the change if the caller took it already.
  ///
  /// - Throws: FAILED_PRECONDITION `CUSTOMER_TOO_LARGE`.
  package func apply(_ effects: borrowing CustomerEffects, number given: Int64? = nil) throws
    -> Written
  {
    var customer = effects.customer
    if customer.id == 0 { customer.id = try writer.nextCustomerID() }
    let number = try given ?? writer.nextID()
    customer.etag = String(number)
    customer.updatedAt = .init(micros: now)

    var consents = effects.consents
    try consents.record(in: &customer, writer, at: now)

    var stats = effects.stats
    var terms = RowTerms()
    if let event = effects.event?(customer) {
      var timeline = try TimelineWriter(writer, customerID: customer.id, stats: stats, now: now)
      try timeline.add(event, id: number)
      stats = try timeline.stats.encoded()
      if effects.changedFields != nil, consents.isEmpty {
        terms.stats = timeline.terms
      }
    }

    var row = try effects.row(of: customer, stats: stats, at: now)
    row.provenance = try provenance(of: effects)
    switch effects.consentEvents {
    case .all: try consents.emit(of: &row, in: writer, at: now)
    case .except(let type): try consents.emit(of: &row, in: writer, at: now, except: type)
    case .none: break
    }
    try put(row, customer, effects, &terms)
    return Written(row: row, customer: customer, consents: consents)
  }

  private func provenance(of effects: borrowing CustomerEffects) throws -> [UInt8]? {
    let stored = effects.old.map(\.provenance) ?? []
    switch effects.provenance {
    case .keep: return stored
    case .set(let entries): return entries
    case .note(var setter):
      setter.author = writer.author
      let known = try effects.old?.provenance(in: writer.read) ?? []
      return try Provenance.noting(effects.changedFields ?? [], by: setter, over: known) ?? stored
    }
  }

  private func put(
    _ row: CustomerRow,
    _ customer: Customer,
    _ effects: borrowing CustomerEffects,
    _ terms: inout RowTerms
  ) throws {
    if let old = effects.old {
      if let changed = effects.changedFields, !CustomerTerms.depend(onAnyOf: changed) {
        terms.body = .unchanged
      }
      return try writer.update(row, replacing: old, terms: terms)
    }
    let suppressed = try CustomerTerms.suppressedChannels(
      of: row,
      in: writer.read,
      known: effects.suppressed
    )
    terms.body = .known(
      CustomerTerms.of(
        customer,
        AddressFacts(
          suppressedChannels: suppressed,
          sharedPhoneDay: try SharedPhone.day(of: row, in: writer.read)
        )
      )
    )
    try writer.insert(row, terms: terms)
  }
}
