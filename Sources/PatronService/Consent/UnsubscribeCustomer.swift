internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked request.
  struct OptOut: Sendable {
    var customer: CustomerKey
    var scope: ConsentScope
    var evidence: CheckedEvidence
    var actor: ConsentActor
    /// Parts of the evidence that were left out.
    var warnings: [Warning] = []

    /// Addresses that are named, of the channels that are meant.
    var addresses: [(channel: PatronModel.Channel, address: String)] {
      scope.channels.compactMap { channel in customer.address(channel).map { (channel, $0) } }
    }

    /// Suppresses an address that no record has; false when it was for that reason.
    func suppress(
      _ channel: PatronModel.Channel,
      _ address: String,
      _ writer: StoreWriter,
      at now: Int64
    ) throws -> Bool {
      let cause = SuppressionCause(
        at: evidence.occurredAt ?? now,
        actor: actor,
        source: evidence.evidence.source,
        note: evidence.evidence.note
      )
      return try UnknownAddress(channel, address).suppress(.optOut(by: actor), cause, writer)
    }
  }

  /// Checks everything that needs no look at the store.
  static func prepareUnsubscribe(_ request: UnsubscribeCustomerRequest, _ call: CallContext) throws
    -> OptOut
  {
    let key = try (request.customer ?? CustomerRef()).key()
    // Nothing beside an opt-out is worth losing it for.
    var violations = Violations(dropsSecondary: true)
    var optOut = OptOut(
      customer: key,
      scope: ConsentScope(request.channels, topics: request.topics, &violations),
      evidence: CheckedEvidence(request.evidence, now: call.now, &violations),
      actor: .checked(request.actor, unspecified: .operator, &violations)
    )
    try violations.finish()
    optOut.warnings = violations.warnings.map(Warning.about)
    return optOut
  }

  /// Records an opt-out; that of an address which no customer has suppresses the address.
  static func unsubscribe(
    _ optOut: OptOut,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let writer = context.writer
    var optOut = optOut
    optOut.customer = try optOut.customer.resolved(in: writer.read)
    guard let row = try writer.read.customerRow(optOut.customer) else {
      return try response.append(suppressUnknown(optOut, writer, at: context.now))
    }
    var edit = try ConsentEdit(row, writer, at: context.now)
    let statement = optOut.evidence.statement(by: optOut.actor, at: context.now)
    var answer = UnsubscribeCustomerResponse()
    answer.warnings = optOut.warnings
    for (channel, topic) in optOut.scope.pairs {
      let transition = try edit.unsubscribe(statement, channel, topic, optOut.evidence.evidence)
      guard case .unchanged(let warning?) = transition else { continue }
      answer.warnings.append(.about(warning, field: "evidence.occurred_at"))
    }
    try edit.write()
    // An address of before a merge keeps the word itself: it may be somebody's again.
    var isKept = false
    for (channel, address) in optOut.addresses where address != edit.row.address(channel) {
      isKept = try optOut.suppress(channel, address, writer, at: context.now) || isKept
    }
    response.appendCustomer(UnsubscribeCustomerResponse.Field.customer, edit.row)
    answer.changes = edit.summary
    answer.outcome = edit.isEmpty && !isKept ? .unchanged : .updated
    let statuses = try ChannelStatuses(of: edit.row, in: writer.read, at: context.now)
    answer.channels = optOut.scope.pairs.map { statuses.status($0.channel, $0.topic) }
    try response.append(answer)
  }

  /// There is no record to keep an opt-out in, so it is kept with the address. Channels of other
  /// addresses are left out: nobody knows those.
  private static func suppressUnknown(
    _ optOut: OptOut,
    _ writer: StoreWriter,
    at now: Int64
  ) throws -> UnsubscribeCustomerResponse {
    let addresses = optOut.addresses
    guard !addresses.isEmpty else {
      if optOut.customer.isAddress { throw DomainError.otherAddress(optOut.scope.channels[0]) }
      throw try DomainError.customerNotFound(optOut.customer, in: writer.read)
    }
    var answer = UnsubscribeCustomerResponse.with { $0.outcome = .unchanged }
    answer.warnings = optOut.warnings
    for (channel, address) in addresses {
      if try optOut.suppress(channel, address, writer, at: now) { answer.outcome = .updated }
    }
    for channel in optOut.scope.channels where !addresses.contains(where: { $0.0 == channel }) {
      answer.warnings.append(.otherChannel(channel))
    }
    let statuses = try ChannelStatuses(of: optOut.customer, in: writer.read, at: now)
    answer.channels = addresses.map { statuses.status($0.0, .marketing) }
    return answer
  }
}

extension Warning {
  /// An address that no customer has tells nothing about another channel.
  fileprivate static func otherChannel(_ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = "ADDRESS_MISSING"
      $0.field = "channels"
      $0.message =
        "No customer has that address, and it is none of the channel \(channel.name): that channel "
        + "was left out. Name the other address in a call of its own."
    }
  }
}
