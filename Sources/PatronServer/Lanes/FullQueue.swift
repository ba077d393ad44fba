internal import PatronStore
internal import TTRPC

/// A refusal of the writer's queue, which stands until the writer takes more jobs. Writes that it
/// meets are refused before they are checked, so that a store that offers a multiple of what the
/// writer takes costs little.
struct FullQueue {
  /// The queue's ``WriteLane/roomVersion`` before it refused.
  let version: UInt64
  let error: RPCError
  private let store: StoreID
  /// The least memory of a write that is refused, in bytes.
  private let bytes: Int

  /// Keeps the refusal of a write; nil for an error that says nothing of the next write.
  init?(_ error: StoreError, of store: StoreID, _ load: WriteLoad, _ version: UInt64) {
    guard case .queueFull(_, let flag) = error else { return nil }
    self.version = version
    self.error = .from(error)
    self.store = store
    bytes = flag == StoreLimits.writeQueueBytesFlag ? load.memory : 0
  }

  /// Returns true if the queue refuses a write for the same reason.
  func refuses(_ store: StoreID, _ load: WriteLoad) -> Bool {
    store == self.store && load.memory >= bytes
  }
}
