import PatronStore
import TTRPC
import Testing

@testable import PatronServer

/// Tests that refusals ask for a wait where it helps, and only there.
struct RetryDelayTests {
  @Test(
    arguments: [
      (StoreError.queueFull(retryAfter: .milliseconds(20)), Duration.milliseconds(20)),
      (.logFull(retryAfter: .milliseconds(100)), .milliseconds(100)),
      (.diskFull, .seconds(1)),
      (.closing, .seconds(1)),
      (.busy, .seconds(1)),
      (.failStop, .seconds(5)),
      (.snapshotTooOld(.log), .seconds(1)),
      (.snapshotTooOld(.age), nil),
      (.snapshotTooOld(.stall), nil),
      (.budgetExceeded, nil),
      (.cancelled, nil),
      (.deadlineExceeded, nil),
      (.corrupt("page 1"), nil),
    ] as [(StoreError, Duration?)]
  )
  func anErrorOfTheDatabaseAsksForAWaitThatHelps(error: StoreError, delay: Duration?) {
    #expect(RPCError.from(error).retryDelay == delay)
  }

  @Test func aWatchThatEndsAsksForAWait() {
    #expect(RPCError.watchEnded.retryDelay == .seconds(1))
  }
}
