internal import PatronStore
internal import TTRPC

/// Names what lives on one I/O loop, for work of other threads that is to be done there.
///
/// `@unchecked Sendable`: the two variables are set once before the loop runs and used on the loop
/// only.
package final class LoopHandle: @unchecked Sendable {
  private let loop: any ServerLoop
  weak var reader: PointReader?
  weak var watches: LoopWatches?

  init(_ loop: any ServerLoop) { self.loop = loop }

  /// Ends the reader's snapshot after the tick in which it was opened.
  func endTickSoon() {
    loop.execute { self.reader?.endTick() }
  }

  /// Runs `work` on the loop, unless that has ended.
  func execute(_ work: @escaping @Sendable (LoopWatches) -> Void) {
    loop.execute { if let watches = self.watches { work(watches) } }
  }

  /// Runs `work` on the loop after a while, unless that has ended.
  func execute(after delay: Duration, _ work: @escaping @Sendable (LoopWatches) -> Void) {
    loop.execute(after: delay) { if let watches = self.watches { work(watches) } }
  }

  /// Runs `work` on the loop after `delay`, unless the loop has ended.
  func later(_ delay: Duration, _ work: @escaping @Sendable () -> Void) {
    loop.execute(after: delay, work)
  }
}
