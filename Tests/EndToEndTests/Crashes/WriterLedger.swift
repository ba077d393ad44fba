import PatronClient

/// One numbered write for a ledger's customer. The kinds of writes alternate.
struct LedgerWrite: Sendable, Hashable {
  enum Kind: Int, Sendable { case counter, event, order, batch }

  static let batchSize = 5
  static let sourceName = "ledger"

  let number: Int

  var kind: Kind { Kind(rawValue: number % 4)! }

  /// The numbers of the events that the write records.
  var ticks: [Int64] {
    switch kind {
    case .event: [Int64(number) * 10]
    case .batch: (0..<Self.batchSize).map { Int64(number * 10 + $0) }
    case .counter, .order: []
    }
  }

  /// The amount of the order, in cents.
  var cents: Int64 { Int64(100 + number) }

  /// Makes the call. Repetitions send identical bytes.
  func perform(_ name: String, _ client: PatronClient) async throws(RPCError) {
    let customer = CustomerInput.with {
      $0.externalID = name
      $0.email = "\(name)@example.com"
    }
    switch kind {
    case .counter:
      var counted = customer
      counted.customProperties["counter"] = .with { $0.kind = .int64Value(Int64(number)) }
      _ = try await client.customers.upsertCustomer(.with { $0.customer = counted })
    case .event:
      _ = try await client.timeline.recordEvent(
        .with {
          $0.customer = customer
          $0.event = event(ticks[0])
          $0.requestID = "\(name)-\(number)"
        }
      )
    case .order:
      _ = try await client.timeline.syncOrder(
        .with {
          $0.customer = customer
          $0.order = order(name)
        }
      )
    case .batch:
      _ = try await client.timeline.batchRecordEvents(
        .with {
          $0.items = ticks.map { tick in
            .with {
              $0.customer = customer
              $0.event = event(tick)
            }
          }
          $0.requestID = "\(name)-\(number)"
        }
      )
    }
  }

  /// Returns an event without an id: only the request id prevents a second event on repetition.
  private func event(_ tick: Int64) -> EventInput {
    .with {
      $0.source = .thirdParty
      $0.sourceName = Self.sourceName
      $0.type = "tick"
      $0.properties["tick"] = .with { $0.kind = .int64Value(tick) }
    }
  }

  private func order(_ name: String) -> Order {
    .with {
      $0.externalID = "\(name)-\(number)"
      $0.placedAt = .with { $0.seconds = 1_700_000_000 + Int64(number) }
      $0.paymentStatus = .paid
      $0.total = .with {
        $0.currencyCode = "USD"
        $0.minorUnits = cents
      }
    }
  }
}

/// The writes of one writer to its own customer, one after the other.
struct WriterLedger: Sendable {
  let name: String
  var acknowledged: [LedgerWrite] = []
  /// The write that was not answered.
  var uncertain: LedgerWrite?

  /// Writes until a call fails.
  static func writing(_ name: String, _ client: PatronClient) async -> WriterLedger {
    var ledger = WriterLedger(name: name)
    for number in 0..<100_000 {
      let write = LedgerWrite(number: number)
      do {
        try await write.perform(name, client)
        ledger.acknowledged.append(write)
      } catch {
        ledger.uncertain = write
        break
      }
    }
    return ledger
  }

  /// Repeats the unanswered call, as a careful client does after a crash. Returns true if there was
  /// one.
  mutating func repeatUncertain(_ client: PatronClient) async throws -> Bool {
    guard let write = uncertain else { return false }
    try await write.perform(name, client)
    uncertain = nil
    acknowledged.append(write)
    return true
  }
}
