import SQLite
import Synchronization
import TestKit
import Testing

@testable import PatronStore

@Suite("Upkeep")
struct UpkeepTests {
  /// Steps of upkeep, counted; each has one more row to write until `left` is 0.
  private final class Steps: Sendable {
    let state = Monitor((done: 0, left: 0))

    func upkeep(_ interval: Duration, fails: Bool = false) -> Upkeep {
      Upkeep(interval: interval) { [self] transaction in
        let number = state.update { state in
          state.done += 1
          return state.done
        }
        try transaction.run(LaneStore.insert, 1000 + number, [UInt8]?.none)
        if fails { throw Rejected() }
        return state.withLock { state in
          state.left -= 1
          return state.left > 0
        }
      }
    }

    var done: Int { state.withLock { $0.done } }

    func wait(for count: Int) {
      let came = state.wait(timeout: .seconds(60)) { $0.done >= count ? true : nil }
      #expect(came == true, "no step came")
    }
  }

  @Test func itRunsThoughNothingIsWritten() throws {
    let steps = Steps()
    let lane = try LaneStore { $0.upkeep = steps.upkeep(.milliseconds(1)) }
    steps.wait(for: 3)
    #expect(try lane.values().starts(with: [1001, 1002]))
  }

  @Test func aPassGoesOnUntilNothingIsLeft() throws {
    let steps = Steps()
    steps.state.withLock { $0.left = 3 }
    // The second pass would begin after an hour.
    let lane = try LaneStore { $0.upkeep = steps.upkeep(.seconds(3600)) }
    steps.wait(for: 3)
    for value in 1...3 { try lane.insert(value) }
    lane.store.close()
    #expect(steps.done == 3)
  }

  /// The second work fails each time, and keeps neither of the others from its steps.
  @Test func severalWorksTakeTurns() throws {
    let order = Monitor<[Int]>([])
    func work(_ number: Int, steps: Int = 1, fails: Bool = false) -> Upkeep {
      let left = Monitor(steps)
      return Upkeep(interval: .milliseconds(number)) { _ in
        order.update { $0.append(number) }
        if fails { throw Rejected() }
        return left.update { left in
          left -= 1
          return left > 0
        }
      }
    }
    let works = [work(1, steps: 3), work(2, fails: true), work(3)]
    let lane = try LaneStore { $0.upkeep = .together(works) }
    let came = order.wait(timeout: .seconds(60)) { $0.count >= 9 ? true : nil }
    #expect(came == true, "no step came")
    lane.store.close()
    #expect(order.withLock { Array($0.prefix(9)) } == [1, 1, 1, 2, 3, 1, 2, 3, 1])
  }

  /// The first work would be done with each pass of the second otherwise.
  @Test func aWorkMayKeepItsIntervalBesideOthers() throws {
    let often = Steps()
    let rare = Monitor(0)
    let work = Upkeep(interval: .seconds(3600)) { _ in
      rare.update { steps in
        steps += 1
        return steps < 2
      }
    }
    let works = [work.spaced, often.upkeep(.milliseconds(1))]
    let lane = try LaneStore { $0.upkeep = .together(works) }
    often.wait(for: 5)
    lane.store.close()
    let steps = rare.withLock { $0 }
    #expect(steps == 2, "the steps of one pass")
  }

  @Test func aStepThatFailsLeavesNoTraceAndStopsNoWrite() throws {
    let steps = Steps()
    let lane = try LaneStore { $0.upkeep = steps.upkeep(.milliseconds(1), fails: true) }
    for value in 1...5 {
      try lane.insert(value)
      steps.wait(for: value)
    }
    #expect(try lane.values() == [1, 2, 3, 4, 5])
  }
}
