internal import PatronCore
internal import PatronFiles
internal import PatronModel
internal import PatronProto
internal import PatronServer
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked SuppressCustomer or UnsuppressCustomer request.
  struct SuppressionChange: Sendable {
    var customer: CustomerKey
    var channels: [PatronModel.Channel]
    /// The one reason to set, or the reasons to lift.
    var reasons: Set<PatronModel.SuppressionReason>
    /// The time of the suppression, in microseconds since 1970; nil for the time of the request.
    var at: Int64?
    var source: String
    var note: String
    var actor: ConsentActor
    /// Warnings about texts that were cut or left out.
    var warnings: [Warning] = []

    func cause(at now: Int64) -> SuppressionCause {
      SuppressionCause(at: at ?? now, actor: actor, source: source, note: note)
    }
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareSuppress(_ request: SuppressCustomerRequest, _ call: CallContext) throws
    -> SuppressionChange
  {
    let key = try (request.customer ?? CustomerRef()).key()
    // An invalid value beside a suppression is dropped, so that the suppression still counts.
    var violations = Violations(dropsSecondary: true)
    let reason = SuppressionCheck.reason(request.reason, "reason", &violations)
    var change = SuppressionChange(
      customer: key,
      channels: ConsentScope(request.channels, &violations).channels,
      reasons: [reason],
      at: ConsentTime.check(
        request.suppressedAt,
        "suppressed_at",
        now: call.now,
        &violations
      ),
      source: SuppressionCheck.source(request.source, "source", &violations),
      note: SuppressionCheck.note(request.note, "note", &violations),
      actor: .checked(request.actor, unspecified: .operator, &violations)
    )
    if reason.isOwnersWish, change.actor != .customer {
      violations.add(
        "reason",
        RuleError(
          reason: "REASON_IS_THE_OWNERS",
          message: "Only the owner of the address says so, and only the owner could lift it. "
            + "Expected is another reason, such as manual, or the customer as actor."
        )
      )
    }
    try violations.finish()
    change.warnings = violations.warnings.map(Warning.about)
    return change
  }

  /// Checks the request, without access to the database. Runs on the I/O thread.
  static func prepareUnsuppress(_ request: UnsuppressCustomerRequest, _ call: CallContext) throws
    -> SuppressionChange
  {
    let key = try (request.customer ?? CustomerRef()).key()
    var violations = Violations()
    var reasons: Set<PatronModel.SuppressionReason> = []
    for (index, given) in request.reasons.enumerated() {
      reasons.insert(SuppressionCheck.reason(given, "reasons[\(index)]", &violations))
    }
    let change = SuppressionChange(
      customer: key,
      channels: ConsentScope(request.channels, &violations).channels,
      reasons: reasons.isEmpty ? [.manual] : reasons,
      at: nil,
      source: "",
      note: SuppressionCheck.note(request.note, "note", &violations),
      actor: .checked(request.actor, unspecified: .operator, &violations)
    )
    if change.reasons.contains(where: \.isOwnersWish), change.actor != .customer {
      violations.add(
        "reasons",
        RuleError(
          reason: "STICKY_OPT_OUT",
          message: "The owner of the address opted out, or was erased: only the customer lifts "
            + "that, by a new agreement. Leave unsubscribed and erasure out, or say that the "
            + "customer acts."
        )
      )
    }
    try violations.finish()
    return change
  }

  /// Suppresses the addresses of a customer, or an address that no customer has yet.
  static func suppress(
    _ change: SuppressionChange,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let cause = change.cause(at: context.now)
    let result = try perform(change, context) { edit, channel, address in
      for reason in change.reasons { try edit.suppress(channel, address, reason, cause) }
    } unknown: { address, writer in
      var isChanged = false
      for reason in change.reasons where try address.suppress(reason, cause, writer) {
        isChanged = true
      }
      return isChanged
    }
    if let row = result.row {
      response.appendCustomer(SuppressCustomerResponse.Field.customer, row)
    }
    try response.append(
      SuppressCustomerResponse.with {
        $0.channels = result.channels
        $0.outcome = result.isChanged ? .updated : .unchanged
        $0.warnings = change.warnings
      }
    )
  }

  /// Lifts suppressions of a customer's addresses, or of an address that no customer has.
  static func unsuppress(
    _ change: SuppressionChange,
    _ context: WriteContext,
    _ response: inout ResponseBuffer
  ) throws {
    let cause = change.cause(at: context.now)
    let result = try perform(change, context) { edit, channel, address in
      try edit.lift(channel, address, cause) { change.reasons.contains($0.reason) }
    } unknown: { address, writer in
      try address.lift(change.reasons, by: change.actor, writer)
    }
    if let row = result.row {
      response.appendCustomer(UnsuppressCustomerResponse.Field.customer, row)
    }
    try response.append(
      UnsuppressCustomerResponse.with {
        $0.channels = result.channels
        $0.outcome = result.isChanged ? .updated : .unchanged
      }
    )
  }

  private struct Performed {
    /// The customer after the change; nil for an address that no customer has.
    var row: CustomerRow?
    var channels: [ChannelStatus]
    var isChanged: Bool
  }

  private static func perform(
    _ change: SuppressionChange,
    _ context: WriteContext,
    known: (inout ConsentEdit, PatronModel.Channel, _ address: String) throws -> Void,
    unknown: (UnknownAddress, StoreWriter) throws -> Bool
  ) throws -> Performed {
    let writer = context.writer
    var change = change
    change.customer = try change.customer.resolved(in: writer.read)
    // An alias of a merged customer is not the customer's current address.
    let row = try writer.read.customerRow(change.customer).flatMap { row in
      change.customer.isAddress && !row.has(change.customer) ? nil : row
    }
    guard row != nil || change.customer.isAddress else {
      throw try DomainError.customerNotFound(change.customer, in: writer.read)
    }
    let addresses = try change.channels.map { channel in
      guard let address = row?.address(channel) ?? change.customer.address(channel) else {
        throw row == nil ? DomainError.otherAddress(channel) : DomainError.noAddress(channel)
      }
      return (channel, address)
    }
    var isChanged = false
    var statuses: ChannelStatuses
    var after: CustomerRow?
    if let row {
      var edit = try ConsentEdit(row, writer, at: context.now)
      for (channel, address) in addresses { try known(&edit, channel, address) }
      isChanged = !edit.isEmpty
      try edit.write()
      after = edit.row
      statuses = try ChannelStatuses(of: edit.row, in: writer.read, at: context.now)
    } else {
      for (channel, address) in addresses
      where try unknown(UnknownAddress(channel, address), writer) {
        isChanged = true
      }
      statuses = try ChannelStatuses(of: change.customer, in: writer.read, at: context.now)
    }
    return Performed(
      row: after,
      channels: change.channels.map { statuses.status($0, .marketing) },
      isChanged: isChanged
    )
  }
}

extension DomainError {
  /// Returns the error for a channel of which the request names no address, if no customer has the
  /// named address.
  static func otherAddress(_ channel: PatronModel.Channel) -> DomainError {
    reason(
      .failedPrecondition,
      "ADDRESS_MISSING",
      "No customer has that address, so the channel \(channel.name) has none. Leave that channel "
        + "out, or name its address in a separate call.",
      metadata: ["channel": channel.name]
    )
  }
}
