internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtoWire
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// The suppressions of the addresses that a request is about, by channel.
  typealias Suppressions = [PatronModel.Channel: [PatronModel.Suppression]]

  /// A checked SubscribeCustomer request.
  struct Subscribing: Sendable {
    var requestID: RequestID
    var customer: CustomerChange
    var scope: ConsentScope
    var evidence: CheckedEvidence
    var actor: ConsentActor
    /// True if the agreement must be confirmed; nil for the setting of the store.
    var doubleOptIn: Bool?
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareSubscribe(_ request: SubscribeCustomerRequest, _ call: CallContext) throws
    -> Subscribing
  {
    let now = call.now
    var violations = Violations()
    let requestID = try FirstAnswers.check(request, \.requestID, &violations)
    let customer = customer(of: request, now: now, &violations)
    if request.actor == .unspecified {
      violations.add(
        "actor",
        RuleError(
          reason: "ACTOR_REQUIRED",
          message: "Say who acts: only a customer's own agreement undoes a customer's own opt-out."
        )
      )
    }
    let evidence = CheckedEvidence(request.evidence, needsSource: true, now: now, &violations)
    let subscribing = Subscribing(
      requestID: requestID,
      customer: customer,
      scope: ConsentScope(request.channels, topics: request.topics, &violations),
      evidence: evidence,
      actor: .checked(request.actor, unspecified: .operator, &violations),
      doubleOptIn: request.historical ? false : request.doubleOptIn
    )
    if request.historical { checkHistorical(request, evidence, now, &violations) }
    try violations.finish()
    return subscribing
  }

  /// Checks the identifiers and the name of the customer. Other fields are not read.
  private static func customer(
    of request: SubscribeCustomerRequest,
    now: Int64,
    _ violations: inout Violations
  ) -> CustomerChange {
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
      input,
      path: "customer",
      mode: .fillGaps,
      author: .evidence,
      identity: .order,
      origin: .subscriptionTool,
      country: country,
      source: "api",
      actor: .platform,
      now: now,
      &violations
    )
    customer.setBy = "subscribe"
    return customer
  }

  private static func checkHistorical(
    _ request: SubscribeCustomerRequest,
    _ evidence: CheckedEvidence,
    _ now: Int64,
    _ violations: inout Violations
  ) {
    if request.evidence?.occurredAt == nil || evidence.occurredAt ?? .min >= now {
      violations.add(
        "evidence.occurred_at",
        RuleError(
          reason: "HISTORICAL_TIME_REQUIRED",
          message: "An agreement of the past needs its time, which is before now."
        )
      )
    }
    if request.doubleOptIn == true {
      violations.add(
        "double_opt_in",
        RuleError(
          reason: "HISTORICAL_NOT_CONFIRMED",
          message: "Nobody is asked to confirm an agreement of the past: leave one of historical "
            + "and double_opt_in out."
        )
      )
    }
  }

  private static let subscribeRecords = RecordFields(
    customers: [SubscribeCustomerResponse.Field.customer],
    warnings: SubscribeCustomerResponse.Field.warnings
  )

  /// Records an agreement. An unknown customer is created.
  static func subscribe(
    _ subscribing: Subscribing,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    // The stored outcome holds the seed of the token instead of the token.
    let start = try FirstAnswers.answer(
      subscribing.requestID,
      of: CustomerService.subscribeCustomer.method,
      in: writer,
      at: context.now,
      with: subscribeRecords,
      &response
    ) { response in
      let (row, answer) = try perform(subscribing, writer, at: context.now)
      response.appendCustomer(SubscribeCustomerResponse.Field.customer, row)
      let start = response.count
      try response.append(answer)
      return AnswerOutcome(start: start, customers: [row.id])
    }
    var answer = try SubscribeCustomerResponse(
      stored: response.bytes.extracting(droppingFirst: start)
    )
    guard let seed = Base64.decode(exactly: answer.confirmationToken, as: .url), !seed.isEmpty
    else { return }
    answer.confirmationToken = Base64.encode(
      try Confirmations.token(of: seed, in: writer.read),
      as: .url
    )
    response.truncate(to: start)
    try response.append(answer)
  }

  private static func perform(
    _ subscribing: Subscribing,
    _ writer: StoreWriter,
    at now: Int64
  ) throws -> (CustomerRow, SubscribeCustomerResponse) {
    let plan = try subscribing.customer.plan(in: writer.read)
    let addresses = try subscribing.addresses(plan)
    let suppressions = try addresses.reduce(into: Suppressions()) { all, named in
      all[named.channel] = try SuppressionReader(writer.read).suppressions(
        named.channel,
        of: named.address
      ).compactMap(PatronModel.Suppression.init)
    }
    let asks = try subscribing.asksForConfirmation(in: writer.read)
    // Refusals come before the first write.
    let known = try plan.row.map { try Customer(stored: $0.body) } ?? Customer()
    for (channel, topic) in subscribing.scope.pairs {
      _ = try subscribing.transition(of: known, channel, topic, asks, suppressions, at: now)
    }
    let customer = try subscribing.customer.perform(plan, in: writer, at: now)
    var edit = try ConsentEdit(customer.row, writer, at: now)
    let warnings = try subscribing.apply(to: &edit, asks, suppressions, at: now)
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
      answer.confirmationToken = Base64.encode(seed, as: .url)
    }
    return (edit.row, answer)
  }
}

extension ConsentHandlers.Subscribing {
  /// Returns the address of each channel. Refuses a channel without an address, and an agreement
  /// for an address that the customer does not have: the agreement would count for an address for
  /// which it was not given. A request that names no address of the channel, but an address of the
  /// other channel that the customer does not have, may come from another person.
  fileprivate func addresses(
    _ plan: CustomerChange.Plan
  ) throws -> [(channel: PatronModel.Channel, address: String)] {
    let given = customer.draft.identifiers
    return try scope.channels.map { channel in
      let stored = plan.row?.address(channel)
      let named = given.address(channel)
      if named != nil, stored == nil, plan.draft.identifiers.address(channel) == nil {
        throw plan.shared.refusal ?? DomainError.othersAddress(channel, plan.found.phoneOwner ?? 0)
      }
      guard let address = stored ?? named else { throw DomainError.noAddress(channel) }
      if let row = plan.row, let named, address != named {
        throw DomainError.otherAddress(channel, of: row.id)
      }
      if let row = plan.row, named == nil, let other = Self.differing(given, from: row, plan) {
        throw DomainError.otherAddress(other, of: row.id)
      }
      return (channel, address)
    }
  }

  /// Returns the channel of which the input names an address that the customer neither has nor gets
  /// by the input; nil if there is none. An address from before a merge is the customer's own.
  private static func differing(
    _ given: Identifiers,
    from row: CustomerRow,
    _ plan: CustomerChange.Plan
  ) -> PatronModel.Channel? {
    PatronModel.Channel.allCases.first { channel in
      guard let named = given.address(channel), !row.has(.address(channel, named)),
        !plan.found.formerAddresses.contains(channel)
      else { return false }
      return row.address(channel) != nil || plan.draft.identifiers.address(channel) == nil
    }
  }

  /// Returns true for each channel on which the agreement must be confirmed.
  fileprivate func asksForConfirmation(
    in reader: StoreReader
  ) throws -> [PatronModel.Channel: Bool] {
    let settings = try doubleOptIn == nil ? StoreSettings(of: reader) : nil
    return Dictionary(
      uniqueKeysWithValues: scope.channels.map { channel in
        (channel, doubleOptIn ?? settings?.asksForConfirmation(channel) ?? false)
      }
    )
  }

  /// Returns the change that the agreement makes to the consent of a channel and topic.
  fileprivate func transition(
    of customer: Customer,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    _ asks: [PatronModel.Channel: Bool],
    _ suppressions: ConsentHandlers.Suppressions,
    at now: Int64
  ) throws -> ConsentTransition {
    do throws(RuleError) {
      return try ConsentRules.subscribe(
        evidence.statement(by: actor, at: now),
        to: customer.consent(channel, topic),
        doubleOptIn: asks[channel] ?? false,
        after: customer.consents(channel).optOut(reaching: topic, of: channel),
        addressOptOutAt: suppressions[channel]?.optOut(binding: topic),
        namesAddress: self.customer.draft.identifiers.address(channel) != nil
      )
    } catch {
      throw DomainError.consent(error)
    }
  }

  /// Applies the agreement to an edit. Returns the warnings for the caller.
  fileprivate func apply(
    to edit: inout ConsentEdit,
    _ asks: [PatronModel.Channel: Bool],
    _ suppressions: ConsentHandlers.Suppressions,
    at now: Int64
  ) throws -> [Warning] {
    var warnings: [Warning] = []
    let statement = evidence.statement(by: actor, at: now)
    for (channel, topic) in scope.pairs {
      let transition = try transition(
        of: edit.customer,
        channel,
        topic,
        asks,
        suppressions,
        at: now
      )
      edit.apply(transition, channel, topic, evidence.evidence)
      if case .unchanged(let warning?) = transition {
        warnings.append(.about(warning, field: "evidence.occurred_at"))
        continue
      }
      let state = edit.customer.consent(channel, topic).state
      if actor == .customer, state == .subscribed, let address = edit.row.address(channel) {
        try edit.liftOwn(channel, topic, address, statement.at, evidence)
      }
      let ends = Self.ended(
        suppressions[channel] ?? [],
        by: statement,
        topic,
        waits: state == .pending
      )
      if !ends {
        // The address is the same for every topic, so one warning is enough.
        let warning = Warning.about(
          .addressSuppressed,
          field: "customer.\(channel.identifier.rawValue)"
        )
        if !warnings.contains(warning) { warnings.append(warning) }
      }
    }
    return warnings
  }

  /// Returns true if the agreement ends all suppressions of its address, now or when it is
  /// confirmed.
  private static func ended(
    _ suppressions: [PatronModel.Suppression],
    by statement: ConsentStatement,
    _ topic: PatronModel.Topic,
    waits: Bool
  ) -> Bool {
    if topic == .marketing, waits { return suppressions.allSatisfy(\.reason.isLiftedByOwnConsent) }
    let lifted =
      topic == .marketing ? ConsentRules.liftedSuppressions(by: statement, of: suppressions) : []
    return lifted.count == suppressions.count
  }
}

extension DomainError {
  /// Returns the error for an address of another customer, who has a different e-mail address.
  fileprivate static func othersAddress(
    _ channel: PatronModel.Channel,
    _ owner: Int64
  ) -> DomainError {
    let (what, field) = (channel.addressName, channel.identifier.rawValue)
    return reason(
      .failedPrecondition,
      "ADDRESS_DIFFERS",
      "The \(what) belongs to customer \(owner), who has a different e-mail address. Name "
        + "the customer's own addresses.",
      metadata: ["field": field, "customer_id": String(owner)]
    )
  }

  /// Returns the error for an agreement to an address that the customer does not have.
  fileprivate static func otherAddress(
    _ channel: PatronModel.Channel,
    of customerID: Int64
  ) -> DomainError {
    let (what, field) = (channel.addressName, channel.identifier.rawValue)
    return reason(
      .failedPrecondition,
      "ADDRESS_DIFFERS",
      "Customer \(customerID) has another \(what) than the one given. Change the customer first, "
        + "or leave the \(what) out to use the stored one.",
      metadata: ["field": field, "customer_id": String(customerID)]
    )
  }
}
