/// Room in the writer's queue for a write that is being prepared. Its memory counts against
/// ``StoreLimits/writeQueueBytes`` until the value is released. Usable on any thread.
package final class WriteReservation: Sendable {
  private let queue: WriteQueue
  private let bytes: Int

  /// Reserves the room, or throws the reason for refusing the write.
  init(_ bytes: Int, for store: String, in queue: WriteQueue) throws(StoreError) {
    try queue.reserve(bytes, for: store)
    self.queue = queue
    self.bytes = bytes
  }

  deinit { queue.release(bytes) }
}
