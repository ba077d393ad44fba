import PatronServer
import PatronStore
import TTRPC
import Testing

/// The bound of memory is the sum of what the limits allow, and a total scales the large ones.
@Suite struct MemoryBoundTests {
  typealias Settings = MemoryBound.Settings

  private static let mib = 1 << 20

  @Test func everyLimitCounts() {
    let base = MemoryBound(Settings()).total
    let changes: [(String, (inout Settings) -> Void)] = [
      ("answers", { $0.limits.totalOutboundBytes += Self.mib }),
      ("answer", { $0.limits.responseBytes += 1 << 10 }),
      ("request", { $0.limits.requestBytes += 1 << 10 }),
      ("requests", { $0.limits.totalInboundBytes += Self.mib }),
      ("connections", { $0.limits.connections += 1 }),
      ("spare connections", { $0.spareConnections += 1 }),
      ("calls", { $0.limits.callsInFlight += 1 }),
      ("writes", { $0.store.writeQueueBytes += Self.mib }),
      ("records", { $0.store.recordCacheBytes += Self.mib }),
      ("writer's cache", { $0.store.writerCacheBytes += Self.mib }),
      ("readers' caches", { $0.store.readerCacheBytes += 1 << 10 }),
      ("caches of long reads", { $0.store.scanCacheBytes += 1 << 10 }),
      ("scan threads", { $0.store.scanThreads += 1 }),
      ("read threads", { $0.store.readThreads += 1 }),
      ("parked streams", { $0.store.maxParkedScans += 1 }),
      ("queued streams", { $0.store.scanQueueCount += 1 }),
      ("queued reads", { $0.store.readQueueCount += 1 }),
      ("watches", { $0.watches.maxWatches += 1 }),
      ("feeds", { $0.watches.feedBytes += 1 << 10 }),
      ("threads", { $0.threads += 1 }),
      ("transport security", { $0.encrypts = true }),
    ]
    for (name, change) in changes {
      var settings = Settings()
      change(&settings)
      #expect(MemoryBound(settings).total > base, "\(name)")
    }
  }

  @Test func theSumIsThatOfItsParts() {
    let bound = MemoryBound(Settings())
    let sum =
      bound.answers + bound.requests + bound.writes + bound.caches + bound.reads + bound.calls
      + bound.connections + bound.base
    #expect(bound.total == sum + sum / 8)
    #expect(bound.answers == 2 * (256 + 4) << 20)
    #expect(bound.requests == 128 << 20)
    #expect(bound.writes == 64 << 20)
    let line = bound.description
    #expect(line.hasPrefix("memory for clients: at most \((bound.total + Self.mib - 1) >> 20) MiB"))
    #expect(line.contains("(answers 520, requests 128, writes 64, caches "))
  }

  @Test(arguments: [1024, 1500, 2048, 4096, 65_536]) func aTotalIsKeptAndUsed(_ mib: Int) throws {
    let settings = try Settings().scaled(to: mib << 20, set: [])
    let total = MemoryBound(settings).total
    #expect(total <= mib << 20)
    #expect(total > (mib - 1) << 20)
  }

  @Test func partsGrowAndShrinkTogether() throws {
    let usual = Settings()
    for (mib, grows) in [(1200, false), (3000, true)] {
      let scaled = try usual.scaled(to: mib << 20, set: [])
      for (new, old) in [
        (scaled.limits.totalOutboundBytes, usual.limits.totalOutboundBytes),
        (scaled.limits.totalInboundBytes, usual.limits.totalInboundBytes),
        (scaled.store.writeQueueBytes, usual.store.writeQueueBytes),
        (scaled.store.writerCacheBytes, usual.store.writerCacheBytes),
      ] {
        #expect(grows ? new > old : new < old, "\(mib) MiB: \(new), \(old)")
      }
    }
  }

  @Test func recordsGetAQuarterOfTheTotalIfOthersLeaveIt() throws {
    for (mib, records) in [(2048, 512), (3000, 750), (8192, 1024)] {
      let scaled = try Settings().scaled(to: mib << 20, set: [])
      #expect(scaled.store.recordCacheBytes == records << 20, "\(mib) MiB")
    }
    var settings = Settings()
    settings.store.recordCacheBytes = 5 << 20
    let set = try settings.scaled(to: 2048 << 20, set: [.records])
    #expect(set.store.recordCacheBytes == 5 << 20)
  }

  @Test func whatTheOperatorHasSetStands() throws {
    var settings = Settings()
    settings.limits.totalOutboundBytes = 100 << 20
    settings.store.writeQueueBytes = 9 << 20
    let scaled = try settings.scaled(to: 2048 << 20, set: [.answers, .writes])
    #expect(scaled.limits.totalOutboundBytes == 100 << 20)
    #expect(scaled.store.writeQueueBytes == 9 << 20)
    #expect(scaled.limits.totalInboundBytes > settings.limits.totalInboundBytes)
    #expect(MemoryBound(scaled).total <= 2048 << 20)
  }

  @Test func theMinimumFitsAndABitLessDoesNot() throws {
    var settings = Settings()
    settings.limits.connections = 64
    let error = #expect(throws: MemoryBound.TooSmall.self) {
      try settings.scaled(to: 1, set: [])
    }
    let minimum = try #require(error?.minimum)
    let least = try settings.scaled(to: minimum, set: [])
    #expect(MemoryBound(least).total == minimum)
    #expect(least.limits.totalOutboundBytes == 2 * settings.limits.outboundBytes)
    #expect(throws: MemoryBound.TooSmall(minimum: minimum)) {
      try settings.scaled(to: minimum - 1, set: [])
    }
  }

  @Test func everythingSetEitherFitsOrDoesNot() throws {
    let settings = Settings()
    var all = Set(MemoryBound.Scaled.allCases)
    let total = MemoryBound(settings).total
    let same = try settings.scaled(to: total, set: all)
    #expect(MemoryBound(same).total == total)
    #expect(throws: MemoryBound.TooSmall(minimum: total)) {
      try settings.scaled(to: total - 1, set: all)
    }
    all.remove(.cache)
    let less = try settings.scaled(to: total - 1, set: all)
    #expect(less.store.writerCacheBytes < settings.store.writerCacheBytes)
  }
}
