internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension CustomerHandlers {
  /// A checked UpdateCustomer request.
  struct Update: Sendable {
    var requestID: RequestID
    var id: Int64
    var change: CustomerChange
    /// True if properties that the input lacks are removed.
    var replacesProperties: Bool
    /// The etag that the record must still have; empty for any.
    var etag: String
    var lacksCountry: Bool
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUpdate(_ request: UpdateCustomerRequest, _ call: CallContext) throws -> Update
  {
    var violations = Violations(request.invalidFields, unspecified: .reject)
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    if request.id <= 0 {
      violations.add(
        "id",
        RuleError(
          reason: "REF_MISSING",
          message: "No customer is named. Expected is Patron's id, a positive number."
        )
      )
    }
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let actor = ConsentActor.checked(request.actor, unspecified: .operator, &violations)
    var input = request.customer ?? CustomerInput()
    let mask = UpdateMask(request.updateMask, on: &input, &violations)
    var draft = CustomerDraft(
      input,
      path: "customer",
      defaultCountry: country,
      now: call.now,
      isNamed: true,
      violations: &violations
    )
    draft.clearedFlags = mask.clearedFlags
    try violations.finish()
    var change = CustomerChange(of: draft, by: actor)
    change.suspects = violations.suspects
    return Update(
      requestID: requestID,
      id: request.id,
      change: change,
      replacesProperties: mask.replacesProperties,
      etag: request.etag,
      lacksCountry: violations.lacksCountry
    )
  }

  private static let updateRecords = RecordFields(
    customers: [UpdateCustomerResponse.Field.customer],
    warnings: UpdateCustomerResponse.Field.warnings
  )

  /// Changes one customer.
  static func update(
    _ update: Update,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    try FirstAnswers.answer(
      update.requestID,
      of: CustomerService.updateCustomer.method,
      in: writer,
      at: context.now,
      with: updateRecords,
      &response
    ) { response in
      let result = try perform(update, in: writer, at: context.now)
      response.appendCustomer(UpdateCustomerResponse.Field.customer, result.row)
      let start = response.count
      try response.append(
        UpdateCustomerResponse.with {
          $0.outcome = result.outcome
          $0.changedFields = result.changedFields
          $0.warnings = result.warnings
        }
      )
      return AnswerOutcome(start: start, customers: [result.row.id])
    }
  }

  private static func perform(
    _ update: Update,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> CustomerChange.Result {
    guard let row = try writer.read.customerRow(.id(update.id), withProvenance: true) else {
      throw try DomainError.customerNotFound(.id(update.id), in: writer.read)
    }
    var change = update.change
    if !update.etag.isEmpty || update.replacesProperties {
      let customer = try Customer(stored: row.body)
      guard update.etag.isEmpty || customer.etag == update.etag else {
        throw DomainError.etagMismatch(customer.etag)
      }
      if update.replacesProperties { change.draft.removeOtherProperties(of: customer) }
    }
    let plan = try change.plan(on: row, in: writer.read)
    return try change.perform(plan, in: writer, at: now)
  }
}

extension CustomerDraft {
  /// Adds the removal of every property that the customer has and the draft does not set.
  fileprivate mutating func removeOtherProperties(of customer: Customer) {
    let given = Set(properties.map(\.name))
    let others = customer.customProperties.keys.filter { !given.contains($0) }.sorted()
    properties += others.map { ($0, nil) }
  }
}

extension DomainError {
  /// Returns the error for a record that changed since the caller read it.
  static func etagMismatch(_ current: String) -> DomainError {
    reason(
      .aborted,
      "ETAG_MISMATCH",
      "The customer has changed since it was read. Read it again and repeat the update.",
      metadata: ["etag": current]
    )
  }
}
