internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// The end of a merge, decided but not written. Every refusal has already been thrown.
///
/// Both customers become as they were before. Later changes stay with the primary: events, orders
/// and checkouts that came after the merge, and fields that were changed after it. Three things go
/// back with the secondary though they are newer: its identifiers, the later history of its orders
/// and checkouts (their events too), and later statements of consent for its addresses.
package struct Unmerge {
  private let merge: MergeRow
  private let row: CustomerRow
  /// The records, without consent that has no ledger row yet.
  private var primary: Customer
  private var secondary: Customer
  private let consent: UnmergedConsent
  private let primaryProvenance: [UInt8]
  private let primaryKey: String?
  private let secondaryKey: String?
  /// Addresses that the primary had before the merge and does not get back.
  private let lost: [String]

  /// Decides the unmerge. Reads only.
  ///
  /// - Throws: NOT_FOUND `MERGE_NOT_FOUND`; FAILED_PRECONDITION `MERGE_UNDONE`, `UNMERGE_TOO_LATE`,
  ///   `UNMERGE_OUT_OF_ORDER`, `UNMERGE_CONFLICT`.
  package init(_ mergeID: Int64, in reader: StoreReader, at now: Int64) throws {
    let merge = try Self.undoable(mergeID, in: reader, at: now)
    guard let row = try reader.customerRow(.id(merge.primaryID)), row.id == merge.primaryID else {
      throw DomainError.mergeNotFound
    }
    self.merge = merge
    self.row = row
    let current = try Customer(stored: row.body)
    let before = try Customer(kept: merge.primaryBefore)
    let after = try Customer(kept: merge.primaryAfter)
    secondary = try Customer(kept: merge.secondary)
    primary = MergedRecord.undone(current, before: before, after: after, secondary: secondary)
    primaryProvenance = MergedRecord.provenance(
      undone: primary,
      from: current,
      try Provenance(stored: row.provenance(in: reader)),
      before: try Provenance(stored: merge.primaryProvenance),
      of: try Provenance(stored: merge.secondaryProvenance)
    )
    // One phone number in two spellings, of an older version: the primary has it.
    if secondary.phoneNumber == primary.phoneNumber, secondary.email != nil {
      secondary.phoneNumber = nil
    }
    primaryKey = try Self.key(primary.email)
    secondaryKey = try Self.key(secondary.email)
    try Self.refuse(primary, primaryKey, secondary, secondaryKey, row, in: reader)
    let former = (phone: before.phoneNumber, emailKey: try Self.key(before.email))
    lost = [
      former.phone == primary.phoneNumber ? nil : former.phone,
      former.emailKey == primaryKey ? nil : former.emailKey,
    ].compactMap(\.self)
    consent = UnmergedConsent(
      current: current,
      before: before,
      after: after,
      secondary: secondary,
      addresses: .init(
        merged: row,
        before: former,
        primary: (primary.phoneNumber, primaryKey),
        secondary: (secondary.phoneNumber, secondaryKey)
      ),
      optOuts: try LaterOptOuts(since: merge, in: reader),
      at: now
    )
    primary.subscriptions = consent.primary
    secondary.subscriptions = consent.secondary
  }

  /// Returns a merge that is recent, the last of its customer and not undone yet.
  private static func undoable(
    _ mergeID: Int64,
    in reader: StoreReader,
    at now: Int64
  ) throws -> MergeRow {
    guard let merge = try reader.merge(id: mergeID) else { throw DomainError.mergeNotFound }
    guard merge.unmergedAt == nil else { throw DomainError.mergeUndone(mergeID) }
    guard now - merge.mergedAt <= MergeJournal.lifetime, !merge.secondary.isEmpty else {
      throw DomainError.unmergeTooLate(mergeID)
    }
    if let later = try reader.latestMerge(of: merge.primaryID) {
      throw DomainError.unmergeOutOfOrder(later)
    }
    if let later = try reader.latestMerge(into: merge.primaryID), later != mergeID {
      throw DomainError.unmergeOutOfOrder(later)
    }
    return merge
  }

  private static func key(_ email: String?) throws -> String? {
    guard let email else { return nil }
    return try EmailAddress(email).key
  }

  /// Refuses identifiers of the two records that belong to another customer than the merged record.
  ///
  /// - Throws: FAILED_PRECONDITION `UNMERGE_CONFLICT`.
  private static func refuse(
    _ primary: Customer,
    _ primaryKey: String?,
    _ secondary: Customer,
    _ secondaryKey: String?,
    _ row: CustomerRow,
    in reader: StoreReader
  ) throws {
    for (customer, email) in [(primary, primaryKey), (secondary, secondaryKey)] {
      let keys: [(IdentifierField, CustomerKey?)] = [
        (.externalID, customer.externalID.map(CustomerKey.externalID)),
        (.email, email.map(CustomerKey.email)),
        (.phone, customer.phoneNumber.map(CustomerKey.phone)),
      ]
      for (field, key) in keys {
        guard let key, let owner = try reader.customerRow(key), owner.id != row.id else { continue }
        throw DomainError.unmergeConflict(field, owner: owner.id)
      }
    }
    guard primary.email != nil || primary.phoneNumber != nil else {
      throw DomainError.unmergeWithoutContact(row.id)
    }
    guard primary.phoneNumber == nil || primary.phoneNumber != secondary.phoneNumber else {
      throw DomainError.unmergeConflict(.phone, owner: row.id)
    }
  }
}

extension Customer {
  /// Decodes a record of the journal and brings the phone number into its one form, which a journal
  /// of an older version does not have.
  fileprivate init(kept record: [UInt8]) throws {
    try self.init(stored: record)
    guard let phone = phoneNumber, let form = try? PhoneNumber(phone) else { return }
    phoneNumber = form.e164
  }
}

// MARK: - Writing

extension Unmerge {
  /// Writes the end of the merge, and returns both customers. The primary gives its identifiers up
  /// before the secondary takes them.
  package func perform(
    in writer: StoreWriter,
    at now: Int64
  ) throws -> (primary: CustomerRow, secondary: CustomerRow) {
    let orders = try move(in: writer)
    let reader = writer.read
    let gone = try CustomerStats.counted(of: merge.secondaryID, in: reader)
    let left = try CustomerStats(row.stats).without(gone, orders, of: row.id, in: reader)
    let former = Set(try reader.formerIdentifiers(of: row.id))
    let primaryEffects = try effects(
      on: primary,
      primaryKey,
      consent.primaryChanges,
      left,
      primaryProvenance,
      over: row,
      beside: merge.secondaryID,
      at: now
    )
    let secondaryEffects = try effects(
      on: secondary,
      secondaryKey,
      consent.secondaryChanges,
      gone,
      merge.secondaryProvenance,
      over: nil,
      beside: row.id,
      at: now
    )
    let customers = CustomerWriter(writer, at: now)
    try liftSuppressions(in: writer)
    let primary = try customers.apply(primaryEffects).row
    let returning = try secondaryEffects.preview(at: now)
    for identifier in former where belongsToSecondary(identifier, returning) {
      try writer.remove(identifier)
    }
    let secondary = try customers.apply(secondaryEffects).row
    for identifier in merge.moved.formerIdentifiers where former.contains(identifier) {
      try writer.add(identifier, of: secondary.id)
    }
    try writer.endMerge(id: merge.id, at: now)
    writer.record(.mergeUndo, [.merge(merge.id), .customer(primary.id), .customer(secondary.id)])
    return (primary, secondary)
  }

  /// Removes the suppressions of the merge. A suppression stays if it changed since, or if its
  /// address did not return to its record, which has the opt-out.
  private func liftSuppressions(in writer: StoreWriter) throws {
    guard !merge.moved.suppressions.isEmpty else { return }
    let reader = SuppressionReader(writer.read)
    let lost = try lost.map(reader.hash)
    for row in merge.moved.suppressions where !lost.contains(row.addressHash) {
      let isSame = try reader.suppressions(row.channel, hash: row.addressHash).contains {
        $0.reason == row.reason && $0.suppressedAt == row.suppressedAt && $0.source == row.source
      }
      guard isSame, let reason = PatronModel.SuppressionReason(rawValue: Int(row.reason)) else {
        continue
      }
      try writer.removeSuppression(row.channel, addressHash: row.addressHash, reason: reason)
    }
  }

  private func belongsToSecondary(
    _ identifier: FormerIdentifier,
    _ row: CustomerRow
  ) -> Bool {
    switch identifier {
    case .id(let id): id == row.id
    case .externalID(let id): id == row.externalID
    case .address(let channel, let address): address == row.address(channel)
    }
  }

  /// Gives the secondary its records back and returns the contributions of its orders.
  private func move(in writer: StoreWriter) throws -> [OrderContribution] {
    let (from, to) = (row.id, merge.secondaryID)
    let moved = merge.moved
    let later = try laterEvents(in: writer.read)
    _ = try writer.moveEvents(moved.events + later, from: from, to: to) {
      try OwnedBody.naming(to, in: Event.Field.customerID, of: $0)
    }
    _ = try writer.moveOrders(moved.orders, from: from, to: to) {
      try OwnedBody.naming(to, in: Order.Field.customerID, of: $0)
    }
    _ = try writer.moveLedger(moved.ledger, from: from, to: to) {
      try OwnedBody.naming(to, in: ConsentRecord.Field.customerID, of: $0)
    }
    _ = try writer.moveCheckouts(moved.checkouts, from: from, to: to)
    return try CustomerStats.contributions(of: to, in: writer.read)
  }

  /// Returns the ids of later events that Patron derived from the orders and checkouts that go
  /// back. These events are corrected together with them.
  private func laterEvents(in reader: StoreReader) throws -> [Int64] {
    guard !merge.moved.orders.isEmpty || !merge.moved.checkouts.isEmpty else { return [] }
    let orders = Set(merge.moved.orders)
    let checkouts = Set(merge.moved.checkouts)
    var events: [Int64] = []
    try reader.timeline(of: row.id, behind: .newest, notBefore: .min) { entry in
      guard entry.position.id > merge.id,
        entry.source == PatronProto.EventSource.ecommerce.rawValue
      else { return true }
      let event = try Event(stored: entry.body)
      guard event.eventID.hasPrefix(EventCheck.reservedPrefix) else { return true }
      let token = event.references?.checkoutToken ?? ""
      if orders.contains(event.orderID) || checkouts.contains(token) { events.append(event.id) }
      return true
    }
    return events
  }

  /// Returns the effects of the end of the merge on one of the customers.
  private func effects(
    on customer: Customer,
    _ emailKey: String?,
    _ consents: ConsentChanges,
    _ stats: CustomerStats,
    _ provenance: [UInt8],
    over old: CustomerRow?,
    beside otherID: Int64,
    at now: Int64
  ) throws -> CustomerEffects {
    let id = old?.id ?? merge.secondaryID
    var customer = customer
    customer.id = id
    var effects = CustomerEffects(
      customer,
      emailKey: emailKey,
      over: old,
      stats: try stats.encoded()
    )
    effects.consents = consents
    effects.event = { [merge] _ in MergeEvent.unmerged(merge.id, of: id, and: otherID, at: now) }
    effects.provenance = .set(provenance)
    effects.isBounded = false
    return effects
  }
}
