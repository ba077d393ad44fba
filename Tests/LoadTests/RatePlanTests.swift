import TTRPC
import Testing

@testable import patron_load

@Suite("Open loop plan")
struct RatePlanTests {
  @Test("Requests are evenly spaced, without drift")
  func offsets() throws {
    let plan = try #require(RatePlan(perSecond: 1000))
    #expect(plan.offset(of: 0) == 0)
    #expect(plan.offset(of: 1) == 1_000_000)
    let third = try #require(RatePlan(perSecond: 3))
    #expect(third.offset(of: 1) == 333_333_333)
    #expect(third.offset(of: 3_000_000_000) == 1_000_000_000_000_000_000)
    let slow = try #require(RatePlan(perSecond: 0.5))
    #expect(slow.offset(of: 2) == 4_000_000_000)
  }

  @Test(
    "The requests of a duration are those due before its end",
    arguments: [0.001, 0.3, 7, 1000.5]
  )
  func counts(_ rate: Double) throws {
    let plan = try #require(RatePlan(perSecond: rate))
    for nanoseconds in [1, 999, 1_000_000_000, 10_000_000_001, 3_600_000_000_000] as [UInt64] {
      let count = plan.count(within: nanoseconds)
      #expect(count >= 1)
      #expect(plan.offset(of: count - 1) < nanoseconds)
      #expect(plan.offset(of: count) >= nanoseconds)
    }
    #expect(plan.count(within: 0) == 0)
  }

  @Test("Rates out of range are refused", arguments: [0, -1, 0.0009, 10_000_001, .nan, .infinity])
  func refused(_ rate: Double) { #expect(RatePlan(perSecond: rate) == nil) }

  @Test("Warm-up and limits are converted to numbers of requests")
  func planned() throws {
    var settings = LoadSettings(
      target: .unix(path: "x"),
      method: Method(service: "s", name: "m", kind: .unary, idempotency: .unknown),
      callers: 1,
      connections: 1
    )
    settings.warmup = .seconds(1)
    settings.duration = .seconds(10)
    let plan = try #require(RatePlan(perSecond: 100))
    #expect(OpenLoop.counts(plan, settings) == (100, 1000))
    settings.skipFirst = 150
    settings.total = 30
    #expect(OpenLoop.counts(plan, settings) == (150, 30))
    settings.duration = nil
    settings.warmup = .zero
    settings.skipFirst = 0
    #expect(OpenLoop.counts(plan, settings) == (0, 30))
  }

  @Test("Loops share callers and connections", arguments: 1...5)
  func shares(_ threads: Int) {
    let shares = (0..<threads).map { LoopShare($0, of: threads, callers: 17, connections: 5) }
    #expect(shares.map(\.callers).reduce(0, +) == 17)
    #expect(shares.map(\.connections).reduce(0, +) == 5)
    #expect(shares.allSatisfy { $0.connections >= 1 && $0.callers >= $0.connections })
    let workers = shares.flatMap { share in
      (0..<share.callers).map { share.firstWorker + $0 * share.stride }
    }
    #expect(workers.sorted() == Array(1...17))
  }
}
