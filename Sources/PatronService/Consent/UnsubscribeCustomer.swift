internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension ConsentHandlers {
  /// A checked request.
  struct OptOut: Sendable {
    var store: StoreID
    var customer: CustomerKey
    var scope: ConsentScope
    var evidence: CheckedEvidence
    var actor: ConsentActor
  }

  /// Checks everything that needs no look at the store.
  static func prepareUnsubscribe(_ request: UnsubscribeCustomerRequest) throws -> OptOut {
    let store = try StoreID.named(request.storeID)
    let key = try (request.customer ?? CustomerRef()).key()
    var violations = Violations()
    let optOut = OptOut(
      store: store, customer: key,
      scope: ConsentScope(request.channels, topics: request.topics, &violations),
      evidence: CheckedEvidence(request.evidence, now: WallClock.now(), &violations),
      actor: .checked(request.actor, unspecified: .operator, &violations))
    try violations.finish()
    return optOut
  }

  /// Records an opt-out; that of an address which no customer has suppresses the address.
  static func unsubscribe(
    _ optOut: OptOut, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let writer = context.store(optOut.store)
    guard let row = try writer.read.customerRow(optOut.customer) else {
      return try suppressUnknown(optOut, writer, at: context.now)
    }
    var edit = try ConsentEdit(row, writer, at: context.now)
    let statement = optOut.evidence.statement(by: optOut.actor, at: context.now)
    for (channel, topic) in optOut.scope.pairs {
      _ = try edit.unsubscribe(statement, channel, topic, optOut.evidence.evidence)
    }
    try edit.write()
    response.appendCustomer(1, edit.row)
    try response.append(UnsubscribeCustomerResponse.with { $0.changes = edit.summary })
  }

  /// There is no record to keep an opt-out in, so it is kept with the address. Channels of other
  /// addresses are left out: nobody knows those.
  private static func suppressUnknown(
    _ optOut: OptOut, _ writer: StoreWriter, at now: Int64
  ) throws {
    let evidence = optOut.evidence
    let cause = SuppressionCause(
      at: evidence.occurredAt ?? now, actor: optOut.actor, source: evidence.evidence.source,
      note: evidence.evidence.note)
    let addresses = optOut.scope.channels.compactMap { channel in
      optOut.customer.address(channel).map { (channel, $0) }
    }
    guard !addresses.isEmpty else {
      if optOut.customer.isAddress { throw RPCError.otherAddress(optOut.scope.channels[0]) }
      throw try RPCError.customerNotFound(optOut.customer, in: writer.read)
    }
    for (channel, address) in addresses {
      let reason = PatronModel.SuppressionReason.optOut(by: optOut.actor)
      _ = try UnknownAddress(channel, address).suppress(reason, cause, writer)
    }
  }
}

/// An address that no customer has.
struct UnknownAddress {
  private let channel: PatronModel.Channel
  private let address: String

  init(_ channel: PatronModel.Channel, _ address: String) {
    self.channel = channel
    self.address = address
  }

  /// Suppresses the address; false when it was for that reason. With `dryRun` it only answers.
  func suppress(
    _ reason: PatronModel.SuppressionReason, _ cause: SuppressionCause, _ writer: StoreWriter,
    dryRun: Bool = false
  ) throws -> Bool {
    guard try !SuppressionReader(writer.read).reasons(channel, address).contains(reason) else {
      return false
    }
    if !dryRun { try writer.insert(try cause.row(channel, address, reason, in: writer.read)) }
    return true
  }

  /// Lifts the suppressions for some reasons; false when there was none.
  func lift(
    _ reasons: Set<PatronModel.SuppressionReason>, _ writer: StoreWriter
  ) throws -> Bool {
    let reader = SuppressionReader(writer.read)
    let found = try reader.reasons(channel, address).filter(reasons.contains)
    let hash = try reader.hash(address)
    for reason in found {
      try writer.removeSuppression(channel, addressHash: hash, reason: reason)
    }
    return !found.isEmpty
  }
}

extension PatronModel.SuppressionReason {
  /// For what an address is suppressed where an opt-out has no record to be kept in.
  static func optOut(by actor: ConsentActor) -> Self {
    actor == .customer ? .unsubscribed : .manual
  }
}

extension ResponseBuffer {
  /// Appends a stored customer.
  mutating func appendCustomer(_ field: UInt64, _ row: CustomerRow) {
    row.body.withUnsafeBytes { body in
      row.stats.withUnsafeBytes { appendMessage(field, body, $0) }
    }
  }
}
