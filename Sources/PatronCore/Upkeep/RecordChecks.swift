internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The checks of the invariants of every record, which hold even after a crash of the server.
package enum RecordChecks {
  /// Returns findings, one line each, with ids and no personal data; empty when all is well.
  @Sendable
  package static func run(_ transaction: ReadTransaction) throws -> [String] {
    let records = AllRecords(transaction)
    var findings: [String] = []
    var memberships = 0
    try records.customers { store, row in
      guard let id = StoreID(store) else {
        return findings.append("customer \(row.id): its store has a malformed name")
      }
      let reader = StoreReader(transaction, id)
      var problems = check(row) + (try checkAgainstOthers(row, reader))
      problems += try checkTerms(row, reader, &memberships)
      findings += problems.map { "customer \(row.id) of store \(store): \($0)" }
    }
    try records.events { store, row in
      findings += check(row).map { "event \(row.id) of store \(store): \($0)" }
    }
    try records.orders { store, row in
      findings += check(row).map { "order \(row.id) of store \(store): \($0)" }
    }
    try records.checkouts { store, row in
      findings += check(row).map {
        "a checkout of customer \(row.customerID), store \(store): \($0)"
      }
    }
    try records.pendingParts { store, row in
      findings += check(row).map { "waiting part \(row.id) of store \(store): \($0)" }
    }
    try records.ledger { store, customerID, id, body in
      let entry = try? ConsentRecord(decoding: body)
      guard entry?.id != id || entry?.customerID != customerID else { return }
      findings.append("ledger row \(id) of store \(store): it and its columns differ")
    }
    try records.dangling { findings.append($0) }
    let listed = try records.membershipCount()
    if listed != memberships {
      findings.append(
        "the lists of filters have \(listed) entries, the records ask for \(memberships)"
      )
    }
    return findings
  }

  private static func check(_ row: EventRow) -> [String] {
    guard let event = try? Event(decoding: row.body) else { return ["it cannot be decoded"] }
    let same =
      event.id == row.id && event.customerID == row.customerID
      && event.occurredAt?.micros == row.occurredAt && event.source.rawValue == row.source
      && event.sourceName == row.sourceName && event.eventID == row.eventID
      && event.type == row.type && event.sequence == row.sequence
    return same ? [] : ["the event and its columns differ"]
  }

  private static func check(_ row: OrderRow) -> [String] {
    guard let order = try? Order(decoding: row.body),
      let counts = try? OrderContribution(of: OrderSnapshot(stored: order))
    else { return ["it cannot be decoded"] }
    let same =
      order.id == row.id && order.customerID == row.customerID
      && order.placedAt?.micros == row.placedAt && order.externalID == row.externalID
      && order.total?.currencyCode == row.currencyCode && order.total?.minorUnits == row.total
      && counts.refundedMinor == row.refunded && counts.isCancelled == row.isCancelled
    return same ? [] : ["the order and its columns differ"]
  }
}

// MARK: - Checkouts and parts that wait

extension RecordChecks {
  private static func check(_ row: CheckoutRow) -> [String] {
    guard let checkout = try? Checkout(decoding: row.body) else { return ["it cannot be decoded"] }
    let same = checkout.token == row.token && checkout.startedAt?.micros == row.startedAt
    return same ? [] : ["the checkout and its columns differ"]
  }

  private static func check(_ row: PendingPartRow) -> [String] {
    guard let part = try? PendingOrderPart(decoding: row.body) else {
      return ["it cannot be decoded"]
    }
    let kind: Int64
    let partID: String
    switch part.part {
    case .refund(let refund): (kind, partID) = (1, refund.externalID)
    case .fulfillment(let shipment): (kind, partID) = (2, shipment.externalID)
    case nil: return ["it holds nothing"]
    }
    let same =
      kind == row.kind && partID == row.partID && part.orderExternalID == row.orderExternalID
      && part.receivedAt?.micros == row.receivedAt
    return same ? [] : ["the part and its columns differ"]
  }
}

// MARK: - Customers

extension RecordChecks {
  private static func check(_ row: CustomerRow) -> [String] {
    guard let record = try? Customer(decoding: row.body) else {
      return ["the record cannot be decoded"]
    }
    var problems: [String] = []
    func expect(_ holds: Bool, _ problem: String) { if !holds { problems.append(problem) } }
    expect(record.id == row.id, "the record has another id")
    expect(record.externalID == row.externalID, "external_id and its column differ")
    expect(record.phoneNumber == row.phone, "phone_number and its column differ")
    expect(
      record.email.flatMap { try? EmailAddress($0).key } == row.emailKey,
      "email and its column differ"
    )
    expect(record.email != nil || record.phoneNumber != nil, "neither e-mail nor phone number")
    expect(record.updatedAt?.micros == row.updatedAt, "updated_at and its column differ")
    expect(
      record.orderStats.isEmpty && record.activity.isEmpty && record.lastEventAt == nil
        && record.reviews == nil && record.loyalty == nil,
      "the record holds fields of its statistics"
    )
    return problems
  }

  private static func checkAgainstOthers(
    _ row: CustomerRow,
    _ reader: StoreReader
  ) throws -> [String] {
    guard let stats = try? CustomerStats(row.stats) else {
      return ["the statistics cannot be decoded"]
    }
    var problems: [String] = []
    if try !orderStatisticsHold(stats, row, reader) {
      problems.append("order statistics and orders differ")
    }
    if try stats.activity != CustomerStats.activity(of: row.id, in: reader) {
      problems.append("last activity and events differ")
    }
    if (try? Provenance(stored: row.provenance(in: reader))) == nil {
      problems.append("the provenance of its fields cannot be decoded")
    }
    if try !consentHolds(row, reader) { problems.append("consent and its ledger differ") }
    return problems
  }

  /// Checks the terms of a customer: filters must find the customer by its record, and count it.
  private static func checkTerms(
    _ row: CustomerRow,
    _ reader: StoreReader,
    _ memberships: inout Int
  ) throws -> [String] {
    // A record that cannot be decoded is a finding of its own.
    guard let body = try? CustomerTerms.rules.ofBody(row, reader),
      let stats = try? CustomerTerms.rules.ofStats(row.stats)
    else { return [] }
    memberships += Set(body + stats).count
    let holds = try reader.hasTerms(row.id, ofBody: body, ofStats: stats)
    return holds ? [] : ["the lists of filters and the record differ"]
  }

  private static func orderStatisticsHold(
    _ stats: CustomerStats,
    _ row: CustomerRow,
    _ reader: StoreReader
  ) throws -> Bool {
    var contributions: [OrderContribution] = []
    for row in try reader.orders(of: row.id) {
      // An order that cannot be decoded is a finding of its own.
      guard let order = try? Order(decoding: row.body),
        let counts = try? OrderContribution(of: OrderSnapshot(stored: order))
      else { return true }
      contributions.append(counts)
    }
    guard var counted = try? CustomerOrderStatistics(of: contributions) else { return false }
    for (currency, stored) in stats.statistics.byCurrency {
      // An earlier version counted no refunds of unknown amount.
      let count = counted.byCurrency[currency]?.unknownRefundCount ?? 0
      counted.byCurrency[currency]?.unknownRefundCount = min(count, stored.unknownRefundCount)
    }
    return counted == stats.statistics
  }

  private static func consentHolds(_ row: CustomerRow, _ reader: StoreReader) throws -> Bool {
    guard let record = try? Customer(decoding: row.body) else { return true }
    for subscription in record.subscriptions {
      let body = try reader.ledgerRow(id: subscription.ledgerID, of: row.id)
      guard let body, let entry = try? ConsentRecord(decoding: body),
        entry.id == subscription.ledgerID, entry.customerID == row.id,
        entry.channel == subscription.channel, entry.topic == subscription.topic,
        entry.state == subscription.state
      else { return false }
    }
    return true
  }
}

extension CustomerStats {
  /// Returns the activity counted from the events of a timeline.
  static func activity(
    of customerID: Int64,
    in reader: StoreReader
  ) throws -> Activity {
    var bySource: [Int32: SourceActivity] = [:]
    var last: Int64?
    try reader.timeline(of: customerID, behind: .newest, notBefore: .min) { entry in
      last = last ?? entry.position.occurredAt
      var activity =
        bySource[entry.source]
        ?? .with {
          $0.source = .init(rawValue: entry.source)
          $0.lastEventAt = .init(micros: entry.position.occurredAt)
          $0.type = String(utf8: entry.type)
        }
      activity.eventCount += 1
      bySource[entry.source] = activity
      return true
    }
    return Activity(
      sources: bySource.sorted { $0.key < $1.key }.map(\.value),
      lastEventAt: last
    )
  }
}
