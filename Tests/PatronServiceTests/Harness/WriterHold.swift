import Foundation
import PatronStore
import Synchronization

/// A job that holds the writer until the test releases it, so that the writes queued meanwhile have
/// a known order.
final class WriterHold: ReplySink {
  private let state = Mutex((isHeld: false, isOpen: false))

  func open() { state.withLock { $0.isOpen = true } }
  func deliver(_ replies: [Reply]) {}

  /// Waits until the writer is held and its queue is empty.
  func take(_ shop: Shop) async throws {
    try shop.store.writer.submit(
      WriteJob(deadline: nil, bytes: 0, sink: self, token: ReplyToken(group: 0, item: 0)) { _ in
        self.state.withLock { $0.isHeld = true }
        while !self.state.withLock({ $0.isOpen }) { usleep(1000) }
        return []
      }
    )
    while !state.withLock({ $0.isHeld }) { await Task.yield() }
  }

  /// Waits until `count` writes are queued behind the job.
  func waitUntilQueued(_ count: Int, _ shop: Shop) async {
    while shop.store.writer.queuedCount != count { await Task.yield() }
  }
}
