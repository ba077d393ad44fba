internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked ImportCustomers request.
  struct Import: BatchRequest {
    var batch: Batch<ImportedRow>
    var dryRun: Bool

    var isDivisible: Bool { !dryRun }
  }

  /// Checks every item of the import.
  static func prepareImport(_ request: ImportCustomersRequest, _ call: CallContext) throws -> Import
  {
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    violations.checkKnown(
      "consent_policy",
      request.consentPolicy.rawValue,
      ConsentPolicy.overwrite.rawValue
    )
    violations.checkKnown("on_mismatch", request.onMismatch.rawValue, OnMismatch.keep.rawValue)
    let name = violations.source(request.source, usual: "import")
    try violations.finish()
    let now = call.now
    let items = Array(request.items.enumerated())
    let batch = try Batch(
      items,
      field: "items",
      dropsSecondary: violations.dropsSecondary
    ) { place, violations in
      let item = place.element
      // Customers in files may have e-mail and phone and no external id, like those of guests'
      // orders.
      var change = CustomerChange.checked(
        item.customer ?? CustomerInput(),
        path: "customer",
        mode: .explicit,
        author: .request,
        identity: .row,
        origin: .import,
        country: country,
        source: name,
        actor: .operator,
        onConflict: request.onMismatch == .keep ? .keepExisting : .fail,
        now: now,
        &violations
      )
      change.setBy = name
      let overwrites = request.consentPolicy == .overwrite
      addConsent(of: item, to: &change, overwrites: overwrites, name: name, now: now, &violations)
      return ImportedRow(
        change: change,
        number: item.row > 0 ? item.row : Int32(place.offset + 1)
      )
    }
    return Import(batch: batch, dryRun: request.validateOnly)
  }

  /// Checks the consent and the suppressions of an item, and adds them to its change with their
  /// warnings. Those of a dropped address are left out.
  private static func addConsent(
    of item: ImportItem,
    to change: inout CustomerChange,
    overwrites: Bool,
    name: String,
    now: Int64,
    _ violations: inout Violations
  ) {
    let earlier = violations.warnings.count
    var imported = ImportedConsent(
      entries: ImportedConsent.entries(
        item.subscriptions,
        refuses: item.refuses,
        now: now,
        &violations
      ),
      suppressions: ImportedConsent.suppressions(item.suppressions, now: now, &violations),
      overwrites: overwrites,
      name: name
    )
    imported.leave(channels: change.draft.droppedAddresses, &violations)
    change.draft.warnings += violations.warnings.dropFirst(earlier).map(Warning.about)
    change.imported = imported
  }

  /// Imports the customers in order, in pieces. With `validate_only` there is one piece, and all
  /// changes are rolled back at its end, so that the result of each item takes account of the items
  /// before it.
  static func importCustomers(
    _ request: Import,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws -> WriteStep {
    let dryRun = request.dryRun
    let pieces = BatchPieces<_, _, ImportCustomersResponse>(
      request.batch,
      memory: ImportedRows()
    ) { row, rows, writer, context in
      var change = row.change
      let plan: CustomerChange.Plan
      do {
        plan = try change.plan(in: writer.read)
      } catch let mismatch as IdentifierMismatch {
        throw rows.refusal(of: row, mismatch)
      }
      let restrictions = change.takeRestrictions(besides: plan, at: context.now)
      try change.imported?.checkAddresses(change.draft, over: plan.row)
      let result = try change.perform(plan, in: writer, at: context.now)
      for restriction in restrictions { try restriction.apply(in: writer) }
      let repeated = rows.take(
        row,
        of: result.row.id,
        isUntrue: dryRun && result.outcome == .created
      )
      return .with {
        $0.outcome = result.outcome
        $0.customerID = rows.shown(result.row.id)
        $0.warnings = result.warnings + [repeated].compactMap(\.self)
      }
    }
    guard dryRun else { return try pieces.step(context, &response) }
    return try context.transaction.tentatively { try pieces.step(context, &response) }
  }
}

extension ImportItem {
  /// True if the item says that a customer does not want messages, or cannot receive them.
  fileprivate var refuses: Bool {
    subscriptions.contains { $0.state == .unsubscribed } || !suppressions.isEmpty
      || customer?.acceptsSMSMarketing == false || customer?.acceptsEmailMarketing == false
  }
}
