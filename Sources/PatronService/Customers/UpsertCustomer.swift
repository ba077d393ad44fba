internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked UpsertCustomer request.
  struct Upsert: Sendable {
    var change: CustomerChange
    var dryRun: Bool
    var lacksCountry: Bool
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUpsert(_ request: UpsertCustomerRequest, _ call: CallContext) throws -> Upsert
  {
    var violations = Violations(request.invalidFields, unspecified: .reject)
    let settings = UpsertSettings(
      country: request.defaultCountry,
      source: request.source,
      actor: request.actor,
      onConflict: request.onConflict,
      &violations
    )
    let change = settings.change(
      request.customer ?? CustomerInput(),
      path: "customer",
      now: call.now,
      &violations
    )
    try violations.finish()
    return Upsert(
      change: change,
      dryRun: request.validateOnly,
      lacksCountry: violations.lacksCountry
    )
  }

  /// Creates or updates one customer.
  static func upsert(
    _ upsert: Upsert,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    let plan = try upsert.change.plan(in: writer.read)
    let result = try upsert.change.perform(
      plan,
      in: writer,
      at: context.now,
      dryRun: upsert.dryRun
    )
    response.appendCustomer(UpsertCustomerResponse.Field.customer, result.row)
    try response.append(
      UpsertCustomerResponse.with {
        $0.outcome = result.outcome
        $0.changedFields = result.changedFields
        $0.warnings = result.warnings
      }
    )
  }
}

/// The settings of an upsert, for one customer or for a batch.
struct UpsertSettings: Sendable {
  var country: CountryCode?
  var source: String
  var actor: ConsentActor
  var onConflict: OnConflict

  init(
    country: String,
    source: String,
    actor: ActorKind,
    onConflict: OnConflict,
    _ violations: inout Violations
  ) {
    self.country = CountryCode.checked(country, &violations)
    self.actor = ConsentActor.checked(actor, unspecified: .platform, &violations)
    self.onConflict = onConflict
    violations.checkKnown("on_conflict", onConflict.rawValue, OnConflict.keepExisting.rawValue)
    self.source = violations.source(source, usual: "api")
  }

  /// Returns the change that an input asks for. Violations are added.
  func change(
    _ input: CustomerInput,
    path: String,
    now: Int64,
    _ violations: inout Violations
  ) -> CustomerChange {
    var change = CustomerChange.checked(
      input,
      path: path,
      mode: .explicit,
      author: .request,
      identity: .upsert,
      origin: .api,
      country: country,
      source: source,
      actor: actor,
      onConflict: onConflict,
      now: now,
      &violations
    )
    change.setBy = "upsert"
    return change
  }
}
