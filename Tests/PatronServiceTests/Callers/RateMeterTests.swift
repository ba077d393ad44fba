import Testing

@testable import PatronServer

/// The token bucket of rates.
struct RateMeterTests {
  private static let second: Int64 = 1_000_000_000

  @Test func aSecondsTokensMayBeTakenAtOnce() {
    let meter = RateMeter()
    for _ in 0..<10 { #expect(meter.take(1, rate: 10, at: 0) == nil) }
    #expect(meter.take(1, rate: 10, at: 0) == .milliseconds(100))
    #expect(meter.take(1, rate: 10, at: Self.second / 20) == .milliseconds(50))
    #expect(meter.take(1, rate: 10, at: Self.second / 10) == nil)
    #expect(meter.take(1, rate: 10, at: Self.second / 10) == .milliseconds(100))
    // Tokens do not pile up beyond a second.
    for _ in 0..<10 { #expect(meter.take(1, rate: 10, at: 100 * Self.second) == nil) }
    #expect(meter.take(1, rate: 10, at: 100 * Self.second) != nil)
  }

  @Test func oneInASecond() {
    let meter = RateMeter()
    #expect(meter.take(1, rate: 1, at: 5) == nil)
    #expect(meter.take(1, rate: 1, at: 6) == .nanoseconds(Self.second - 1))
    #expect(meter.take(1, rate: 1, at: 5 + Self.second) == nil)
  }

  @Test func aCallMayTakeMoreThanThereIsAndDelaysTheNext() {
    let meter = RateMeter()
    #expect(meter.take(1000, rate: 100, at: 0) == nil)
    #expect(meter.take(1, rate: 100, at: 0) == .seconds(9) + .milliseconds(10))
    #expect(meter.take(1, rate: 100, at: 9 * Self.second + Self.second / 100) == nil)
    let charged = RateMeter()
    charged.charge(150, rate: 100, at: 0)
    charged.charge(150, rate: 100, at: 0)
    #expect(charged.take(1, rate: 100, at: 0) == .seconds(2) + .milliseconds(10))
  }

  @Test func largeRatesAndCosts() {
    let meter = RateMeter()
    let rate = 1_000_000_000_000
    #expect(meter.take(16 << 20, rate: rate, at: 0) == nil)
    #expect(meter.take(0, rate: rate, at: 0) == nil)
    let slow = RateMeter()
    #expect(slow.take(.max, rate: 1, at: 0) == nil)
    #expect(slow.take(1, rate: 1, at: 0) != nil)
    // Charges pile up without end, and the wait can still be computed.
    for _ in 0..<4 { slow.charge(.max, rate: 1, at: 0) }
    #expect(slow.take(1, rate: 1, at: 0) == .nanoseconds(Int64.max))
  }

  @Test func threadsTogetherGetNoMoreThanTheRate() async {
    let meter = SharedMeter()
    let taken = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<1000).reduce(0) { taken, _ in
            meter.meter.take(1, rate: 500, at: 0) == nil ? taken + 1 : taken
          }
        }
      }
      return await group.reduce(0, +)
    }
    #expect(taken == 500)
  }

  private final class SharedMeter: Sendable {
    let meter = RateMeter()
  }
}
