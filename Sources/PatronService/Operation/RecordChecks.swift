internal import PatronModel
internal import PatronProto
public import PatronStore
internal import ProtobufC

/// What must hold of every record, whatever happened to the server.
public enum RecordChecks {
  /// Findings, one line each, with ids and no personal data; none when all is well.
  @Sendable
  public static func run(_ transaction: ReadTransaction) throws -> [String] {
    let records = AllRecords(transaction)
    var findings: [String] = []
    try records.customers { store, row in
      let problems = check(row) + (try statisticsProblems(row, store, transaction))
      findings += problems.map { "customer \(row.id) of store \(store): \($0)" }
    }
    try records.events { store, row in
      findings += check(row).map { "event \(row.id) of store \(store): \($0)" }
    }
    try records.orders { store, row in
      findings += check(row).map { "order \(row.id) of store \(store): \($0)" }
    }
    try records.ownersMissing { store, id in
      findings.append("events of store \(store): their customer \(id) is missing")
    }
    return findings
  }

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
      "email and its column differ")
    expect(record.email != nil || record.phoneNumber != nil, "neither e-mail nor phone number")
    expect(
      record.orderStats.isEmpty && record.activity.isEmpty && record.lastEventAt == nil,
      "the record holds fields of its statistics")
    return problems
  }

  private static func statisticsProblems(
    _ row: CustomerRow, _ store: String, _ transaction: ReadTransaction
  ) throws -> [String] {
    guard let id = StoreID(store), let stats = try? CustomerStats(row.stats) else {
      return ["the statistics cannot be decoded"]
    }
    let orders = try StoreReader(transaction, id).orders(of: row.id)
    let contributions = try orders.map { order in
      try OrderContribution(of: OrderSnapshot(stored: Order(decoding: order.body)))
    }
    let counted = try CustomerOrderStatistics(of: contributions)
    return counted == stats.statistics ? [] : ["order statistics and orders differ"]
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
    guard let order = try? Order(decoding: row.body) else { return ["it cannot be decoded"] }
    let same =
      order.id == row.id && order.customerID == row.customerID
      && order.placedAt?.micros == row.placedAt && order.externalID == row.externalID
      && order.total?.currencyCode == row.currencyCode && order.total?.minorUnits == row.total
      && (order.cancellation != nil) == row.isCancelled
    return same ? [] : ["the order and its columns differ"]
  }
}
