internal import PatronStore
internal import Synchronization

/// Waits for the writer's answers, one after the other.
final class AnswerQueue: ReplySink {
  private let results = Mutex<[Result<[UInt8], any Error>]>([])
  private let arrived = Semaphore()

  func deliver(_ replies: [Reply]) {
    for reply in replies {
      results.withLock { $0.append(reply.result) }
      arrived.signal()
    }
  }

  @discardableResult
  func next() throws -> [UInt8] {
    arrived.wait()
    return try results.withLock { $0.removeFirst() }.get()
  }
}
