internal import Dispatch

/// A counting semaphore. `wait()` blocks the calling thread until another thread signals.
final class Semaphore: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  func signal() { semaphore.signal() }

  func wait() { semaphore.wait() }
}
