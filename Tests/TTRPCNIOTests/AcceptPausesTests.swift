import Testing

@testable import TTRPCNIO

/// The pauses of a listener without file descriptors, with a clock under the test's control.
@Suite struct AcceptPausesTests {
  private let start = ContinuousClock.now

  @Test func pausesGrowToASecond() {
    var pauses = AcceptPauses()
    let millis = (0..<6).map { pauses.failed(start + .seconds($0)).pause / .milliseconds(1) }
    #expect(millis == [100, 200, 400, 800, 1000, 1000])
  }

  @Test func pausesAreShortAgainAfterAConnection() {
    var pauses = AcceptPauses()
    for _ in 0..<4 { _ = pauses.failed(start) }
    pauses.accepted()
    #expect(pauses.failed(start).pause == AcceptPauses.shortest)
  }

  @Test func anEpisodeIsNewAfterSomeQuiet() {
    var pauses = AcceptPauses()
    #expect(pauses.failed(start).isNew)
    pauses.accepted()
    let almost = start + AcceptPauses.quiet - .milliseconds(1)
    #expect(!pauses.failed(almost).isNew)
    #expect(pauses.failed(almost + AcceptPauses.quiet).isNew)
  }
}
