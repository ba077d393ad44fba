internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked UnsubscribeCustomer request.
  struct OptOut: Sendable {
    var customer: CustomerKey
    var scope: ConsentScope
    var evidence: CheckedEvidence
    var actor: ConsentActor
    /// Warnings about parts of the evidence that were left out.
    var warnings: [Warning] = []

    /// The named addresses, on the channels of the opt-out.
    var addresses: [(channel: PatronModel.Channel, address: String)] {
      scope.channels.compactMap { channel in customer.address(channel).map { (channel, $0) } }
    }

    /// Suppresses an address that no customer has. Returns false if it is suppressed for that
    /// reason already.
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

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUnsubscribe(_ request: UnsubscribeCustomerRequest, _ call: CallContext) throws
    -> OptOut
  {
    let key = try (request.customer ?? CustomerRef()).key()
    // An invalid value beside an opt-out is dropped, so that the opt-out still counts.
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

  /// Records an opt-out. If no customer has the address, the address is suppressed.
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
    // A former address of a merged customer is suppressed too, because another customer may get it.
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

  /// Keeps the opt-out with the address, because there is no customer's record to keep it in.
  /// Channels of which the request names no address are left out with a warning.
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
  /// Returns the warning for a channel of which the request names no address: an address without a
  /// customer says nothing about another channel.
  fileprivate static func otherChannel(_ channel: PatronModel.Channel) -> Warning {
    .with {
      $0.reason = "ADDRESS_MISSING"
      $0.field = "channels"
      $0.message =
        "No customer has that address, so the channel \(channel.name) has none: it was left out. "
        + "Name its address in a separate call."
    }
  }
}
