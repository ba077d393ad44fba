internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked import.
  struct Import: Sendable {
    var store: StoreID
    var batch: Batch<CustomerChange>
    var dryRun: Bool
  }

  /// Checks every item of the import.
  static func prepareImport(_ request: ImportCustomersRequest) throws -> Import {
    let store = try StoreID.named(request.storeID)
    var violations = Violations(request.invalidFields, unspecified: .drop)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    violations.checkKnown(
      "consent_policy", request.consentPolicy.rawValue, ConsentPolicy.overwrite.rawValue)
    if !request.source.isEmpty {
      _ = violations.check("source") { () throws(RuleError) in
        try ConsentRules.checkSource(request.source)
      }
    }
    try violations.finish()
    let name = request.source.isEmpty ? "import" : request.source
    let now = WallClock.now()
    let batch = try Batch(
      request.items, field: "items", dropsSecondary: violations.dropsSecondary
    ) { item, violations in
      // Files hold customers with e-mail and phone and without external id, as guests' orders do.
      var change = CustomerChange.checked(
        item.customer ?? CustomerInput(), path: "customer", mode: .explicit, identity: .order,
        origin: .import, country: country, source: name, actor: .operator, now: now, &violations)
      change.setBy = name
      let earlier = violations.warnings.count
      var imported = ImportedConsent(
        entries: ImportedConsent.entries(item.subscriptions, now: now, &violations),
        suppressions: ImportedConsent.suppressions(item.suppressions, now: now, &violations),
        overwrites: request.consentPolicy == .overwrite, name: name)
      imported.leave(channels: change.draft.droppedAddresses, &violations)
      change.draft.warnings += violations.warnings.dropFirst(earlier).map(Warning.about)
      change.imported = imported
      return change
    }
    return Import(store: store, batch: batch, dryRun: request.validateOnly)
  }

  /// Takes the customers in order. With `validate_only` all of it is taken back in the end, so that
  /// each item is answered with regard to those before it.
  static func importCustomers(
    _ request: Import, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let outcome =
      try request.dryRun
      ? context.transaction.tentatively { try apply(request, context) }
      : apply(request, context)
    try response.append(
      ImportCustomersResponse.with {
        $0.results = outcome.results
        $0.counts = outcome.counts
      })
  }

  private static func apply(_ request: Import, _ context: WriteContext) throws -> BatchOutcome {
    let writer = context.store(request.store)
    // Ids that a dry run gives are given again, to others.
    var untrue: Set<Int64> = []
    return try request.batch.apply(in: context) { change in
      let plan = try change.plan(in: writer.read)
      try change.imported?.checkAddresses(change.draft, over: plan.row)
      let result = try change.perform(plan, in: writer, at: context.now)
      if request.dryRun, result.outcome == .created { untrue.insert(result.row.id) }
      return .with {
        $0.outcome = result.outcome
        $0.customerID = untrue.contains(result.row.id) ? 0 : result.row.id
        $0.warnings = result.warnings
      }
    }
  }
}
