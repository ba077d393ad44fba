internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Merges that a request brings about by itself: its identifiers belong to several records of which
/// at most one is known to the shop, so they are surely one person's. Nothing is written before
/// ``perform(in:at:)``.
struct CustomerMerges {
  private let survivor: CustomerRow
  private let others: [CustomerRow]
  private let addresses: Identifiers
  private let replacesTags: Bool
  /// How many records move.
  private let records: Int64
  /// The record that they become, but for what only a write gives out.
  let row: CustomerRow
  /// Names of the fields of the survivor that change, sorted.
  let changedFields: [String]
  /// Channels of which an agreement of one of them did not come over.
  private let notCarried: Set<PatronModel.Channel>

  /// Decides who stays: the one whom the shop knows, else the oldest. `addresses` are those that
  /// the request gives the customer; they bring their own consent. With `replacesTags` the request
  /// gives all tags anew.
  ///
  /// - Throws: what ``MergePlan`` throws.
  init(
    _ rows: [CustomerRow],
    taking addresses: Identifiers,
    replacesTags: Bool,
    in reader: StoreReader
  ) throws {
    let known = rows.first { $0.match.hasOwnExternalID }
    guard let survivor = known ?? rows.min(by: { $0.id < $1.id }) else {
      throw DomainError.unexpected
    }
    try self.init(
      survivor,
      rows.filter { $0.id != survivor.id },
      taking: addresses,
      replacesTags: replacesTags,
      in: reader
    )
  }

  /// Merges `others` into `survivor`, in the order of their age.
  init(
    _ survivor: CustomerRow,
    _ others: [CustomerRow],
    taking addresses: Identifiers,
    replacesTags: Bool,
    in reader: StoreReader
  ) throws {
    self.survivor = survivor
    self.addresses = addresses
    self.replacesTags = replacesTags
    self.others = others.sorted { $0.id < $1.id }
    var row = survivor
    var records: Int64 = 0
    var changed: Set<String> = []
    var notCarried: Set<PatronModel.Channel> = []
    for other in self.others {
      let plan = try MergePlan(
        row,
        other,
        MergePreferences(addresses, of: other, replacesTags: replacesTags),
        in: reader
      )
      records += plan.belongings.total
      changed.formUnion(plan.changedFields)
      notCarried.formUnion(plan.notCarried)
      row = try plan.row()
    }
    self.row = row
    self.records = records
    changedFields = changed.sorted()
    self.notCarried = notCarried
  }

  /// Whether the customer is one of them.
  func has(_ customerID: Int64) -> Bool {
    survivor.id == customerID || others.contains { $0.id == customerID }
  }

  /// Writes the merges; returns the record.
  ///
  /// - Throws: FAILED_PRECONDITION `MERGE_TOO_LARGE`, before anything is written, where items
  ///   of the same batch moved so much that this would be too much for one write.
  func perform(in writer: StoreWriter, at now: Int64) throws -> CustomerRow {
    let moved = writer.movedRecords
    guard moved == 0 || moved + records <= MergePlan.mostRecords else {
      throw DomainError.batchMergesTooMuch
    }
    var row = survivor
    for other in others {
      let plan = try MergePlan(
        row,
        other,
        MergePreferences(addresses, of: other, replacesTags: replacesTags),
        in: writer.read
      )
      row = try plan.perform(in: writer, by: .system, at: now).row
    }
    return row
  }

  /// What the caller should know.
  var warnings: [Warning] {
    [merged] + PatronModel.Channel.allCases.filter(notCarried.contains).map(Warning.notCarried)
  }

  private var merged: Warning {
    let list = others.map { String($0.id) }.joined(separator: ", ")
    return .with {
      $0.reason = "CUSTOMERS_MERGED"
      $0.field = "customer"
      $0.message =
        "The identifiers were those of several records of one person: \(list) merged into "
        + "\(survivor.id). The event profile_merged has the merge_id for UnmergeCustomers."
    }
  }
}

extension DomainError {
  /// One write cannot move what all items of a batch merge.
  fileprivate static let batchMergesTooMuch = reason(
    .failedPrecondition,
    "MERGE_TOO_LARGE",
    "The item merges customers, and with those that items before it merged more than "
      + "\(MergePlan.mostRecords) events, orders, checkouts and ledger rows would move at once. "
      + "Send the item again in another request.",
    metadata: ["limit": String(MergePlan.mostRecords)]
  )
}

extension CustomerChange {
  /// Performs a plan that is about more than one record's present identifiers: merges first, and
  /// takes no agreement for an address that the customer only answers to. Suppressions of such an
  /// address are that address's.
  func performAround(
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64,
    dryRun: Bool
  ) throws -> Result {
    var change = self
    let suppressed = change.takeSuppressions(besides: plan)
    var result = try change.performMerging(plan, in: writer, at: now, dryRun: dryRun)
    for (address, suppression) in suppressed {
      let isNew = try address.suppress(
        suppression.reason,
        suppression.cause(at: now),
        writer,
        dryRun: dryRun
      )
      if isNew, result.outcome == .unchanged { result.outcome = .updated }
    }
    return result
  }

  private func performMerging(
    _ plan: Plan,
    in writer: StoreWriter,
    at now: Int64,
    dryRun: Bool
  ) throws -> Result {
    var change = self
    let warnings = change.leaveAgreements(plan.found.formerAddresses)
    var next = plan
    next.former = plan.found.formerAddresses
    next.found.formerAddresses = []
    guard let merges = plan.found.merges else {
      var result = try change.perform(next, in: writer, at: now, dryRun: dryRun)
      result.warnings += warnings
      return result
    }
    next.found.merges = nil
    // What is refused is refused before the merge is written.
    var result = try change.perform(next, in: writer, at: now, dryRun: true)
    if !dryRun {
      next.found.row = try merges.perform(in: writer, at: now)
      result = try change.perform(next, in: writer, at: now)
    }
    result.outcome = .merged
    // What an event or an order filled is its own; what a merge brought is not.
    if mode == .explicit {
      result.changedFields = Set(result.changedFields).union(merges.changedFields).sorted()
    }
    // Where the request replaces the address of the merged record too, once is enough.
    result.warnings += warnings + merges.warnings.filter { !result.warnings.contains($0) }
    return result
  }

  /// Takes out the suppressions of addresses that the customer only answers to.
  private mutating func takeSuppressions(
    besides plan: Plan
  ) -> [(UnknownAddress, ImportedConsent.Suppressed)] {
    var taken: [(UnknownAddress, ImportedConsent.Suppressed)] = []
    let given = draft.identifiers
    imported?.suppressions.removeAll { suppression in
      let channel = suppression.channel
      // What is not left out becomes the customer's.
      let (address, isLeft) =
        switch channel {
        case .sms: (given.phone, plan.draft.phone.isLeave)
        case .email: (given.emailKey, plan.draft.email.isLeave)
        }
      guard let address, isLeft, plan.found.formerAddresses.contains(channel) else { return false }
      taken.append((UnknownAddress(channel, address), suppression))
      return true
    }
    return taken
  }

  /// Leaves out what would subscribe a customer on channels of which the input gives an address
  /// that nothing is sent to.
  private mutating func leaveAgreements(_ channels: Set<PatronModel.Channel>) -> [Warning] {
    var left: [PatronModel.Channel] = []
    if channels.contains(.sms), flags.sms == true {
      flags.sms = nil
      left.append(.sms)
    }
    if channels.contains(.email), flags.email == true {
      flags.email = nil
      left.append(.email)
    }
    _ = imported?.leaveAgreements(channels)
    return left.map { channel in
      .with {
        $0.reason = "ADDRESS_FORMER"
        $0.field = "customer.accepts_\(channel.name)_marketing"
        $0.message =
          "The customer had that address before a merge and has another one now, so the agreement "
          + "was left out."
      }
    }
  }
}

extension ImportedConsent {
  /// Leaves out agreements of some channels; returns whether there were any.
  mutating func leaveAgreements(_ channels: Set<PatronModel.Channel>) -> Bool {
    let count = entries.count
    entries.removeAll { channels.contains($0.channel) && $0.consent.state != .unsubscribed }
    return entries.count < count
  }
}
