internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked request.
  struct Subscribing: Sendable {
    var store: StoreID
    var requestID: RequestID
    var customer: CustomerChange
    var scope: ConsentScope
    var evidence: CheckedEvidence
    var actor: ConsentActor
    /// Whether the agreement is to be confirmed; nil is as the store wants it.
    var doubleOptIn: Bool?
  }

  /// Checks everything that needs no look at the store.
  static func prepareSubscribe(_ request: SubscribeCustomerRequest) throws -> Subscribing {
    let store = try StoreID.named(request.storeID)
    let now = WallClock.now()
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    let country = CountryCode.checked(request.defaultCountry, &violations)
    let given = request.customer ?? CustomerInput()
    let input = CustomerInput.with {
      $0.externalID = given.externalID
      $0.email = given.email
      $0.phoneNumber = given.phoneNumber
      $0.firstName = given.firstName
      $0.lastName = given.lastName
    }
    var customer = CustomerChange.checked(
      input, path: "customer", mode: .fillGaps, identity: .order, origin: .subscriptionTool,
      country: country, source: "api", actor: .platform, now: now, &violations)
    customer.setBy = "subscribe"
    if request.actor == .unspecified {
      violations.add(
        "actor",
        RuleError(
          reason: "ACTOR_REQUIRED",
          message: "Say who acts: only a customer's own agreement undoes a customer's own opt-out.")
      )
    }
    let evidence = CheckedEvidence(request.evidence, needsSource: true, now: now, &violations)
    let subscribing = Subscribing(
      store: store, requestID: requestID, customer: customer,
      scope: ConsentScope(request.channels, topics: request.topics, &violations),
      evidence: evidence,
      actor: .checked(request.actor, unspecified: .operator, &violations),
      doubleOptIn: request.historical ? false : request.doubleOptIn)
    if request.historical { checkHistorical(request, evidence, now, &violations) }
    try violations.finish()
    return subscribing
  }

  private static func checkHistorical(
    _ request: SubscribeCustomerRequest, _ evidence: CheckedEvidence, _ now: Int64,
    _ violations: inout Violations
  ) {
    if request.evidence?.occurredAt == nil || evidence.occurredAt ?? .min >= now {
      violations.add(
        "evidence.occurred_at",
        RuleError(
          reason: "HISTORICAL_TIME_REQUIRED",
          message: "An agreement of the past needs its time, which is before now."))
    }
    if request.doubleOptIn == true {
      violations.add(
        "double_opt_in",
        RuleError(
          reason: "HISTORICAL_NOT_CONFIRMED",
          message: "Nobody is asked to confirm an agreement of the past: leave one of historical "
            + "and double_opt_in out."))
    }
  }

  /// Records an agreement. The customer is made when unknown.
  static func subscribe(
    _ subscribing: Subscribing, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(subscribing.store)
    let start = response.count
    // The answer that is kept holds the seed in the place of the token.
    try FirstAnswers.answer(
      subscribing.requestID, of: CustomerService.subscribeCustomer.method, in: writer,
      at: context.now, about: &response
    ) { response in
      let (row, answer) = try perform(subscribing, writer, at: context.now)
      response.appendCustomer(1, row)
      try response.append(answer)
      return [row.id]
    }
    var answer = try SubscribeCustomerResponse(
      stored: response.withUnsafeBytes { Array($0.dropFirst(start)) })
    guard let seed = Base64URL.decode(answer.confirmationToken), !seed.isEmpty else { return }
    answer.confirmationToken = Base64URL.encode(
      try Confirmations.token(of: seed, in: writer.read))
    response.truncate(to: start)
    try response.append(answer)
  }

  private static func perform(
    _ subscribing: Subscribing, _ writer: StoreWriter, at now: Int64
  ) throws -> (CustomerRow, SubscribeCustomerResponse) {
    let plan = try subscribing.customer.plan(in: writer.read)
    try subscribing.checkAddresses(plan)
    let asks = try subscribing.asksForConfirmation(in: writer.read)
    // Refused before anything is written: a record that is made anew cannot be refused.
    if let row = plan.row {
      var trial = try ConsentEdit(row, writer, at: now)
      _ = try subscribing.apply(to: &trial, asks, at: now)
    }
    let customer = try subscribing.customer.perform(plan, in: writer, at: now)
    var edit = try ConsentEdit(customer.row, writer, at: now)
    let warnings = try subscribing.apply(to: &edit, asks, at: now)
    try edit.write()
    let pending = subscribing.scope.pairs.filter { channel, topic in
      asks[channel] == true && edit.customer.consent(channel, topic).state == .pending
    }
    var answer = SubscribeCustomerResponse.with {
      $0.changes = edit.summary
      $0.warnings = customer.warnings + warnings
      $0.outcome =
        customer.outcome == .unchanged && !edit.isEmpty ? .updated : customer.outcome
    }
    if !pending.isEmpty {
      let seed = Confirmations.seed()
      let token = try Confirmations.token(of: seed, in: writer.read)
      try Confirmations.keep(token, for: pending, of: edit.row, in: writer, at: now)
      answer.confirmationToken = Base64URL.encode(seed)
    }
    return (edit.row, answer)
  }
}

extension ConsentHandlers.Subscribing {
  /// Refuses channels without an address, and an agreement for another address than the customer's:
  /// that would be taken for one it was not given for.
  fileprivate func checkAddresses(_ plan: CustomerChange.Plan) throws {
    let given = customer.draft.identifiers
    for channel in scope.channels {
      let stored = plan.row?.address(channel)
      let named = channel == .sms ? given.phone : given.emailKey
      guard stored != nil || named != nil else { throw RPCError.noAddress(channel) }
      if let row = plan.row, let stored, let named, stored != named {
        throw RPCError.otherAddress(channel, of: row.id)
      }
    }
  }

  /// Of which channels an agreement is to be confirmed.
  fileprivate func asksForConfirmation(
    in reader: StoreReader
  ) throws -> [PatronModel.Channel: Bool] {
    let settings = try doubleOptIn == nil ? StoreSettings(of: reader) : nil
    return Dictionary(
      uniqueKeysWithValues: scope.channels.map { channel in
        (channel, doubleOptIn ?? settings?.asksForConfirmation(channel) ?? false)
      })
  }

  /// Puts the agreement into an edit. Returns what the caller should know.
  fileprivate func apply(
    to edit: inout ConsentEdit, _ asks: [PatronModel.Channel: Bool], at now: Int64
  ) throws -> [Warning] {
    var warnings: [Warning] = []
    let statement = evidence.statement(by: actor, at: now)
    for (channel, topic) in scope.pairs {
      let transition: ConsentTransition
      do throws(RuleError) {
        transition = try ConsentRules.subscribe(
          statement, to: edit.customer.consent(channel, topic),
          doubleOptIn: asks[channel] ?? false,
          after: edit.customer.consents(channel).optOut(reaching: topic, of: channel))
      } catch {
        throw RPCError.consent(error)
      }
      edit.apply(transition, channel, topic, evidence.evidence)
      if case .unchanged(let warning?) = transition {
        warnings.append(
          .with {
            $0.reason = warning.rawValue
            $0.field = "evidence.occurred_at"
            $0.message = warning.message
          })
        continue
      }
      guard actor == .customer, edit.customer.consent(channel, topic).state == .subscribed,
        let address = edit.row.address(channel)
      else { continue }
      try edit.liftOwn(channel, topic, address, statement.at, evidence)
    }
    return warnings
  }
}

extension RPCError {
  /// The customer has another address than the one that the agreement is about.
  fileprivate static func otherAddress(
    _ channel: PatronModel.Channel, of customerID: Int64
  ) -> RPCError {
    let (what, field) =
      channel == .sms ? ("phone number", "phone_number") : ("e-mail address", "email")
    return reason(
      .failedPrecondition, "ADDRESS_DIFFERS",
      "Customer \(customerID) has another \(what) than the one that agreed. Change the customer "
        + "first, or leave the \(what) out to mean the one that is stored.",
      metadata: ["field": field, "customer_id": String(customerID)])
  }
}
