import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// A killed server loses no acknowledged write and applies none twice.
  @Suite struct KillTests {
    static let cycles = 20
    static let clients = 4
    static let writersPerClient = 4

    @Test("kill -9 under write load, twenty times", .timeLimit(.minutes(15)))
    func acknowledgedWritesSurviveKills() async throws {
      var random = SeededRandom()
      let folder = TemporaryDirectory()
      let data = folder.file("data")
      var server = try await PatronServer.start(data: data)
      var totals = KillTotals()
      var all: [WriterLedger] = []
      for cycle in 0..<Self.cycles {
        let names = (0..<Self.clients * Self.writersPerClient).map { "kill-\(cycle)-\($0)" }
        let delay = Duration.milliseconds(Int.random(in: 5...400, using: &random))
        var ledgers = try await write(names, to: server, killedAfter: delay)
        let start = ContinuousClock.now
        server = try await PatronServer.start(data: data)
        totals.recoveries.append(ContinuousClock.now - start)
        let client = try server.client()
        for index in ledgers.indices {
          totals.check(ledgers[index], try await StoredLedger(ledgers[index].name, client))
          if try await ledgers[index].repeatUncertain(client) { totals.repeated += 1 }
          totals.check(ledgers[index], try await StoredLedger(ledgers[index].name, client))
        }
        await client.close()
        all += ledgers
      }
      let client = try server.client()
      for ledger in all { totals.check(ledger, try await StoredLedger(ledger.name, client)) }
      await client.close()
      try await server.kill()
      totals.acknowledged = all.reduce(0) { $0 + $1.acknowledged.count }
      print("kill -9: seed \(random.seed), \(Self.cycles) cycles, \(totals)")
      #expect(totals.acknowledged >= 200, "too little was written, seed \(random.seed)")
      #expect(totals.missing == 0 && totals.duplicated == 0, "seed \(random.seed): \(totals.notes)")
      let check = try await Programs.patrond(["check", "--data", data])
      #expect(check.exit == .status(0) && check.output.hasPrefix("ok: "), "\(check)")
    }

    /// Starts all writers, and kills the server some time after the first answer.
    private func write(
      _ names: [String],
      to server: PatronServer,
      killedAfter delay: Duration
    ) async throws -> [WriterLedger] {
      var clients: [PatronClient] = []
      for _ in 0..<Self.clients { clients.append(try server.client { $0.retry = .never }) }
      let ledgers = try await withThrowingTaskGroup(of: WriterLedger?.self) { group in
        for (index, name) in names.enumerated() {
          let client = clients[index % clients.count]
          group.addTask { await WriterLedger.writing(name, client) }
        }
        group.addTask {
          try await Task.sleep(for: .milliseconds(50) + delay)
          try await server.kill()
          return nil
        }
        return try await group.reduce(into: [WriterLedger]()) { ledgers, ledger in
          if let ledger { ledgers.append(ledger) }
        }
      }
      for client in clients { await client.close() }
      return ledgers
    }
  }
}

/// The totals of all cycles.
struct KillTotals: CustomStringConvertible {
  var acknowledged = 0
  var missing = 0
  var duplicated = 0
  var repeated = 0
  var recoveries: [Duration] = []
  var notes: [String] = []

  /// Compares the answers that a writer received with the stored records.
  mutating func check(_ ledger: WriterLedger, _ stored: StoredLedger) {
    let faults = stored.faults(of: ledger)
    missing += faults.missing.count
    duplicated += faults.duplicated.count
    for text in faults.missing { note("\(ledger.name): missing \(text)") }
    for text in faults.duplicated { note("\(ledger.name): wrong or twice: \(text)") }
  }

  private mutating func note(_ text: String) {
    if notes.count < 20 { notes.append(text) }
  }

  var description: String {
    let sorted = recoveries.sorted()
    let middle = sorted.isEmpty ? .zero : sorted[sorted.count / 2]
    return "\(acknowledged) acknowledged, \(missing) missing, \(duplicated) duplicated, "
      + "\(repeated) uncertain and repeated; ready again p50 \(middle), max \(sorted.last ?? .zero)"
  }
}
