import Synchronization
import TTRPC

#if canImport(Glibc)
  import Glibc
#endif

/// The return of memory to the system after clients left many answers unread. glibc keeps what is
/// freed, so a peak would stay for ever. Usable on any thread.
final class FreedMemory: Sendable {
  private let answers: AnswerTotal
  private let lastReturn: Mutex<ContinuousClock.Instant>

  /// The peak of answers, in bytes, from which on a return is worth its time.
  static let minPeak = 32 << 20
  private static let interval = Duration.seconds(1)

  init(_ answers: AnswerTotal) {
    self.answers = answers
    lastReturn = Mutex(.now - Self.interval)
  }

  /// Returns free memory on another thread if the answers have fallen far below their peak, at most
  /// once a second. Returns true if it did.
  @discardableResult
  func returnIfDue(_ now: ContinuousClock.Instant) -> Bool {
    let isDue = lastReturn.withLock { last in
      guard now - last >= Self.interval, answers.takePeak(atLeast: Self.minPeak) != nil else {
        return false
      }
      last = now
      return true
    }
    if isDue { Task.detached(priority: .background) { Self.trim() } }
    return isDue
  }

  /// Calls glibc's `malloc_trim`, which no module map shows. Does nothing elsewhere.
  private static func trim() {
    #if canImport(Glibc)
      typealias Trim = @convention(c) (Int) -> CInt
      guard let symbol = dlsym(nil, "malloc_trim") else { return }
      _ = unsafeBitCast(symbol, to: Trim.self)(0)
    #endif
  }
}
