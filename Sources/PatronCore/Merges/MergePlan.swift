package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A merge of two customers, decided but not written. Every refusal has already been thrown.
package struct MergePlan {
  /// The maximum number of events, orders, checkouts and ledger rows of the secondary, and of all
  /// that a batch merges. They move in one write, which blocks all other writes for at most about
  /// half a second.
  static let maxRecords: Int64 = 20_000

  package let primary: MergedConsent.Side
  package let secondary: MergedConsent.Side
  /// The records that move.
  package let belongings: Belongings
  /// The merged record. Entries that the merge decides have no ledger row yet; id, etag and time of
  /// the last change are the primary's.
  package let customer: Customer
  /// The statistics without the events that report the merge.
  package let stats: CustomerStats
  /// The new aliases of the primary, without the aliases that it or the secondary had before.
  package let former: [FormerIdentifier]
  private let consent: MergedConsent
  private let emailKey: String?
  private let provenance: [UInt8]

  /// Decides the merge. Reads only.
  ///
  /// - Throws: FAILED_PRECONDITION `MERGE_TOO_LARGE`, `TAGS_TOO_MANY`, `PROPERTIES_TOO_MANY`,
  ///   `AMOUNT_OUT_OF_RANGE`.
  package init(
    _ primary: CustomerRow,
    _ secondary: CustomerRow,
    _ preferences: MergePreferences = MergePreferences(),
    in reader: StoreReader
  ) throws {
    belongings = try reader.belongings(of: secondary.id, limit: Self.maxRecords + 1)
    guard belongings.total <= Self.maxRecords else {
      throw DomainError.mergeTooLarge(secondary.id)
    }
    self.primary = try MergedConsent.Side(primary, in: reader)
    self.secondary = try MergedConsent.Side(secondary, in: reader)
    var merged: Customer
    do {
      merged = try MergedRecord.make(
        self.primary.customer,
        self.secondary.customer,
        preferences
      )
      stats = try .joined(
        CustomerStats(primary.stats),
        CustomerStats(secondary.stats),
        of: [primary.id, secondary.id],
        in: reader
      )
    } catch let error as RuleError {
      throw DomainError.notOne(primary.id, secondary.id, error)
    }
    // Two customers never have the same address, so the text decides whose address it is.
    let emailKey =
      merged.email == self.primary.customer.email ? primary.emailKey : secondary.emailKey
    let phone = merged.phoneNumber
    consent = MergedConsent(self.primary, self.secondary) { $0 == .sms ? phone : emailKey }
    merged.subscriptions = consent.subscriptions
    self.emailKey = emailKey
    former = Self.former(of: primary, secondary, merged, emailKey).filter {
      !preferences.freesReplaced || !primary.has($0)
    }
    provenance = MergedRecord.provenance(
      (self.primary.customer, self.primary.provenance),
      (self.secondary.customer, self.secondary.provenance),
      merged
    )
    customer = merged
  }

  private static func former(
    of primary: CustomerRow,
    _ secondary: CustomerRow,
    _ merged: Customer,
    _ emailKey: String?
  ) -> [FormerIdentifier] {
    var all = [FormerIdentifier.id(secondary.id)]
    for row in [primary, secondary] {
      if let id = row.externalID, id != merged.externalID { all.append(.externalID(id)) }
      if let email = row.emailKey, email != emailKey { all.append(.address(.email, email)) }
      if let phone = row.phone, phone != merged.phoneNumber { all.append(.address(.sms, phone)) }
    }
    return all
  }

  /// Names of the fields that change, sorted.
  package var changedFields: [String] {
    var names = MergedRecord.changes(from: primary.customer, to: customer)
    if customer.subscriptions != primary.customer.subscriptions { names.append("subscriptions") }
    return names.sorted()
  }

  /// Returns the primary as it would be stored, for callers that change it further before anything
  /// is written.
  package func row() throws -> CustomerRow {
    try row(customer, stats, at: primary.row.updatedAt)
  }

  /// Returns the primary as a merge would answer it, but for the etag and the ids of ledger rows,
  /// which only a write assigns.
  package func preview(at now: Int64) throws -> CustomerRow {
    var customer = customer
    customer.updatedAt = .init(micros: now)
    var stats = stats
    stats.count(event(0, by: .operator, at: now))
    return try row(customer, stats, at: now)
  }

  /// Returns the changes of consent.
  package func summary(_ merged: Customer) -> [SubscriptionChange] {
    MergedConsent.summary(from: primary.customer, to: merged)
  }

  private func row(
    _ customer: Customer,
    _ stats: CustomerStats,
    at now: Int64
  ) throws -> CustomerRow {
    var row = CustomerRow(
      id: primary.row.id,
      externalID: customer.externalID,
      emailKey: emailKey,
      phone: customer.phoneNumber,
      updatedAt: now,
      body: try RecordLimit.customer.checked(customer.encoded()),
      stats: try stats.encoded()
    )
    row.provenance = provenance
    return row
  }

  /// The channels on which an agreement of one of the two was not carried over.
  var notCarried: Set<PatronModel.Channel> { consent.notCarried }

  private func event(_ mergeID: Int64, by actor: ConsentActor, at now: Int64) -> Event {
    MergeEvent.merged(
      mergeID,
      with: secondary.row.id,
      belongings,
      former,
      summary(customer),
      by: actor,
      at: now
    )
  }
}

// MARK: - Writing

extension MergePlan {
  /// The result of a written merge.
  package struct Result {
    package var row: CustomerRow
    package var customer: Customer
    package var mergeID: Int64
  }

  /// Writes the merge. Removes the secondary first: two customers never have the same identifier,
  /// not for a moment.
  package func perform(in writer: StoreWriter, by actor: ConsentActor, at now: Int64) throws
    -> Result
  {
    let mergeID = try writer.nextID()
    let provenance = try (
      primary.row.provenance(in: writer.read), secondary.row.provenance(in: writer.read)
    )
    let suppressions = try keepOptOuts(in: writer, at: now)
    writer.noteMove(of: belongings.total)
    var moved = try move(in: writer, mergeID)
    moved.suppressions = suppressions
    var effects = CustomerEffects(
      customer,
      emailKey: emailKey,
      over: primary.row,
      stats: try stats.encoded()
    )
    effects.consents = consent.changes
    effects.consentEvents = .none
    effects.event = { _ in event(mergeID, by: actor, at: now) }
    effects.provenance = .set(self.provenance)
    let written = try CustomerWriter(writer, at: now).apply(effects, number: mergeID)
    let row = written.row
    for identifier in moved.formerIdentifiers + former {
      try writer.add(identifier, of: row.id)
    }
    try writer.insert(
      MergeRow(
        id: mergeID,
        primaryID: row.id,
        secondaryID: secondary.row.id,
        mergedAt: now,
        primaryBefore: primary.row.body,
        primaryAfter: row.body,
        primaryProvenance: provenance.0,
        secondary: secondary.row.body,
        secondaryProvenance: provenance.1,
        moved: moved
      )
    )
    try writer.emptyMerges(before: now - MergeJournal.lifetime)
    writer.record(
      .mergePerform,
      [.merge(mergeID), .customer(row.id), .customer(secondary.row.id)]
    )
    return Result(row: row, customer: written.customer, mergeID: mergeID)
  }

  /// Suppresses the addresses that the merged record does not keep if their record held an opt-out.
  /// The customer's consent now belongs to another address, and a later change or an erasure must
  /// not bring these addresses back without the opt-out. Returns the written suppressions, which an
  /// unmerge takes back.
  private func keepOptOuts(in writer: StoreWriter, at now: Int64) throws -> [SuppressionRow] {
    var written: [SuppressionRow] = []
    for side in [primary, secondary] {
      let names = try writer.read.formerIdentifiers(of: side.row.id)
      for channel in PatronModel.Channel.allCases {
        let kept = channel == .sms ? customer.phoneNumber : emailKey
        let own = side.row.address(channel)
        guard own == nil || own != kept else { continue }
        let optOut = KeptOptOut(
          of: side.customer,
          channel,
          source: ConsentSource.merge,
          at: now
        )
        guard let optOut else { continue }
        let addresses = (own.map { [.address(channel, $0)] } ?? []) + names
        for case .address(channel, let address) in addresses {
          if let row = try optOut.suppress(address, in: writer) { written.append(row) }
        }
      }
    }
    return written
  }

  /// Moves everything from the secondary to the primary and removes the secondary.
  private func move(in writer: StoreWriter, _ mergeID: Int64) throws -> MovedRecords {
    let (from, to) = (secondary.row.id, primary.row.id)
    try writer.moveTombstones(from: from, to: to)
    let moved = MovedRecords(
      events: try writer.moveEvents(from: from, to: to) {
        try OwnedBody.naming(to, in: Event.Field.customerID, of: $0)
      },
      orders: try writer.moveOrders(from: from, to: to) {
        try OwnedBody.naming(to, in: Order.Field.customerID, of: $0)
      },
      ledger: try writer.moveLedger(from: from, to: to) {
        try OwnedBody.naming(to, in: ConsentRecord.Field.customerID, of: $0)
      },
      checkouts: try writer.moveCheckouts(from: from, to: to),
      formerIdentifiers: try writer.read.formerIdentifiers(of: from)
    )
    try writer.removeMerged(secondary.row, reportedBy: mergeID)
    return moved
  }
}

extension CustomerRow {
  /// Returns true if the customer has the address.
  fileprivate func has(_ former: FormerIdentifier) -> Bool {
    guard case .address(let channel, let address) = former else { return false }
    return address == self.address(channel)
  }
}

extension DomainError {
  /// Returns the error for a merge whose result exceeds the limits of one customer. Callers of an
  /// upsert did not ask for a merge, so the message says that a merge was tried.
  fileprivate static func notOne(
    _ primary: Int64,
    _ secondary: Int64,
    _ error: RuleError
  ) -> DomainError {
    reason(
      .failedPrecondition,
      error.reason,
      "Customers \(primary) and \(secondary) cannot become one customer: "
        + "\(error.message) Change one of them first, by its id.",
      metadata: ["customer_id": String(primary), "other_customer_id": String(secondary)]
    )
  }

  /// Returns the error for a merge that moves more than one write can.
  fileprivate static func mergeTooLarge(_ id: Int64) -> DomainError {
    reason(
      .failedPrecondition,
      "MERGE_TOO_LARGE",
      "Customer \(id) has more than \(MergePlan.maxRecords) events, orders, checkouts and ledger "
        + "rows, which is more than one merge moves. Name it as the primary and the other one as "
        + "the secondary, or send the identifiers of one of them only.",
      metadata: ["customer_id": String(id), "limit": String(MergePlan.maxRecords)]
    )
  }
}
