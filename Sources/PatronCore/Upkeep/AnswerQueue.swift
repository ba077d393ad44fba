internal import PatronStore
internal import Synchronization

/// A queue of the writer's answers. The calling thread blocks in `next()` until an answer arrives.
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
