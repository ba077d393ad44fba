internal import PatronStore
internal import TTRPC

/// A handle to an I/O loop, for work that other threads hand to it.
///
/// `@unchecked Sendable`: the variables are set once before the loop runs and used on the loop
/// only.
package final class LoopHandle: @unchecked Sendable {
  private let loop: any ServerLoop
  weak var reader: PointReader?
  weak var watches: LoopWatches?
  weak var preparations: Preparations?
  weak var callers: LoopCallers?

  init(_ loop: any ServerLoop) { self.loop = loop }

  /// Schedules the end of the reader's snapshot, after the tick in which it was opened.
  func endTickSoon() {
    loop.execute { self.reader?.endTick() }
  }

  /// Plans a round of checks, after the loop has looked at its sockets. Called on the loop only.
  func planRound() {
    loop.executeAfterSockets { self.preparations?.runRound() }
  }

  /// Runs the next tick of the callers after `delay`.
  func tickCallers(after delay: Duration) {
    loop.execute(after: delay) { self.callers?.tick() }
  }

  /// Ends the open calls whose owners have lost their right. Called on the loop only.
  func endRefusedCalls() { loop.endRefusedCalls() }

  /// Runs `work` on the loop, unless the loop has ended.
  func execute(_ work: @escaping @Sendable (LoopWatches) -> Void) {
    loop.execute { if let watches = self.watches { work(watches) } }
  }

  /// Runs `work` on the loop after `delay`, unless the loop has ended.
  func execute(after delay: Duration, _ work: @escaping @Sendable (LoopWatches) -> Void) {
    loop.execute(after: delay) { if let watches = self.watches { work(watches) } }
  }

  /// Runs `work` on the loop after `delay`, unless the loop has ended.
  func later(_ delay: Duration, _ work: @escaping @Sendable () -> Void) {
    loop.execute(after: delay, work)
  }
}
