internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// Merges that a request causes without asking for them: its identifiers belong to several records,
/// of which at most one is known to the shop, so they are surely one person's. Nothing is written
/// before ``perform(in:at:)``.
struct CustomerMerges {
  private let survivor: CustomerRow
  private let others: [CustomerRow]
  private let addresses: Identifiers
  private let replacesTags: Bool
  /// The number of records that move.
  private let records: Int64
  /// The merged record, without the values that only a write assigns.
  let row: CustomerRow
  /// Names of the fields of the survivor that change, sorted.
  let changedFields: [String]
  /// The channels of which an agreement of one of the records was not carried over.
  private let notCarried: Set<PatronModel.Channel>

  /// Chooses the survivor: the record that the shop knows, else the oldest. `addresses` are those
  /// that the request gives the customer; they bring their own consent. With `replacesTags` the
  /// request replaces all tags.
  ///
  /// - Throws: the errors of ``MergePlan``.
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

  /// Returns true if the customer is one of the merged records.
  func has(_ customerID: Int64) -> Bool {
    survivor.id == customerID || others.contains { $0.id == customerID }
  }

  /// Writes the merges and returns the record.
  ///
  /// - Throws: FAILED_PRECONDITION `MERGE_TOO_LARGE`, before anything is written, if earlier items
  ///   of the same batch moved so much that this merge would exceed the limit of one write.
  func perform(in writer: StoreWriter, at now: Int64) throws -> CustomerRow {
    let moved = writer.movedRecords
    guard moved == 0 || moved + records <= MergePlan.maxRecords else {
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

  /// Warnings for the caller: the merge itself, and the channels whose agreement was not carried
  /// over.
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
  /// The error for a batch whose items together move more than one write can.
  fileprivate static let batchMergesTooMuch = reason(
    .failedPrecondition,
    "MERGE_TOO_LARGE",
    "The item merges customers, and with those that items before it merged more than "
      + "\(MergePlan.maxRecords) events, orders, checkouts and ledger rows would move at once. "
      + "Send the item again in another request.",
    metadata: ["limit": String(MergePlan.maxRecords)]
  )
}
