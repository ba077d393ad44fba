import PatronClient

/// The stored records of a ledger's customer.
struct StoredLedger {
  private var exists = false
  private var counter: Int64?
  private var ticks: [Int64] = []
  private var placed: [String] = []
  private var orderCount: Int64 = 0
  private var totalSpent: Int64 = 0
  private var eventCount: Int64 = 0
  private var revisions = 0

  /// Reads all records by RPC.
  init(_ name: String, _ client: PatronClient) async throws {
    var request = GetTimelineRequest.with {
      $0.customer = .externalID(name)
      $0.pageSize = 100
    }
    repeat {
      let page: GetTimelineResponse
      do throws(RPCError) {
        page = try await client.timeline.getTimeline(request)
      } catch {
        guard error.code == .notFound else { throw error }
        return
      }
      if let customer = page.header?.customer { read(customer) }
      for event in page.events { read(event) }
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
  }

  private mutating func read(_ customer: Customer) {
    exists = true
    if case .int64Value(let value) = customer.customProperties["counter"]?.kind { counter = value }
    for stats in customer.orderStats {
      orderCount += stats.orderCount
      totalSpent += stats.totalSpent
    }
    for activity in customer.activity where activity.source == .thirdParty {
      eventCount += activity.eventCount
    }
  }

  private mutating func read(_ event: Event) {
    revisions += Int(event.revision)
    if event.sourceName == LedgerWrite.sourceName, event.type == "tick" {
      if case .int64Value(let tick) = event.properties["tick"]?.kind { ticks.append(tick) }
    }
    if event.type == "order_placed" { placed.append(event.references?.orderExternalID ?? "") }
  }

  /// Returns the acknowledged writes that are missing, and records that should not exist. The
  /// uncertain write may be present, but only as a whole.
  func faults(of ledger: WriterLedger) -> (missing: [String], duplicated: [String]) {
    let withUncertain = ledger.acknowledged + [ledger.uncertain].compactMap { $0 }
    let least = Expected(ledger.name, ledger.acknowledged)
    let most = Expected(ledger.name, withUncertain)
    var missing: [String] = []
    var duplicated: [String] = []
    if !exists && !ledger.acknowledged.isEmpty { missing.append("the customer") }
    let seen = Set(ticks)
    missing += least.ticks.subtracting(seen).sorted().map { "tick \($0)" }
    missing += least.orders.subtracting(placed).sorted().map { "order \($0)" }
    if let last = least.counter, (counter ?? -1) < last { missing.append("counter \(last)") }

    if ticks.count != seen.count { duplicated.append("\(ticks.count - seen.count) ticks") }
    duplicated += seen.subtracting(most.ticks).sorted().map { "tick \($0) was never sent" }
    duplicated += Set(placed).subtracting(most.orders).sorted().map { "order \($0) never sent" }
    if placed.count != Set(placed).count { duplicated.append("order_placed events") }
    if let counter, counter > most.counter ?? -1 { duplicated.append("counter \(counter)") }
    let whole = seen == least.ticks || seen == most.ticks
    if !whole && missing.isEmpty { duplicated.append("a part of a batch: \(seen.count) ticks") }
    if eventCount != Int64(ticks.count) { duplicated.append("\(eventCount) events counted") }
    if orderCount != Int64(placed.count) { duplicated.append("\(orderCount) orders counted") }
    if totalSpent != least.cents && totalSpent != most.cents {
      duplicated.append("\(totalSpent) cents")
    }
    if revisions != 0 { duplicated.append("\(revisions) revisions of events") }
    return (missing, duplicated)
  }

  /// The expected result of a number of writes.
  private struct Expected {
    var counter: Int64?
    var ticks: Set<Int64> = []
    var orders: Set<String> = []
    var cents: Int64 = 0

    init(_ name: String, _ writes: [LedgerWrite]) {
      for write in writes {
        ticks.formUnion(write.ticks)
        if write.kind == .counter { counter = Int64(write.number) }
        if write.kind == .order {
          orders.insert("\(name)-\(write.number)")
          cents += write.cents
        }
      }
    }
  }
}
