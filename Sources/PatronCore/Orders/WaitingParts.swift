internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// Refunds and shipments that come before their order. They name no customer, so an erasure cannot
/// find them. They are few, and expire soon.
package enum WaitingParts {
  /// The longest time that a part waits, in microseconds: 30 days.
  package static let longest: Int64 = 30 * 24 * 3600 * 1_000_000
  /// The maximum number of parts that wait for one order.
  static let maxPerOrder = 100
  /// The maximum number of parts that wait in one store.
  static let maxPerStore = 10_000
}

extension OrderPart {
  /// Keeps the part until its order comes. The same part again replaces it, by the rules of parts
  /// whose order is known.
  ///
  /// - Throws: RESOURCE_EXHAUSTED `PENDING_PARTS_TOO_MANY`.
  package func wait(in writer: StoreWriter, at now: Int64) throws -> Outcome {
    var part = PendingOrderPart()
    part.orderExternalID = orderExternalID
    let (kind, field, id): (Int64, String, String)
    switch content {
    case .refund(let refund):
      try Self.checkCurrency(refund)
      part.part = .refund(refund)
      (kind, field, id) = (1, "refund", refund.externalID)
    case .fulfillment(let fulfillment):
      part.part = .fulfillment(fulfillment)
      (kind, field, id) = (2, "fulfillment", fulfillment.externalID)
    }
    var warnings = [Warning.awaited(field)]
    let oldest = now - WaitingParts.longest
    let known = try writer.read.pendingPart(of: orderExternalID, kind: kind, id)
    if let known, known.receivedAt >= oldest {
      let old = try PendingOrderPart(stored: known.body)
      if case .fulfillment(let given) = content, case .fulfillment(let shipment) = old.part {
        if let outdated = given.outdated(by: shipment) {
          return Outcome(outcome: .unchanged, warnings: warnings + [outdated])
        }
        let replaced = given.replacing(shipment)
        part.part = .fulfillment(replaced)
        warnings += [replaced.removal(from: shipment, at: field)].compactMap(\.self)
      }
      if old.part == part.part { return Outcome(outcome: .unchanged, warnings: warnings) }
    }
    try writer.forgetPendingParts(before: oldest)
    if known == nil { try checkRoom(in: writer.read) }
    part.receivedAt = .init(micros: now)
    part.expiresAt = .init(micros: now + WaitingParts.longest)
    part.author = writer.author.message
    try writer.put(
      PendingPartRow(
        id: try writer.nextID(),
        orderExternalID: orderExternalID,
        kind: kind,
        partID: id,
        receivedAt: now,
        body: try part.encoded()
      )
    )
    return Outcome(outcome: known == nil ? .created : .updated, warnings: warnings)
  }

  private static func checkCurrency(_ refund: Refund) throws {
    guard let code = refund.amount?.currencyCode, !code.isEmpty else { return }
    do throws(RuleError) {
      _ = try CurrencyCode(code, allowHistoric: true)
    } catch {
      throw DomainError.invalid([Violation(path: "refund.amount.currency_code", error: error)])
    }
  }

  private func checkRoom(in reader: StoreReader) throws {
    let count = try reader.pendingPartCounts(
      of: orderExternalID,
      limits: (WaitingParts.maxPerOrder, WaitingParts.maxPerStore)
    )
    guard count.order < WaitingParts.maxPerOrder, count.store < WaitingParts.maxPerStore else {
      let isOrder = count.order >= WaitingParts.maxPerOrder
      let limit = isOrder ? WaitingParts.maxPerOrder : WaitingParts.maxPerStore
      throw DomainError.reason(
        .resourceExhausted,
        "PENDING_PARTS_TOO_MANY",
        "\(limit) refunds and shipments wait for "
          + "\(isOrder ? "this order" : "orders of this store") already. Sync the orders first: "
          + "ListOrders with pending_parts names them.",
        metadata: ["limit": String(limit)]
      )
    }
  }

  /// Puts the parts that waited for a new order into it, oldest first. A part that does not fit is
  /// dropped with a warning. A part that the order itself has in a later state is dropped silently.
  /// The author of a part's changes is that of the call that brought the part.
  static func applyWaiting(
    to result: inout OrderChange.Outcome,
    in writer: StoreWriter,
    at now: Int64
  ) throws {
    let rows = try writer.read.pendingParts(of: result.order.externalID)
    guard !rows.isEmpty else { return }
    try writer.removePendingParts(of: result.order.externalID)
    defer {
      result.events = result.events.enumerated().sorted { one, other in
        (one.element.occurredAt?.micros ?? 0, one.offset)
          < (other.element.occurredAt?.micros ?? 0, other.offset)
      }.map(\.element)
    }
    for row in rows where row.receivedAt >= now - WaitingParts.longest {
      let waiting = try PendingOrderPart(stored: row.body)
      let part = OrderPart(waiting: waiting)
      if result.order.isLater(than: row), result.order.has(part.content) { continue }
      do {
        let author = PatronModel.Author(waiting.author)
        let outcome = try part.perform(in: writer.by(author), at: now)
        if let order = outcome.order { result.order = order }
        result.events += outcome.events
        result.warnings += outcome.warnings
      } catch let error as DomainError {
        // Nothing was written: the order fits without it.
        let field = row.kind == 1 ? "refund" : "fulfillment"
        result.warnings.append(.partDropped(field, row.partID, error.firstReason))
      }
    }
  }
}

extension Order {
  /// Returns true if the platform changed the order after the part was received.
  fileprivate func isLater(than row: PendingPartRow) -> Bool {
    updatedAt.map { $0.micros > row.receivedAt } ?? false
  }

  fileprivate func has(_ content: OrderPart.Content) -> Bool {
    switch content {
    case .refund(let part): refunds.contains { $0.externalID == part.externalID }
    case .fulfillment(let part): fulfillments.contains { $0.externalID == part.externalID }
    }
  }
}

extension DomainError {
  /// The reason of the first violation, or of the error.
  fileprivate var firstReason: String {
    switch self {
    case .invalid(let violations): violations.first?.error.reason ?? "INVALID_ARGUMENT"
    case .refused(let refusal): refusal.reason
    case .unexpected: "INTERNAL"
    }
  }
}
